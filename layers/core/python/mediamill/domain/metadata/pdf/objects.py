"""PDF objects as plain values: references followed, wrong types taken for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mediamill.domain.metadata.reading.text import clean

MOST_NAMES = 2_000
MOST_NODES = 5_000
LONGEST_STREAM = 4 * 1024 * 1024


def resolve(value: Any) -> Any:
    """The object behind a reference; null is None."""
    from pypdf.generic import NullObject

    found = value.get_object() if hasattr(value, "get_object") else value
    return None if isinstance(found, NullObject) else found


def mapping(value: Any) -> dict[str, Any]:
    """A dictionary or a stream's dictionary; empty for anything else."""
    found = resolve(value)
    return found if isinstance(found, dict) else {}


def sequence(value: Any) -> list[Any]:
    """An array; empty for anything else."""
    found = resolve(value)
    return found if isinstance(found, list) else []


def number(value: Any) -> float | None:
    """A number; None for anything else, and for what is no finite number."""
    found = resolve(value)
    if isinstance(found, bool) or not isinstance(found, int | float):
        try:
            found = float(found) if hasattr(found, "as_integer_ratio") else None
        except (ValueError, OverflowError):
            return None
    if found is None or found != found or abs(found) > 1e12:
        return None
    return float(found)


def text(value: Any) -> str | None:
    """A string, clean; None for anything else."""
    found = resolve(value)
    return clean(found) if isinstance(found, str | bytes) else None


def walk(value: Any, *names: str) -> Any:
    """The object that a path of keys leads to; None where it ends before."""
    for name in names:
        value = mapping(value).get(name)
    return resolve(value)


def stream_data(value: Any) -> bytes:
    """A stream's decoded bytes; none for anything else."""
    stream = resolve(value)
    data = stream.get_data() if hasattr(stream, "get_data") else b""
    return bytes(data[:LONGEST_STREAM])


def name_tree(value: Any) -> Iterator[tuple[str, Any]]:
    """The names and values of a name tree, its nodes visited once."""
    pending, seen, given = [value], set[int](), 0
    while pending and len(seen) < MOST_NODES:
        node = mapping(pending.pop(0))
        if id(node) in seen:
            continue
        seen.add(id(node))
        names = sequence(node.get("/Names"))
        for index in range(0, len(names) - 1, 2):
            given += 1
            if given > MOST_NAMES:
                return
            yield str(text(names[index]) or ""), names[index + 1]
        pending += sequence(node.get("/Kids"))
