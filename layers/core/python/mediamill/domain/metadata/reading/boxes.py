"""Boxes of the ISO base media file format, which HEIF, AVIF, JPEG 2000 and JPEG XL share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mediamill.domain.metadata.reading.window import Window

MOST_BOXES = 4_000


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its four-letter `kind`, and its content in `window`."""

    kind: bytes
    window: Window
    offset: int
    whole: bool = True

    def body(self, most: int) -> bytes:
        """The first `most` bytes of the content."""
        return self.window.at(0, most)


def boxes(window: Window, start: int = 0) -> Iterator[Box]:
    """The boxes that follow each other in `window`; the last may be cut by the window's end."""
    at = start
    for _ in range(MOST_BOXES):
        if not window.affordable:
            return
        head = window.at(at, 16)
        if len(head) < 8:
            return
        size, skip = int.from_bytes(head[:4]), 8
        if size == 1 and len(head) == 16:
            size, skip = int.from_bytes(head[8:]), 16
        elif size == 0:
            size = window.length - at
        if size < skip:
            return
        whole = at + size <= window.length
        yield Box(head[4:8], window.part(at + skip, size - skip), at + skip, whole)
        at += size
