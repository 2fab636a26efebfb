"""Give each instance of a function a share of a processor, as Lambda does by its memory."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

_PERIOD_SECONDS = 0.2


@contextmanager
def throttled(function: str, percent: int, folder: Path) -> Iterator[None]:
    """Let the instances of a function of the local stack in `folder` run in turn, each `percent`.

    `function` is its name in the template. Outside its turn an instance is stopped, so that at
    most one runs at once; a hundred percent leaves all alone. Linux only.
    """
    if percent >= 100:
        yield
        return
    over = Event()
    keeper = Thread(target=_take_turns, args=(function, percent / 100, folder, over), daemon=True)
    keeper.start()
    try:
        yield
    finally:
        over.set()
        keeper.join()


def _take_turns(function: str, share: float, folder: Path, over: Event) -> None:
    stopped: set[int] = set()
    while not over.is_set():
        started = time.monotonic()
        for processes in _instances(function, folder):
            _signal(processes, signal.SIGCONT)
            time.sleep(share * _PERIOD_SECONDS)
            _signal(processes, signal.SIGSTOP)
            stopped |= processes
        time.sleep(max(0.0, started + _PERIOD_SECONDS - time.monotonic()))
    _signal(stopped, signal.SIGCONT)


def _instances(function: str, folder: Path) -> Collection[set[int]]:
    """The processes of each instance: they work in the folder that it has for its code."""
    found: dict[Path, set[int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended, or is somebody else's
            where = process.joinpath("cwd").readlink()
            if where.is_relative_to(folder) and f"-{function}-" in str(where):
                found.setdefault(where, set()).add(int(process.name))
    return found.values()


def _signal(processes: Iterable[int], number: signal.Signals) -> None:
    for process in processes:
        with suppress(OSError):
            os.kill(process, number)
