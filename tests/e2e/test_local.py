"""The local stack's life: started, found, refused where it cannot be, ended without a trace."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest
from made.pipeline import OFFICE, Pipeline
from made.processes import listening

from mediamill_cli.errors import Failure
from mediamill_cli.local import LocalStack
from mediamill_cli.local.server import alive

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
SECOND_UP_SECONDS = 10.0


def test_a_second_up_on_an_unchanged_tree_does_nothing_and_soon(pipeline: Pipeline) -> None:
    folder = pipeline.local.folder
    again = LocalStack(ROOT, office=OFFICE, state_dir=folder.root, build_dir=folder.build)
    before = again.server
    began = time.monotonic()
    stack = again.up()
    assert time.monotonic() - began < SECOND_UP_SECONDS
    assert again.server == before
    assert stack.uploads == pipeline.stack.uploads
    assert (again.build(), again.deploy()) == (False, False)


def test_a_port_that_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        local = LocalStack(ROOT, office=OFFICE, state_dir=tmp_path / "state", port=port)
        with pytest.raises(Failure, match=f"Port {port} on 127.0.0.1 is taken") as refused:
            local.start()
    assert f"--port {port + 1}" in refused.value.do
    assert local.server is None


def test_a_stack_that_runs_on_another_port_is_not_moved(pipeline: Pipeline) -> None:
    server = pipeline.local.server
    assert server is not None
    elsewhere = LocalStack(
        ROOT, office=OFFICE, state_dir=pipeline.local.folder.root, port=server.port + 1
    )
    with pytest.raises(Failure, match=f"already runs, on port {server.port}"):
        elsewhere.start()


def test_stopping_leaves_no_process_and_no_temporary_folder(tmp_path: Path) -> None:
    local = LocalStack(ROOT, office=OFFICE, state_dir=tmp_path / "state", port=0)
    assert local.start()
    server = local.server
    assert server is not None
    assert not local.start()
    assert local.stop()
    assert not local.stop()
    assert local.server is None
    with pytest.raises(ProcessLookupError):
        os.kill(server.pid, 0)
    assert not local.folder.temporary.exists()
    assert not local.folder.home.exists()


def test_a_killed_server_is_noticed_and_started_again(tmp_path: Path) -> None:
    local = LocalStack(ROOT, office=OFFICE, state_dir=tmp_path / "state", port=0)
    local.start()
    try:
        server = local.server
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)
        deadline = time.monotonic() + 5
        while alive(local.folder, server) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert local.server is None
        again = LocalStack(ROOT, office=OFFICE, state_dir=tmp_path / "state")
        assert again.start()
        assert again.server is not None
        assert again.server.port == server.port
    finally:
        local.stop()


def test_it_listens_on_the_loopback_alone(tmp_path: Path) -> None:
    local = LocalStack(ROOT, office=OFFICE, state_dir=tmp_path / "state", port=0)
    local.start()
    try:
        server = local.server
        assert server is not None
        assert {address for address, _ in listening(server.pid)} == {"127.0.0.1"}
    finally:
        local.stop()
