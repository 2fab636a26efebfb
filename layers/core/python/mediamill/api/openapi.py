"""The OpenAPI 3.1 document of the operations, from the same table that routes the calls."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from mediamill.api.models import ProblemDetails, Query
from mediamill.api.operation import Operation
from mediamill.api.problem import CONTENT_TYPE, BadRequest, Busy, Forbidden, Problem

VERSION = "1.0"
"""Callers may rely on the major number: a minor one only ever adds."""

_REFERENCE = "#/components/schemas/{name}"
_SAID = {
    "key": "An asset's key; its slashes may be written as they are.",
    "path": "Names between slashes, of letters, digits and ._-",
}
_ANY_CALL: tuple[type[Problem], ...] = (BadRequest, Forbidden, Problem, Busy)
_REDIRECTS = range(300, 400)


def document(operations: Sequence[Operation]) -> dict[str, Any]:
    """The document, ready for JSON. Every GET can be asked as HEAD too, which is left unsaid."""
    bodies = _bodies(operations)
    schemas, components = msgspec.json.schema_components(bodies, ref_template=_REFERENCE)
    by_class = dict(zip(bodies, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each, by_class)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mediamill",
            "version": VERSION,
            "summary": "Upload, watch, find and deliver files.",
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {"schemas": dict(sorted(components.items()))},
    }


def _bodies(operations: Iterable[Operation]) -> list[Any]:
    found: dict[Any, None] = {ProblemDetails: None}
    for each in operations:
        for body in (each.body, *(body for _, body in each.answers.values())):
            if body is not None:
                found[body] = None
    return list(found)


def _operation(each: Operation, schemas: Mapping[Any, Any]) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": each.name,
        "summary": each.summary,
        "parameters": [*_in_path(each), *_in_query(each.query), *_in_headers(each)],
        "responses": {
            str(status): _answer(status, sentence, schemas[body] if body else None)
            for status, (sentence, body) in each.answers.items()
        },
    }
    if each.body is not None:
        content = {"application/json": {"schema": schemas[each.body]}}
        said["requestBody"] = {"required": True, "content": content}
    for status, problems in _by_status((*_ANY_CALL, *each.problems)).items():
        said["responses"][str(status)] = {
            "description": "; ".join(problem.title for problem in problems),
            "content": {CONTENT_TYPE: {"schema": schemas[ProblemDetails]}},
        }
    return said


def _answer(status: int, sentence: str, schema: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"description": sentence}
    if schema is not None:
        said["content"] = {"application/json": {"schema": schema}}
    if status in _REDIRECTS and status != 304:
        said["headers"] = {"Location": {"required": True, "schema": {"type": "string"}}}
    return said


def _by_status(problems: Iterable[type[Problem]]) -> dict[int, list[type[Problem]]]:
    found: dict[int, list[type[Problem]]] = {}
    for problem in dict.fromkeys(problems):
        found.setdefault(problem.status, []).append(problem)
    return dict(sorted(found.items()))


def _in_path(each: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
            "description": _SAID.get(name, f"The {name}."),
        }
        for name in re.findall(r"\{(\w+)\}", each.path)
    ]


def _in_query(query: type[Query]) -> list[dict[str, Any]]:
    """The fields of a query's class: each a parameter."""
    _, components = msgspec.json.schema_components([query], ref_template=_REFERENCE)
    properties: dict[str, Any] = components[query.__name__]["properties"]
    found = []
    for field in msgspec.structs.fields(query):
        schema = _without_null(_inlined(properties[field.encode_name], components))
        parameter = {"name": field.encode_name, "in": "query", "required": field.required}
        if described := schema.pop("description", None):
            parameter["description"] = described
        found.append({**parameter, "schema": schema})
    return found


def _in_headers(each: Operation) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": sentence,
            "schema": {"type": "string"},
        }
        for name, sentence in each.takes_headers.items()
    ]


def _inlined(schema: Any, components: Mapping[str, Any]) -> Any:
    """The schema with what it refers to in its place: a query has nothing that is deep."""
    if isinstance(schema, Mapping):
        if "$ref" in schema:
            referred = _inlined(components[schema["$ref"].rpartition("/")[2]], components)
            rest = {name: entry for name, entry in schema.items() if name != "$ref"}
            return {
                **{name: entry for name, entry in referred.items() if name != "title"},
                **rest,
            }
        return {name: _inlined(entry, components) for name, entry in schema.items()}
    if isinstance(schema, list):
        return [_inlined(entry, components) for entry in schema]
    return schema


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Leaving a parameter out says None: no text of it does."""
    choices = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
    if schema.get("default", "") is None:
        del schema["default"]
    return {**schema, **choices[0]} if choices else schema
