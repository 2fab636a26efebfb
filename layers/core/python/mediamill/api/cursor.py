"""Cursors: where a list goes on, as a text that means something to nobody else."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Sequence
from datetime import datetime

from mediamill.api.problem import BadRequest
from mediamill.aws.parts import Place

# Cursors are not sealed: whoever makes one up sees no more than they may, and harms nobody.
_TIME = re.compile(r"20[0-9]{2}-(0[1-9]|1[0-2])-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_ASSET = re.compile(r"[0-9a-f]{0,32}")


def encode(asked: object, *place: str) -> str:
    """A cursor behind a place, for the list that was asked for in these words."""
    plain = json.dumps([_digest(asked), *place], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def decode(cursor: str, asked: object, words: int) -> list[str]:
    """The place in a cursor. Raises BadRequest where it is none, or one of another list."""
    try:
        plain = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise bad() from error
    if not isinstance(plain, list) or not all(isinstance(each, str) for each in plain):
        raise bad()
    digest, *place = plain or [""]
    if digest != _digest(asked) or len(place) != words:
        raise bad()
    return place


def place(words: Sequence[str]) -> Place:
    """The place of an asset that two words of a cursor tell. Raises BadRequest."""
    time, asset_id = words
    if not (_TIME.fullmatch(time) and _ASSET.fullmatch(asset_id)):
        raise bad()
    try:
        datetime.fromisoformat(time)
    except ValueError as error:
        raise bad() from error
    return Place(time, asset_id)


def _digest(asked: object) -> str:
    return hashlib.sha256(repr(asked).encode()).hexdigest()[:12]


def bad() -> BadRequest:
    """The problem of a cursor that is none."""
    return BadRequest(
        "The cursor is none of this list's: take the one of its last answer, and ask for the "
        "same again.",
        code="bad_cursor",
    )
