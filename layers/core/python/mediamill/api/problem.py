"""What goes wrong in a call, as problem details: RFC 9457.

    Problem
    ├── BadRequest       400 bad_request          the call cannot be understood; `bad_cursor` …
    ├── Forbidden        403 forbidden            not this caller's
    ├── NotFound         404 not_found            nothing is there; `processing`: not yet
    ├── NotAllowed       405 method_not_allowed   it is there, and cannot be done to it
    ├── NotAcceptable    406 not_acceptable       there is none in a format that the caller takes
    ├── Conflict         409 conflict             something stands in the way
    └── TooLarge         413 too_large            more than a call may bring

`code` is stable; `detail` is a sentence that a person understands.
"""

from __future__ import annotations

from collections.abc import Mapping

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """A call that is answered with problem details."""

    status = 500
    code = "internal"
    title = "Something went wrong"

    def __init__(
        self, detail: str, *, code: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        if code is not None:
            self.code = code


class BadRequest(Problem):
    """The call cannot be understood."""

    status, code, title = 400, "bad_request", "The call cannot be understood"


class Forbidden(Problem):
    """The caller may not do this."""

    status, code, title = 403, "forbidden", "This is not for the caller"


class NotFound(Problem):
    """Nothing is there, or not yet."""

    status, code, title = 404, "not_found", "There is nothing here"


class NotAllowed(Problem):
    """What is there does not take this method."""

    status, code, title = 405, "method_not_allowed", "This cannot be done here"


class NotAcceptable(Problem):
    """Nothing is there in a format that the caller takes."""

    status, code, title = 406, "not_acceptable", "There is none in such a format"


class Conflict(Problem):
    """Something that is there already stands in the way."""

    status, code, title = 409, "conflict", "Something stands in the way"


def exists() -> Conflict:
    """The problem of a file that stands where another one is to go."""
    return Conflict(
        "There is a file under this key: choose another, or say overwrite.", code="exists"
    )


class TooLarge(Problem):
    """The call brings, or announces, more than it may."""

    status, code, title = 413, "too_large", "This is too large"


class Busy(Problem):
    """AWS throttles the calls behind this one."""

    status, code, title = 503, "busy", "There is too much to do"
