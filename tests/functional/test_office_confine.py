"""The walls around LibreOffice, tried from inside by a program that wants out."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from mediamill.domain.bounded import confine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the walls are Linux's")

PYTHON = str(Path(sys.executable).resolve())
LIBRARIES = ["/usr", "/lib", "/lib64", "/etc/ld.so.cache", "/dev/urandom"]
LOADERS = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]


def inside(
    code: str, *, write: Sequence[str] = (), limits: dict[str, int] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Python code behind the walls."""
    specification = {
        "read": [*LIBRARIES, sys.base_prefix],
        "write": list(write),
        "execute": LOADERS,
        "limits": limits or {},
    }
    return subprocess.run(
        [
            *(sys.executable, "-I", "-S", str(Path(confine.__file__))),
            *(json.dumps(specification), PYTHON, "-I", "-S", "-c", code),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        env={},
    )


def landlock() -> bool:
    return (
        inside("import os; os.listdir('/etc')").returncode != 0
        and inside("import os").returncode == 0
    )


needs_landlock = pytest.mark.skipif(
    sys.platform != "linux" or not landlock(), reason="this kernel has no Landlock"
)


def test_a_program_behind_the_walls_still_works() -> None:
    assert inside("print(6 * 7)").stdout == "42\n"


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET"])
def test_makes_no_socket_to_the_network(family: str) -> None:
    tried = inside(f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)")
    assert "PermissionError" in tried.stderr


def test_connects_to_no_local_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "daemon")
    with socket.socket(socket.AF_UNIX) as daemon:
        daemon.bind(path)
        daemon.listen()
        tried = inside(
            f"import socket; socket.socket(socket.AF_UNIX).connect({path!r})",
            write=[str(tmp_path)],
        )
    assert "PermissionError" in tried.stderr


def test_makes_no_ring_that_would_make_sockets_for_it() -> None:
    tried = inside(
        "import ctypes; c = ctypes.CDLL(None, use_errno=True);"
        "print(c.syscall(425, 1, ctypes.create_string_buffer(120)), ctypes.get_errno())"
    )
    assert tried.stdout == "-1 13\n"


def test_reads_no_other_process() -> None:
    number = {"x86_64": 310, "aarch64": 270}[os.uname().machine]
    tried = inside(
        "import ctypes; c = ctypes.CDLL(None, use_errno=True);"
        f"print(c.syscall({number}, {os.getpid()}, None, 0, None, 0, 0), ctypes.get_errno())"
    )
    assert tried.stdout == "-1 13\n"


@needs_landlock
@pytest.mark.parametrize("path", ["/etc/passwd", "/proc/1/environ", "/proc/self/environ"])
def test_reads_no_file_that_it_was_not_shown(path: str) -> None:
    assert "PermissionError" in inside(f"print(open({path!r}).read())").stderr


@needs_landlock
def test_writes_only_where_it_may(tmp_path: Path) -> None:
    allowed, other = tmp_path / "job", tmp_path / "other"
    allowed.mkdir()
    other.mkdir()
    assert inside(f"open('{allowed}/a', 'w')", write=[str(allowed)]).returncode == 0
    assert "PermissionError" in inside(f"open('{other}/a', 'w')", write=[str(allowed)]).stderr


@needs_landlock
def test_starts_no_other_program() -> None:
    assert "PermissionError" in inside("import os; os.execv('/bin/true', ['true'])").stderr


def test_cannot_have_more_memory_than_it_is_given() -> None:
    assert "MemoryError" in inside("bytes(10**9)", limits={"AS": 500_000_000}).stderr


def test_cannot_write_a_larger_file_than_allowed(tmp_path: Path) -> None:
    tried = inside(
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL);"
        f"open('{tmp_path}/a', 'wb').write(bytes(2000))",
        write=[str(tmp_path)],
        limits={"FSIZE": 1_000},
    )
    assert tried.returncode == -signal.SIGXFSZ
    assert (tmp_path / "a").stat().st_size <= 1_000


def test_nothing_runs_where_the_walls_cannot_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[object] = []
    monkeypatch.setattr(confine, "MACHINES", {})
    monkeypatch.setattr(os, "execv", lambda *command: started.append(command))
    monkeypatch.setattr(confine, "limit", lambda limits: None)
    monkeypatch.setattr(ctypes, "CDLL", FakeLibrary)
    with pytest.raises(SystemExit) as stopped:
        confine.main(["{}", "/bin/true"])
    assert stopped.value.code == confine.REFUSED
    assert not started


class FakeLibrary:
    """A C library that agrees to everything."""

    def __init__(self, name: None, use_errno: bool) -> None:
        pass

    def prctl(self, *arguments: int) -> int:
        return 0
