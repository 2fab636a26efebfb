"""A file as MediaInfo is to see it: without a part at either end, and with a few bytes changed.

So it passes over what it would take long to read (covers), and what is read here already (tags).
"""

from __future__ import annotations

import io
from collections.abc import Mapping

from mediamill.domain.metadata.reading.window import SeekableFile


class View:
    """The bytes of `file` from `start` to `end`; those at the offsets of `changed` are others."""

    def __init__(
        self, file: SeekableFile, start: int, end: int, changed: Mapping[int, bytes]
    ) -> None:
        self._file = file
        self._start = start
        self._size = max(0, end - start)
        self._changed = {offset - start: new for offset, new in changed.items()}
        self._at = 0

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1, /) -> bytes:
        rest = max(0, self._size - self._at)
        wanted = rest if size < 0 else min(size, rest)
        if not wanted:
            return b""
        self._file.seek(self._start + self._at)
        body = self._file.read(wanted)
        for offset, new in self._changed.items():
            body = _changed(body, offset - self._at, new)
        self._at += len(body)
        return body


def _changed(body: bytes, at: int, new: bytes) -> bytes:
    """`body` with `new` at `at`, as far as the two overlap."""
    first, last = max(0, at), min(len(body), at + len(new))
    return body if first >= last else body[:first] + new[first - at : last - at] + body[last:]
