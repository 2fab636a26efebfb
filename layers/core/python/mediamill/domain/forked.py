"""A forked child for native code on hostile bytes: quiet, bounded, gone when its caller is done.

No signal handler interrupts native code, and a crash takes its process along. A fork shares the
parent's imports and costs a few milliseconds, a fresh interpreter 140.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def forked(target: Callable[..., None], *arguments: object) -> Iterator[None]:
    """Run `target(*arguments)` in a child beside the block; leaving the block kills it."""
    child = multiprocessing.get_context("fork").Process(target=target, args=arguments, daemon=True)
    with warnings.catch_warnings():
        # Python warns of forks beside threads: the child touches nothing that a thread may hold.
        warnings.simplefilter("ignore", DeprecationWarning)
        child.start()
    try:
        yield
    finally:
        child.kill()
        child.join()
        child.close()


def restrain(memory: int) -> None:
    """What the child does first: it prints nowhere, dumps no core, and bounds its address space.

    `memory` is what it may have, in bytes, on top of what it was born with.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    if sys.platform != "linux":
        return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = mapped + memory
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))
