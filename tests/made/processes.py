"""The processes of this machine and what they have open, from Linux's /proc."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path


def children(pid: int, name: str) -> list[int]:
    """The processes below `pid` whose command line names `name`."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            command = (path / "cmdline").read_bytes().decode(errors="replace")
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == pid and name in command:
            found.append(int(path.name))
    return found


def listening(pid: int) -> set[tuple[str, int]]:
    """Addresses and ports on which a process accepts."""
    sockets = set()
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            sockets.add(str(each.readlink()))
    found = set()
    for table, family in (("tcp", socket.AF_INET), ("tcp6", socket.AF_INET6)):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and f"socket:[{fields[9]}]" in sockets:  # 0A: LISTEN
                address, _, port = fields[1].partition(":")
                found.add((_address(address, family), int(port, 16)))
    return found


def _address(written: str, family: socket.AddressFamily) -> str:
    """An address as it is read, of one in words of four bytes, the lowest first."""
    words = [written[at : at + 8] for at in range(0, len(written), 8)]
    return socket.inet_ntop(family, b"".join(bytes.fromhex(word)[::-1] for word in words))
