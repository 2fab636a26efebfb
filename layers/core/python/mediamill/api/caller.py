"""Who calls, and which keys are theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mediamill.api.problem import Forbidden

_CLAIM = re.compile(r"\{([A-Za-z0-9_:.-]+)\}")
# What may become a folder's name: no slash, so that nobody leaves their own, and not only dots.
_FOLDER = re.compile(r"(?!\.+\Z)[A-Za-z0-9_@.:|+=~-]{1,128}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever calls: the claims of a token, or a role of AWS; nobody is known in a public call.

    API Gateway has checked both before it calls the function.
    """

    claims: Mapping[str, str] = field(default_factory=dict)
    is_known: bool = False

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Caller:
        """The caller that API Gateway tells of in an event (payload format 2.0)."""
        authorizer = event.get("requestContext", {}).get("authorizer") or {}
        claims = (authorizer.get("jwt") or {}).get("claims") or {}
        return cls(claims, is_known=bool(authorizer))

    def prefix(self, pattern: str) -> str:
        """What all keys of this caller begin with: `users/{sub}/` with the token's claims in it.

        Raises Forbidden where a claim is missing, or could not be a folder's name.
        """

        def claim(found: re.Match[str]) -> str:
            value = self.claims.get(found[1], "")
            if not _FOLDER.fullmatch(value):
                raise Forbidden(
                    f"The token's claim {found[1]!r} is missing, or cannot be a folder's name.",
                    code="no_prefix",
                )
            return value

        return _CLAIM.sub(claim, pattern)
