"""Random access to a file's bytes: `window.at(offset, length)`, short where the file ends."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Protocol


class SeekableFile(Protocol):
    """What is asked of a file: local, in memory, or read by ranges."""

    def read(self, size: int = -1, /) -> bytes: ...

    def seek(self, offset: int, whence: int = 0, /) -> int: ...

    def tell(self) -> int: ...


class Window:
    """The bytes of `file` from `start`, `length` of them; offsets count from `start`."""

    def __init__(
        self,
        file: SeekableFile,
        start: int,
        length: int,
        is_affordable: Callable[[], bool] = lambda: True,
    ) -> None:
        self._file = file
        self._is_affordable = is_affordable
        self._start = start
        self.length = max(0, length)

    @property
    def affordable(self) -> bool:
        """Whether what is wanted, and not needed, may still be looked for somewhere else."""
        return self._is_affordable()

    def at(self, offset: int, length: int) -> bytes:
        """The bytes at `offset`: fewer than `length` where the window or the file ends."""
        length = min(length, self.length - offset)
        if offset < 0 or length <= 0:
            return b""
        self._file.seek(self._start + offset)
        return self._file.read(length)

    def unpack(self, form: str, offset: int) -> tuple[int, ...]:
        """`struct.unpack` at `offset`; raises EOFError where the bytes end before."""
        size = struct.calcsize(form)
        raw = self.at(offset, size)
        if len(raw) < size:
            raise EOFError(f"{size} bytes wanted at {offset}, {len(raw)} there")
        return struct.unpack(form, raw)

    def part(self, offset: int, length: int) -> Window:
        """A window on a part of this one, no longer than it."""
        rest = min(length, self.length - offset)
        return Window(self._file, self._start + offset, rest, self._is_affordable)
