"""EBML, in which Matroska and WebM are written: the elements of a run of bytes (RFC 8794)."""

from __future__ import annotations

from collections.abc import Iterator

SIGNATURE = b"\x1a\x45\xdf\xa3"


def elements(body: bytes, at: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int]]:
    """The id of each element, and where its content begins and ends; the last may be cut."""
    end = len(body) if end is None else end
    while at < end:
        name, at = _number(body, at, marker=True)
        size, at = _number(body, at, marker=False)
        if name is None or size is None:
            return
        yield name, at, min(end, at + size)
        at += size


def _number(body: bytes, at: int, *, marker: bool) -> tuple[int | None, int]:
    """A number of variable length, with its marker bit or without; all ones are without end."""
    if at >= len(body) or not body[at]:
        return None, at
    length = 9 - body[at].bit_length()
    value = int.from_bytes(body[at : at + length])
    if not marker:
        ones = (1 << 7 * length) - 1
        value &= ones
        value = 1 << 62 if value == ones else value
    return value, at + length
