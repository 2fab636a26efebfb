"""Calls of the API as API Gateway makes them; no answer that its document does not have."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jsonschema import Draft202012Validator

from events import called
from mediamill.api.app import handler
from mediamill.api.openapi import document
from mediamill.api.operation import Operation
from mediamill.api.operations import operations
from mediamill.settings import Settings

CONTEXT = type(
    "Context",
    (),
    {
        "function_name": "api",
        "memory_limit_in_mb": 1024,
        "invoked_function_arn": "arn:aws:lambda:us-east-1:123456789012:function:api",
        "aws_request_id": "c0ffee",
    },
)()


@dataclass(frozen=True)
class Answered:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The code of the problem that came back."""
        assert self.headers["content-type"] == "application/problem+json"
        code: str = self.body["code"]
        return code

    @property
    def location(self) -> str:
        return self.headers["location"]


class Api:
    """The handler of a deployment with these settings. `prefix` is the parameter ApiPrefix."""

    def __init__(self, settings: Settings, prefix: str = "") -> None:
        self.operations = operations(settings)
        self._handler = handler(self.operations, prefix)

    def __call__(
        self, method: str, address: str, *, body: Any = None, is_signed: bool = True, **more: Any
    ) -> Answered:
        """Call it: signed with a role of AWS, unless it is told otherwise, or given `claims`."""
        text = body if isinstance(body, str) else json.dumps(body) if body is not None else ""
        event = called(method, address, is_signed=is_signed, body=text, **more)
        made = self._handler(event, CONTEXT)
        headers = {name.lower(): value for name, value in made.get("headers", {}).items()}
        for name, values in made.get("multiValueHeaders", {}).items():
            headers[name.lower()] = ",".join(values)
        answer = Answered(made["statusCode"], headers, made.get("body") or "")
        self._hold(method, event["rawPath"], answer)
        return answer

    @cached_property
    def document(self) -> dict[str, Any]:
        return document(self.operations)

    def _hold(self, method: str, path: str, answer: Answered) -> None:
        """Fail where the document does not have this answer of this operation."""
        operation = _operation(self.operations, method, path)
        if operation is None:
            assert answer.status == 204 if method == "OPTIONS" else answer.status in (404, 405)
            return
        said = self.document["paths"][operation.path][operation.method.lower()]["responses"]
        assert str(answer.status) in said, f"{operation.name} does not tell of {answer.status}"
        content = said[str(answer.status)].get("content", {})
        if method == "HEAD":
            assert answer.text == ""
        elif content:
            ((content_type, entry),) = content.items()
            assert answer.headers["content-type"] == content_type
            schema = {**entry["schema"], "components": self.document["components"]}
            Draft202012Validator(schema).validate(answer.body)
        else:
            assert answer.text == ""
        for name in said[str(answer.status)].get("headers", {}):
            assert name.lower() in answer.headers


def _operation(table: Sequence[Operation], method: str, path: str) -> Operation | None:
    found = []
    for each in table:
        *names, last = re.findall(r"\{\w+\}", each.path) or [""]
        pattern = re.escape(each.path)
        for name in names:
            pattern = pattern.replace(re.escape(name), "[^/]+")
        pattern = pattern.replace(re.escape(last), ".+") if last else pattern
        matches = re.fullmatch(pattern, path, re.DOTALL)
        if matches and ("GET" if method == "HEAD" else method) == each.method:
            found.append(each)
    return max(found, key=lambda each: len(re.sub(r"\{\w+\}$", "", each.path)), default=None)
