"""The fences around a forked child.

A child is a copy of its parent's memory, in which there may be credentials: so that code that has
taken it over cannot use them, it reaches no network and starts no program, holds none of the
parent's connections and files, and has forgotten the environment. Its answers leave by a pipe.
"""

from __future__ import annotations

import ctypes
import faulthandler
import os
import platform
import resource
import signal
import sys
from collections.abc import Collection
from contextlib import suppress
from functools import cache
from pathlib import Path

from mediamill.domain.bounded import children, confine
from mediamill.domain.bounded.deadline import forget

_PR_SET_DUMPABLE, _PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 4, 1, 38  # linux/prctl.h


@cache
def hide_memory() -> None:
    """Keep this process's memory and environment from other processes of the same user.

    /proc/PID/environ of this function, and the credentials in it, would be one path away. Not
    dumpable (prctl(2)) means owned by root.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def restrain(memory: int, *, keep: Collection[int] = ()) -> None:
    """What a forked child does first, for good.

    `memory` is what it may have, in bytes, on top of what it was born with; `keep` are the file
    descriptors that stay open. A fence that this kernel does not have is left out: see `fences`.
    """
    forget()
    children.disown()
    faulthandler.disable()
    close_all_but(keep)
    forget_environment()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return
    bound_memory(memory)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    wall_off(libc)


def close_all_but(keep: Collection[int]) -> None:
    """Put nothing in the place of every open file, so that no number is given out again.

    The child's copies of the parent's objects still close their numbers when they end.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    folder = Path("/proc/self/fd")
    listed = [int(each.name) for each in folder.iterdir()] if folder.exists() else range(256)
    for number in {0, 1, 2, *listed} - {nowhere, *keep}:
        with suppress(OSError):
            os.fstat(number) if number > 2 else None
            os.dup2(nowhere, number)


def forget_environment() -> None:
    """Overwrite what /proc/self/environ shows, and forget it.

    A variable that was set anew since the start stands elsewhere, and what it was still stands in
    the place that the kernel shows: proc(5), fields 50 and 51 of /proc/self/stat.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        entries = ctypes.POINTER(ctypes.c_void_p).in_dll(libc, "environ")
        index = 0
        while entries and (entry := entries[index]):
            ctypes.memset(entry, 0, len(ctypes.string_at(entry)))
            index += 1
        libc.clearenv()
        fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
        begin, end = (int(fields[number - 3]) for number in (50, 51))
        ctypes.memset(begin, 0, end - begin)
    os.environ._data.clear()  # type: ignore[attr-defined]  # noqa: TID251 (not read: forgotten)


def bound_memory(memory: int) -> None:
    """Bound the address space to what it is and `memory` bytes more."""
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = mapped + memory
    resource.setrlimit(resource.RLIMIT_AS, (wanted if hard < 0 else min(wanted, hard), hard))


def wall_off(libc: ctypes.CDLL) -> None:
    """No socket, no connection, no look into other processes, no program."""
    machine = confine.MACHINES.get(platform.machine())
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if machine is not None:
        with suppress(OSError):
            confine.wall_off_network(libc, machine, programs=False)
