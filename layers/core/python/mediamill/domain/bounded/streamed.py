"""Work in a forked child whose values come one at a time.

A child may be forked ahead, and wait for its work while the parent waits for the network: then its
birth, and the memory that it touches for the first time, are in nobody's way. It does one piece of
work and ends, as any other.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any, ParamSpec, TypeVar

from mediamill.domain.bounded.deadline import at_most
from mediamill.domain.bounded.forked import Crashed, forked
from mediamill.domain.bounded.received import received
from mediamill.domain.errors import TimedOut

P = ParamSpec("P")
T = TypeVar("T")

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


def streamed(
    seconds: float | None,
    memory: int,
    work: Callable[P, Iterator[T]],
    *args: P.args,
    **kwargs: P.kwargs,
) -> Iterator[T]:
    """What `work(*args, **kwargs)` yields, made in a forked child of `memory` bytes more.

    `seconds` is wall clock for all of it; None leaves that to the deadline that stands. Raises what
    the work raises, TimedOut, or Crashed. The child never outlives the iterator.
    """
    receiver, sender = multiprocessing.Pipe(duplex=False)
    with closing(receiver), forked(_serve, sender, work, args, kwargs, memory=memory):
        sender.close()
        yield from _received(receiver, seconds)


class Waiting:
    """A child that waits for its work, of which it does one piece."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def stream(
        self,
        seconds: float | None,
        work: Callable[P, Iterator[T]],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Iterator[T]:
        """As `streamed`, of what can be pickled; once. Raises OSError where the child is gone."""
        self._pipe.send((work, args, kwargs))
        return _received(self._pipe, seconds)


@contextmanager
def waiting(memory: int, prepare: Callable[[Callable[[], bool]], None]) -> Iterator[Waiting]:
    """A child that is forked now, and has `memory` bytes more; it ends with the block.

    Until its work comes, which the function that `prepare` is given tells, it may prepare for it.
    """
    ours, theirs = multiprocessing.Pipe()
    with closing(ours), forked(_wait, theirs, prepare, memory=memory):
        theirs.close()
        yield Waiting(ours)


def _wait(parent: Connection, prepare: Callable[[Callable[[], bool]], None]) -> None:
    """The child that was forked ahead."""
    _keep_freed_memory()
    with suppress(Exception):
        prepare(parent.poll)
    with suppress(EOFError, OSError):
        _serve(parent, *parent.recv())


def _received(receiver: Connection, seconds: float | None) -> Iterator[Any]:
    """The values, as the child sends them."""
    until = None if seconds is None else time.monotonic() + seconds
    while receiver.poll(at_most(None if until is None else until - time.monotonic())):
        try:
            message = received(receiver)
        except (EOFError, ConnectionResetError):
            raise Crashed("the child ended without an answer") from None
        match message:
            case ("value", value):
                yield value
            case ("end", None):
                return
            case ("error", BaseException() as error):
                raise error
            case _:
                raise Crashed("the child sent what is no answer")
    raise TimedOut(f"The file took more than the {seconds or 0:.0f} s that it may take.")


def _serve(
    sender: Connection,
    work: Callable[..., Iterator[T]],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    """The child of `streamed`."""
    _keep_freed_memory()
    answer(sender, work, *args, **kwargs)


def answer(
    sender: Connection, work: Callable[P, Iterator[T]], *args: P.args, **kwargs: P.kwargs
) -> None:
    """What a child does with its work: sends each value as it is made, then how it ended."""
    try:
        for value in work(*args, **kwargs):
            sender.send(("value", value))
        sender.send(("end", None))
    except MemoryError:
        pass  # closed without an end, as a crash is
    except BaseException as error:
        sender.send(("error", error))


def _keep_freed_memory() -> None:
    """Let glibc reuse large buffers instead of mapping them anew for each value.

    A page's are 9 MB each; faulting them in took a third of the time of a blank page.
    """
    for option, value in ((_M_MMAP_THRESHOLD, 1 << 29), (_M_TRIM_THRESHOLD, 1 << 29)):
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(option, value)
