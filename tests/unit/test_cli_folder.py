"""The state folder knows whether its server runs, however that ended."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from mediamill_cli.errors import Failure
from mediamill_cli.local.folder import Server, StateFolder

HOLD = """
import fcntl, sys, time
file = open(sys.argv[1], "a")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    folder = StateFolder(tmp_path / "state")
    folder.create()
    return folder


def test_git_does_not_see_the_folder(folder: StateFolder) -> None:
    assert (folder.root / ".gitignore").read_text() == "*\n"


def test_a_folder_that_is_not_there_runs_nothing(tmp_path: Path) -> None:
    assert StateFolder(tmp_path / "none").running() is None


def test_what_was_written_counts_only_while_the_lock_is_held(folder: StateFolder) -> None:
    server = Server(pid=1, port=4567)
    folder.write_server(server)
    assert folder.running() is None
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder.lock)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert folder.running() == server
        holder.kill()
        holder.wait()
    deadline = time.monotonic() + 5
    while folder.running() is not None and time.monotonic() < deadline:
        time.sleep(0.01)
    assert folder.running() is None


def test_the_last_port_is_remembered(folder: StateFolder) -> None:
    assert folder.last_port() is None
    folder.write_server(Server(pid=1, port=4567))
    assert folder.last_port() == 4567


def test_only_one_can_start_it(folder: StateFolder) -> None:
    with (
        folder.starting(),
        pytest.raises(Failure, match="Another `mediamill up`"),
        folder.starting(),
    ):
        raise AssertionError("both are starting it")


def test_a_torn_file_is_as_none(folder: StateFolder) -> None:
    (folder.root / "deployed.json").write_text("{")
    (folder.root / "server.json").write_text("{")
    assert folder.deployed() == {}
    assert folder.last_port() is None
