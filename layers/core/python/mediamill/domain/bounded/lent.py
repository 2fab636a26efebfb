"""Work in a forked child that reads a file of its parent's: it holds no connection of its own.

The child asks for bytes over a pipe, the parent reads them and goes on waiting for values. So a
parser of hostile bytes reads ranges of an object of gigabytes, and reaches nothing else.
"""

from __future__ import annotations

import io
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from multiprocessing.connection import Connection
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from mediamill.domain.bounded.deadline import at_most
from mediamill.domain.bounded.forked import Crashed, forked
from mediamill.domain.bounded.received import received
from mediamill.domain.bounded.streamed import answer
from mediamill.domain.errors import TimedOut

P = ParamSpec("P")
T = TypeVar("T")

PART = 8 << 20
"""Bytes that the parent reads at once: it holds no more, whatever the child asks for."""


class Lendable(Protocol):
    """What can be lent: a file that can be read anywhere."""

    def seek(self, offset: int, whence: int = ..., /) -> int: ...

    def read(self, size: int = ..., /) -> bytes: ...


class LentFile(io.RawIOBase):
    """The child's view of the file: every read is a question to the parent."""

    def __init__(self, parent: Connection, size: int) -> None:
        super().__init__()
        self.size = size
        self._parent = parent
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        rest = max(0, self.size - self._position)
        wanted = rest if size is None or size < 0 else min(size, rest)
        parts = []
        while wanted and (got := self._part(min(wanted, PART))):
            parts.append(got)
            wanted -= len(got)
        return b"".join(parts)

    def _part(self, wanted: int) -> bytes:
        self._parent.send(("read", (self._position, wanted)))
        got = self._parent.recv_bytes()
        self._position += len(got)
        return got

    def readinto(self, buffer: Any, /) -> int:
        part = self.read(len(buffer))
        buffer[: len(part)] = part
        return len(part)


def lent(
    file: Lendable,
    memory: int,
    work: Callable[Concatenate[LentFile, P], Iterator[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Iterator[T]:
    """What `work(file, *args, **kwargs)` yields, made in a forked child of `memory` bytes more.

    It may take what the deadline that stands leaves. Raises what the work raises and what reading
    the file raises, TimedOut, or Crashed. The child never outlives the iterator.
    """
    size = file.seek(0, os.SEEK_END)
    ours, theirs = multiprocessing.Pipe()
    with closing(ours), forked(_serve, theirs, size, work, args, kwargs, memory=memory):
        theirs.close()
        while ours.poll(at_most(None)):
            try:
                message = received(ours)
            except (EOFError, OSError):
                raise Crashed("the child ended without an answer") from None
            match message:
                case ("read", (int(offset), int(length))) if offset >= 0 and 0 < length <= PART:
                    file.seek(offset)
                    ours.send_bytes(file.read(length))
                case ("value", value):
                    yield value
                case ("end", None):
                    return
                case ("error", BaseException() as error):
                    raise error
                case _:
                    raise Crashed("the child sent what is no answer")
        raise TimedOut("The file took more than the time that it may take.")


def _serve(
    parent: Connection,
    size: int,
    work: Callable[..., Iterator[T]],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    """The child."""
    answer(parent, work, LentFile(parent, size), *args, **kwargs)
