"""JSON Schema of the typed classes, so that what is published cannot drift from what is written.

A field without a default is required; None, and whatever else is empty, is never written, so that
no type says null. Numbers are numbers, times ISO 8601, enums their values.
"""

from __future__ import annotations

import dataclasses
import inspect
import types
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from mediamill.domain.wire import JSON, Pattern, is_required

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_PLAIN: dict[object, dict[str, JSON]] = {
    str: {"type": "string"},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number"},
    datetime: {"type": "string", "format": "date-time"},
    Any: {},
}


def schema_of(cls: type, *, name: str, version: str, strict: bool = False) -> dict[str, JSON]:
    """The schema of `cls`, a dataclass, as `wire.to_json` writes its instances.

    `strict` also forbids fields that no class has: right for tests, wrong for readers, to whom a
    minor version may bring new ones. Raises TypeError for a type that has no schema.
    """
    definitions: dict[str, JSON] = {}
    whole = _object(cls, definitions, strict)
    return {
        "$schema": DIALECT,
        "$id": f"urn:mediamill:{name}:{version}",
        "title": f"mediamill {name}, version {version}",
        **whole,
        "$defs": dict(sorted(definitions.items())),
    }


def _object(cls: type, definitions: dict[str, JSON], strict: bool) -> dict[str, JSON]:
    # JSON names any value; its own definition refers to itself and cannot be resolved.
    hints = get_type_hints(cls, localns={"JSON": Any}, include_extras=True)
    fields = dataclasses.fields(cls)
    schema: dict[str, JSON] = {"type": "object"}
    if description := inspect.cleandoc(cls.__doc__ or ""):
        schema["description"] = " ".join(description.split())
    schema["properties"] = {
        field.name: _schema(hints[field.name], definitions, strict) for field in fields
    }
    if required := [field.name for field in fields if is_required(field)]:
        schema["required"] = list[JSON](required)
    if strict:
        schema["additionalProperties"] = False
    return schema


def _schema(hint: Any, definitions: dict[str, JSON], strict: bool) -> dict[str, JSON]:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        patterns = [part.pattern for part in parts[1:] if isinstance(part, Pattern)]
        return {**_schema(parts[0], definitions, strict), "pattern": patterns[0]}
    if hint in _PLAIN:
        return dict(_PLAIN[hint])
    if origin in (Union, types.UnionType):
        known = [part for part in parts if part is not type(None)]
        if len(known) == 1:
            return _schema(known[0], definitions, strict)
        return {"anyOf": [_schema(part, definitions, strict) for part in known]}
    if origin in (tuple, list, Sequence):
        return {"type": "array", "items": _schema(parts[0], definitions, strict)}
    if origin in (dict, Mapping):
        return {
            "type": "object",
            "additionalProperties": _schema(parts[1], definitions, strict) or True,
        }
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [member.value for member in hint]}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _object(hint, definitions, strict)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    raise TypeError(f"{hint} has no JSON Schema")
