"""What an older version left in the results bucket, noted in a few words.

A document has hundreds of pages and a key up to a thousand bytes, so whole keys would not fit into
a record: `pages.webp.200` stands for 200 of them, `thumbnail.webp` for one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mediamill.domain.derivative import Derivative
from mediamill.domain.keys import derivative_key, fits, manifest_key


def note(derivatives: Iterable[Derivative]) -> tuple[str, ...]:
    """The derivatives by name and format, pages by the highest number."""
    last: dict[str, int] = {}
    for row in derivatives:
        name = f"{row.name}.{row.format}"
        last[name] = max(last.get(name, 0), row.page or 0)
    return tuple(f"{name}.{page}" if page else name for name, page in last.items())


def merge(*notes: Iterable[str]) -> tuple[str, ...]:
    """Several notes as one, without repeats."""
    return tuple(dict.fromkeys(word for words in notes for word in words))


def keys_of(key: str, notes: Iterable[str]) -> Iterator[str]:
    """The results keys that the notes about the original `key` stand for."""
    for word in notes:
        name, format_name, *last = word.split(".")
        pages = range(1, int(last[0]) + 1) if last else (None,)
        for page in pages:
            yield derivative_key(name, key, format_name, page)


def all_keys_of(key: str, notes: Iterable[str]) -> Iterator[str]:
    """The same, and the manifest."""
    yield from keys_of(key, notes)
    if fits(manifest_key(key)):
        yield manifest_key(key)
