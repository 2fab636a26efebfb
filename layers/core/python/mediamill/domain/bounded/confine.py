"""Runs a program that cannot reach the network, and sees only the files it is shown.

    python -I -S confine.py SPECIFICATION PROGRAM ARGUMENT…

A script of its own, started as a fresh interpreter and then replaced by PROGRAM: what it sets
cannot be undone, and setting it between fork and exec of a process with threads is not safe.
It needs no privilege and no package. SPECIFICATION is JSON:

- `read`, `write`, `execute`: paths that the program may read, also change, also start;
- `sockets`: folders where it may make and remove the sockets that it listens on itself;
- `limits`: {"AS": bytes, "CPU": seconds, "FSIZE": bytes, …} as in `resource.RLIMIT_…`.

Two walls, and the limits:

- **seccomp** (Linux 3.17, x86-64 and arm64; always): no socket but AF_UNIX, no connect, no io_uring
  (which would make sockets behind the filter's back), no reading of other processes.
- **Landlock** (Linux 5.13; where the kernel has it): every path that is not listed is refused, and
  from 6.12 signals and abstract sockets do not leave the program either.

Exits with 125 if a wall that is always there does not stand: it is never skipped in silence.

Sources: seccomp(2), landlock(7), bpf(2); numbers from asm/unistd_64.h and asm-generic/unistd.h.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

REFUSED = 125  # the exit code when the walls do not stand, as of `env` and `timeout`

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 1, 22, 38
_SECCOMP_MODE_FILTER = 2
_AF_UNIX, _EACCES = 1, 13


@dataclass(frozen=True, slots=True)
class Machine:
    """One architecture: its audit number, the syscall `socket`, and those refused outright.

    Refused, in this order: connect, io_uring_setup, ptrace, process_vm_readv and _writev,
    pidfd_getfd, unshare, setns, mount, bpf, perf_event_open, keyctl, add_key, userfaultfd.
    `programs` are execve and execveat.
    """

    audit: int
    socket: int
    programs: tuple[int, ...]
    refused: tuple[int, ...]


MACHINES = {
    "x86_64": Machine(
        audit=0xC000003E,
        socket=41,
        programs=(59, 322),
        refused=(42, 425, 101, 310, 311, 438, 272, 308, 165, 321, 298, 250, 248, 323),
    ),
    "aarch64": Machine(
        audit=0xC00000B7,
        socket=198,
        programs=(221, 281),
        refused=(203, 425, 117, 270, 271, 438, 97, 268, 40, 280, 241, 219, 217, 282),
    ),
}


def seccomp_program(machine: Machine, *, programs: bool = True) -> bytes:
    """The filter, as the kernel's classic BPF: eight bytes an instruction.

    Without `programs` none is started from here on.
    """
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    allow, kill, refuse = 0x7FFF0000, 0x80000000, 0x00050000 | _EACCES
    # Each of the body jumps to `refuse`, which is last; `allow` stands before it.
    body = [(at_least, 0x40000000)]  # the x32 calls
    refused = machine.refused if programs else (*machine.refused, *machine.programs)
    body += [(equal, number) for number in refused]
    tail = 5  # is it socket? · load the family · is it AF_UNIX? · allow · refuse
    code = [(load, 0, 0, 4), (equal, 1, 0, machine.audit), (give, 0, 0, kill), (load, 0, 0, 0)]
    for index, (operation, value) in enumerate(body):
        code.append((operation, len(body) - index - 1 + tail - 1, 0, value))
    code += [
        (equal, 0, 2, machine.socket),
        (load, 0, 0, 16),
        (equal, 0, 1, _AF_UNIX),
        (give, 0, 0, allow),
        (give, 0, 0, refuse),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in code)


class _FilterProgram(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def wall_off_network(libc: ctypes.CDLL, machine: Machine, *, programs: bool = True) -> None:
    """No socket but AF_UNIX from here on, for this process and whatever it becomes.

    Without `programs` it becomes nothing else.
    """
    code = seccomp_program(machine, programs=programs)
    program = _FilterProgram(len(code) // 8, code)
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "seccomp")


# landlock.h: EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, then everything that makes and removes.
_EXECUTE, _READ, _REMOVE_FILE, _MAKE_SOCKET = 1 << 0, 1 << 2 | 1 << 3, 1 << 5, 1 << 9
_OF_A_FILE = 1 << 0 | 1 << 1 | 1 << 2 | 1 << 14 | 1 << 15  # the rights that a plain file can have
_RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15}  # how many bits each version knows; 16 from the fifth
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_PATH_BENEATH, _VERSION = 1, 1


def landlock_version(libc: ctypes.CDLL | None = None) -> int:
    """The version of Landlock's interface that this kernel has; below 1 where it has none."""
    libc = libc or ctypes.CDLL(None, use_errno=True)
    version: int = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION)
    return version


def wall_off_files(
    libc: ctypes.CDLL,
    *,
    read: Iterable[str],
    write: Iterable[str],
    execute: Iterable[str],
    sockets: Iterable[str],
) -> int:
    """Only the listed paths from here on; the ABI version of Landlock, 0 where there is none."""
    abi = landlock_version(libc)
    if abi < 1:
        return 0
    everything = (1 << _RIGHTS_BY_ABI.get(abi, 16)) - 1
    attributes = struct.pack("=Q", everything)
    if abi >= 4:
        attributes += struct.pack("=Q", 0b11)  # no TCP bind, no TCP connect
    if abi >= 6:
        attributes += struct.pack("=Q", 0b11)  # no abstract socket, no signal to the outside
    ruleset: int = libc.syscall(
        _CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0)
    )
    if ruleset < 0:
        raise OSError(ctypes.get_errno(), "landlock")
    granted = [(path, _READ) for path in read]
    granted += [(path, everything & ~_EXECUTE) for path in write]
    granted += [(path, _READ | _EXECUTE) for path in execute]
    granted += [(path, _MAKE_SOCKET | _REMOVE_FILE) for path in sockets]
    for path, rights in granted:
        try:
            beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        if not Path(path).is_dir():
            rights &= _OF_A_FILE & everything
        rule = struct.pack("=Qi", rights, beneath)
        if libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, ctypes.c_uint32(0)):
            raise OSError(ctypes.get_errno(), "landlock", path)
        os.close(beneath)
    if libc.syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)):
        raise OSError(ctypes.get_errno(), "landlock")
    os.close(ruleset)
    return abi


def limit(limits: Mapping[str, int]) -> None:
    """Lower the process's limits; one that is lower already stays."""
    for name, value in {"CORE": 0, **limits}.items():
        which = getattr(resource, f"RLIMIT_{name}")
        _, hard = resource.getrlimit(which)
        bound = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (bound, bound))


def main(arguments: Sequence[str]) -> None:
    """Build the walls, then become the program."""
    specification, *command = arguments
    wanted = json.loads(specification)
    limit(wanted.get("limits", {}))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        try:
            machine = MACHINES[platform.machine()]
            if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "no_new_privs")
            wall_off_files(
                libc,
                read=wanted.get("read", []),
                write=wanted.get("write", []),
                execute=[*wanted.get("execute", []), command[0]],
                sockets=wanted.get("sockets", []),
            )
            wall_off_network(libc, machine)
        except (KeyError, OSError) as error:
            sys.stderr.write(f"cannot confine {command[0]}: {error!r}\n")
            sys.exit(REFUSED)
    for ignored_by_python in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(ignored_by_python, signal.SIG_DFL)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
