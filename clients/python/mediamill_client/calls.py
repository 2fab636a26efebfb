"""Calls over HTTP by the standard library: who makes them, and what becomes of failures.

ApiError
├── Problem       the API, or S3, says no: `status`, `code`, and a sentence
└── Unreachable   no answer came, however often it was tried
"""

from __future__ import annotations

import json
import random
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any, Protocol
from urllib.parse import urlsplit

Auth = Callable[[str, str, Mapping[str, str], bytes], Mapping[str, str]]
"""From method, URL, headers and body of a call to the headers that say who makes it."""

_TRIES = 5
_BUSY = frozenset({429, 500, 502, 503, 504})
_SECONDS = 60.0


class ApiError(Exception):
    """Something a call ends with."""


class Problem(ApiError):
    """The API refuses, or S3 does. `code` is stable, as docs/api.md lists them."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({status} {code})")
        self.status = status
        self.code = code
        self.detail = detail


class Unreachable(ApiError):
    """No answer came; the message says why."""


def bearer(token: str | Callable[[], str]) -> Auth:
    """Calls by whoever has a token; a function is asked for it at each call, to renew it."""

    def headers(*_: Any) -> Mapping[str, str]:
        told = token() if callable(token) else token
        return {"Authorization": f"Bearer {told}"}

    return headers


class _Session(Protocol):
    def get_credentials(self) -> Any: ...


class Readable(Protocol):
    """What a body is read from, block by block."""

    def read(self, size: int = -1, /) -> bytes: ...


def sigv4(region: str, session: _Session | None = None) -> Auth:
    """Calls by a user or role of AWS, signed by botocore, which has to be installed.

    `session` is botocore's or boto3's; without one, credentials come from where AWS's tools look.
    """
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.session import get_session

    found = (session or get_session()).get_credentials()
    if found is None:
        raise ApiError("There are no credentials of AWS: log in, or give a session.")

    def headers(method: str, url: str, told: Mapping[str, str], body: bytes) -> Mapping[str, str]:
        request = AWSRequest(method, url, data=body, headers=dict(told))
        SigV4Auth(found.get_frozen_credentials(), "execute-api", region).add_auth(request)
        return dict(request.headers)

    return headers


@dataclass(frozen=True)
class Reply:
    """An answer of success, or a redirect; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Calls, each tried again where that may help, and turned into a Problem where it does not."""

    def __init__(self, *, direct: bool) -> None:
        own = [urllib.request.ProxyHandler({})] if direct else []  # a loopback needs no proxy
        self._opener = urllib.request.build_opener(_Stay, *own)

    def send(
        self,
        method: str,
        url: str,
        headers: Callable[[], Mapping[str, str]],
        body: Callable[[], bytes | Readable | None],
        *,
        is_repeatable: bool = True,
    ) -> Reply:
        """One call; `headers` and `body` are asked for at every try. Raises Problem, Unreachable.

        What is not repeatable is tried again only where the answer says that nothing was done.
        """
        for attempt in range(1, _TRIES + 1):
            request = urllib.request.Request(
                url, data=body(), headers=dict(headers()), method=method
            )
            try:
                with self._opener.open(request, timeout=_SECONDS) as answer:
                    return Reply(answer.status, _lower(answer.headers), answer.read())
            except urllib.error.HTTPError as refused:
                with refused:
                    told = _lower(refused.headers)
                    if refused.code in (301, 302, 303, 304, 307):
                        return Reply(refused.code, told, b"")
                    problem = _problem(refused.code, refused.read())
                is_safe = is_repeatable or problem.status in (429, 503)
                if problem.status not in _BUSY or attempt == _TRIES or not is_safe:
                    raise problem from None
                _pause(attempt, told.get("retry-after", ""))
            except (OSError, HTTPException) as error:
                if attempt == _TRIES or not is_repeatable:
                    reason = getattr(error, "reason", None) or error
                    raise Unreachable(
                        f"{urlsplit(url).netloc} does not answer: {reason}"
                    ) from error
                _pause(attempt, "")
        raise AssertionError("unreachable")


class _Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are answers: a caller's credentials go to nobody else."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _pause(attempt: int, asked: str) -> None:
    usual = 0.3 * 2**attempt * random.uniform(0.5, 1.0)
    time.sleep(max(usual, min(float(asked), 30.0)) if asked.isdecimal() else usual)


def _lower(headers: Any) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _problem(status: int, body: bytes) -> Problem:
    """Problem details of the API, API Gateway's own message, or S3's XML."""
    try:
        told = json.loads(body)
    except ValueError:
        told = {}
    if not isinstance(told, dict):
        told = {}
    text = body.decode(errors="replace")
    code = told.get("code") or _element(text, "Code") or f"http_{status}"
    said = told.get("detail") or told.get("message") or told.get("Message")
    return Problem(status, code, said or _element(text, "Message") or "The call was refused.")


def _element(text: str, name: str) -> str:
    return text.partition(f"<{name}>")[2].partition(f"</{name}>")[0]
