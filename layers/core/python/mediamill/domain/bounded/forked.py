"""A forked child for native code on hostile bytes: quiet, bounded, gone when its caller is done.

No signal handler interrupts native code, and a crash takes its process along. A fork shares the
parent's imports and costs a few milliseconds, a fresh interpreter 140.
"""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.connection import Connection

from mediamill.domain.bounded import children
from mediamill.domain.bounded.restrain import hide_memory, restrain


class Crashed(Exception):
    """The child ended without an answer: native code crashed, or wanted too much memory."""


@contextmanager
def forked(target: Callable[..., None], *arguments: object, memory: int) -> Iterator[None]:
    """Run `target(*arguments)` in a child beside the block; leaving the block kills it.

    The child has `memory` bytes on top of what it is born with, and of everything that is open
    only the connections among its arguments. What it raises goes nowhere: it has to say so itself.
    """
    number = children.born(partial(_fork, target, arguments, memory))
    try:
        yield
    finally:
        children.end(number)


def _fork(
    target: Callable[..., None], arguments: tuple[object, ...], memory: int
) -> Callable[[], None]:
    hide_memory()
    with warnings.catch_warnings():
        # Python warns of forks beside threads: the child touches nothing that a thread may hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process:
        return partial(_kill, process)
    try:
        restrain(memory, keep=[each.fileno() for each in arguments if isinstance(each, Connection)])
        target(*arguments)
    finally:
        # Leave without the parent's cleanup: its handlers and buffers are not this process's.
        os._exit(0)


def _kill(process: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(process, 0)
