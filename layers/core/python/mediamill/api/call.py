"""A call and its answer, as the operations see them: decoded, typed, nothing of AWS in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mediamill.api.caller import Caller
from mediamill.api.problem import Forbidden
from mediamill.domain.keys import KEY_BYTES, fits
from mediamill.settings import Settings


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one operation.

    `path` has the variables of its path, decoded; `query` and `body` are instances of the
    operation's own classes; header names are in lower case. All keys of the caller begin with
    `prefix`.
    """

    path: Mapping[str, str]
    query: Any
    body: Any
    headers: Mapping[str, str]
    caller: Caller
    prefix: str = ""

    @property
    def key(self) -> str:
        """The asset that the call is about. Raises Forbidden where it is not the caller's."""
        return self.own(self.path["key"])

    def below(self, prefix: str | None) -> str:
        """What the keys begin with that the caller asks for. Raises Forbidden for others'."""
        wanted = prefix or self.prefix
        if not wanted.startswith(self.prefix):
            raise Forbidden(f"All your keys begin with {self.prefix!r}; this prefix does not.")
        return wanted

    def writable(self, key: str, *, uploads: Settings | None = None) -> str:
        """A key that the caller may have something done to; in `uploads`, if they are told.

        Raises Forbidden.
        """
        if not self.caller.is_known:
            raise Forbidden("Only callers with credentials may do this.", code="private")
        if uploads is not None and not uploads.owns_uploads:
            raise Forbidden(
                "The uploads are in a bucket that is not this deployment's: put and delete there.",
                code="read_only",
            )
        return self.own(key)

    def own(self, key: str) -> str:
        """A key, if it is the caller's and can be one at all. Raises Forbidden."""
        if not key.startswith(self.prefix):
            raise Forbidden(f"All your keys begin with {self.prefix!r}; this one does not.")
        if not fits(key):
            raise Forbidden(
                f"No key has control characters, nor more than {KEY_BYTES} bytes.",
                code="key_unusable",
            )
        return key


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call is answered with; `body` is an instance of the operation's class, or JSON."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
