"""Bounds on what a parser may read and how long it may take, whatever the file says."""

from __future__ import annotations

import io
import operator
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from mediamill.domain import bounded
from mediamill.domain.errors import TimedOut
from mediamill.domain.metadata.reading.window import SeekableFile

MIB = 1024 * 1024
BLOCK = 64 * 1024
Result = TypeVar("Result")


class OutOfBounds(Exception):
    """A parser wanted more bytes or more time than it may have."""


class OutOfTime(OutOfBounds):
    """A parser took longer than it may."""


# What comes of asking wrongly: a length that is no number, a stack that is used up. It lies in
# the file's content or in its parser, so that another try ends the same.
_ASKED_WRONGLY = (TypeError, ValueError, OverflowError, RecursionError, MemoryError)
_FRAMES = 400  # that the transport may need on top of a parser's


class GuardedFile(io.RawIOBase):
    """`file` with a budget of bytes: past it, reads raise OutOfBounds.

    With `quiet`, for native parsers that must not see an exception, reads give an end of file
    instead. Either way `spent` tells, and what the file's transport raised is kept: `reraise()`
    raises it again, so that a parser that swallows everything does not hide a lost connection.
    What a parser asks for wrongly goes back to it alone.
    """

    def __init__(self, file: SeekableFile, *, most: int = 64 * MIB, quiet: bool = False) -> None:
        super().__init__()
        self.spent = False
        self._file = file
        self._left = most
        self._touched: set[int] = set()
        self._jumps = 0
        self._quiet = quiet
        self._error: Exception | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def read(self, size: int | None = -1, /) -> bytes:
        if self._error is not None or self._left <= 0:
            return self._refuse()
        size = -1 if size is None else operator.index(size)
        wanted = self._left if size < 0 else min(size, self._left)
        try:
            with _headroom():
                got = self._file.read(wanted)
        except OutOfBounds:
            self.spent = True
            if self._quiet:
                return b""
            raise
        except _ASKED_WRONGLY:
            if self._quiet:
                return b""
            raise
        except Exception as error:
            self._error = error
            if self._quiet:
                return b""
            raise
        self._left -= len(got)
        end = self._file.tell()
        first = (end - len(got)) // BLOCK
        if got and first not in self._touched and first - 1 not in self._touched:
            self._jumps += 1
        self._touched.update(range(first, -(-end // BLOCK)))
        if self._left <= 0 and (size < 0 or size > wanted):
            return self._refuse()
        return got

    def readall(self) -> bytes:
        return self.read()

    def reraise(self) -> None:
        """Raise what the underlying file raised, if it did."""
        if self._error is not None:
            raise self._error

    @property
    def touched(self) -> int:
        """How many blocks of 64 KB have been read from."""
        return len(self._touched)

    @property
    def jumps(self) -> int:
        """How often a read went where nothing near was read: what a remote file costs, in requests.

        Reading on is cheap: the ranges that are fetched then grow.
        """
        return self._jumps

    def _refuse(self) -> bytes:
        self.spent = self._error is None
        if self._quiet:
            return b""
        raise OutOfBounds("the parser wanted to read too much of the file") from self._error


@contextmanager
def _headroom() -> Iterator[None]:
    """Frames for the transport, wherever a parser's recursion has got to.

    Without them it would break where the stack ends, and report its own failure for the parser's.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + _FRAMES)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What `work` returns; OutOfTime where its Python code takes more than `seconds`."""
    try:
        return bounded.within(seconds, work)
    except TimedOut as late:
        raise OutOfTime(f"the parser took more than {seconds:g} seconds") from late
