"""Cursors: where a list goes on, as a text that means something to nobody else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json

from mediamill.api.problem import BadRequest


def encode(asked: object, *place: str) -> str:
    """A cursor behind a place, for the list that was asked for in these words."""
    plain = json.dumps([_digest(asked), *place], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def decode(cursor: str, asked: object, words: int) -> list[str]:
    """The place in a cursor. Raises BadRequest where it is none, or one of another list."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise _bad() from error
    if not isinstance(plain, list) or not all(isinstance(each, str) for each in plain):
        raise _bad()
    digest, *place = plain or [""]
    if digest != _digest(asked) or len(place) != words:
        raise _bad()
    return place


def _digest(asked: object) -> str:
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:12]


def _bad() -> BadRequest:
    return BadRequest(
        "The cursor is none of this list's: take the `next` of its last page, and ask for the "
        "same kind, status, day, prefix and folders.",
        code="bad_cursor",
    )
