"""Which fences around children hold on this machine: each is tried from inside."""

from __future__ import annotations

import ctypes
import mmap
import multiprocessing
import os
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from multiprocessing.connection import Connection
from pathlib import Path

from mediamill.domain.bounded import confine
from mediamill.domain.bounded.forked import forked

NAMES = ("network", "programs", "memory", "files", "environment", "parent")

_MEMORY = 64 << 20  # bytes that the child which tries may have
_AF_INET, _SOCK_STREAM = 2, 1


def fences() -> Mapping[str, bool]:
    """Which fences hold around a forked child, and whether this kernel has Landlock (`paths`).

    - `network`: it makes no socket; `programs`: it starts none;
    - `memory`: it gets no more than it may have; `files`: it has none of its parent's;
    - `environment`: it has none; `parent`: it does not see its parent's either.

    Takes some 10 ms. Root sees every process's environment.
    """
    ours, theirs = multiprocessing.Pipe(duplex=False)
    with closing(ours), forked(_serve, theirs, memory=_MEMORY):
        theirs.close()
        try:
            held = ours.recv()
        except EOFError:
            held = dict.fromkeys(NAMES, False)
    return {**held, "paths": sys.platform == "linux" and confine.landlock_version() > 0}


def _serve(answer: Connection) -> None:
    answer.send(
        {
            "network": not _makes_sockets(),
            "programs": not _starts_programs(),
            "memory": not _maps(2 * _MEMORY),
            "files": _open_files() <= {answer.fileno()},
            "environment": not _environment("self"),
            "parent": not _environment(str(os.getppid())),
        }
    )


def _makes_sockets() -> bool:
    libc = ctypes.CDLL(None)
    number: int = libc.socket(_AF_INET, _SOCK_STREAM, 0)
    if number >= 0:
        os.close(number)
    return number >= 0


def _starts_programs() -> bool:
    try:
        os.execv("/proc/self/no-such-program", ["no-such-program"])
    except PermissionError:
        return False
    except OSError:
        return True  # it was looked for


def _maps(size: int) -> bool:
    try:
        mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
    except (OSError, ValueError):
        return False
    return True


def _open_files() -> set[int]:
    found = set()
    for each in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the one that lists them
            if str(each.readlink()) != os.devnull:
                found.add(int(each.name))
    return found


def _environment(process: str) -> bytes:
    try:
        return Path(f"/proc/{process}/environ").read_bytes().strip(b"\0")
    except OSError:
        return b""
