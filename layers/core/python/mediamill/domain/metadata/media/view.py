"""A file as MediaInfo is to see it: without a part at either end, and with its covers blank.

So it passes over what it would take long to read (covers), and what is read here already (tags).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from mediamill.domain.metadata.reading.window import SeekableFile


@dataclass(frozen=True, slots=True)
class Cover:
    """A cover in a file: where its content begins and ends, and what makes padding of it.

    `name` stands at `named`, in the place of the name that calls it a cover.
    """

    named: int
    name: bytes
    start: int
    end: int


class View:
    """The bytes of `file` from `start` to `end`; the content of covers is zeros, and not read."""

    def __init__(self, file: SeekableFile, start: int, end: int, covers: Sequence[Cover]) -> None:
        self._file = file
        self._start = start
        self._end = max(start, end)
        self._covers = covers
        self._at = start

    def tell(self) -> int:
        return self._at - self._start

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: self._start, io.SEEK_CUR: self._at, io.SEEK_END: self._end}[whence]
        self._at = max(self._start, base + offset)
        return self.tell()

    def read(self, size: int = -1, /) -> bytes:
        end = self._end if size < 0 else min(self._end, self._at + size)
        body = b""
        while self._at < end:
            part = self._part(end)
            if not part:
                break
            self._at += len(part)
            body += part
        return body

    def _part(self, end: int) -> bytes:
        """The bytes from here to `end`, or to where a cover begins or ends before that."""
        for cover in self._covers:
            if cover.start <= self._at < cover.end:
                return bytes(min(end, cover.end) - self._at)
            if self._at < cover.start < end:
                end = cover.start
        self._file.seek(self._at)
        part = self._file.read(end - self._at)
        for cover in self._covers:
            part = _changed(part, cover.named - self._at, cover.name)
        return part


def _changed(body: bytes, at: int, new: bytes) -> bytes:
    """`body` with `new` at `at`, as far as the two overlap."""
    first, last = max(0, at), min(len(body), at + len(new))
    return body if first >= last else body[:first] + new[first - at : last - at] + body[last:]
