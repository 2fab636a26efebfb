"""Run work on a hostile file in a child process: a hang, a crash or a bomb ends only the child.

The child costs about 5 ms, and gives its memory back when it ends.
"""

from __future__ import annotations

import ctypes
import faulthandler
import multiprocessing
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from typing import ParamSpec, TypeVar

from mediamill.domain.errors import Broken, TimedOut
from mediamill.domain.forked import forked, restrain

P = ParamSpec("P")
T = TypeVar("T")

# Address space on top of what the parent has: a page of 25 megapixels takes 400 MB at its worst.
MEMORY = 1_200_000_000

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h


def isolated(
    seconds: float | None, work: Callable[P, Iterator[T]], *args: P.args, **kwargs: P.kwargs
) -> Iterator[T]:
    """What `work(*args, **kwargs)` yields, made in a forked child, one value at a time.

    `seconds` is wall clock for all of it; None leaves that to the caller's own alarm. Raises what
    the work raises, TimedOut past `seconds`, and Broken (`broken_document`) where the child crashes
    or asks for too much memory. The child never outlives the iterator.
    """
    until = None if seconds is None else time.monotonic() + seconds
    receiver, sender = multiprocessing.Pipe(duplex=False)
    with closing(receiver), forked(_serve, sender, work, args, kwargs):
        sender.close()
        while True:
            if until is not None and not receiver.poll(max(0.0, until - time.monotonic())):
                raise TimedOut(f"The document took more than {seconds:.0f} s.")
            try:
                outcome, value = receiver.recv()
            except EOFError:
                raise Broken(
                    "The document crashed the renderer, or asked it for too much memory.",
                    code="broken_document",
                ) from None
            if outcome == "end":
                return
            if outcome == "error":
                raise value
            yield value


def _serve(
    sender: Connection,
    work: Callable[..., Iterator[T]],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> None:
    """The child: sends each value as it is made, then how it ended."""
    faulthandler.disable()
    _keep_freed_memory()
    restrain(MEMORY)
    try:
        for value in work(*args, **kwargs):
            sender.send(("value", value))
        sender.send(("end", None))
    except MemoryError:
        pass  # closed without an end, as a crash is
    except BaseException as error:
        sender.send(("error", error))
    finally:
        sender.close()


def _keep_freed_memory() -> None:
    """Let glibc reuse the rasters' memory instead of mapping it anew for each page.

    A page's buffers are 9 MB each; faulting them in took a third of the time of a blank page.
    """
    for option, value in ((_M_MMAP_THRESHOLD, 1 << 29), (_M_TRIM_THRESHOLD, 1 << 29)):
        with suppress(AttributeError, OSError):
            ctypes.CDLL(None).mallopt(option, value)
