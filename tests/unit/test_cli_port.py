"""The local stack's port: that of its deployment, whose queues have it in their addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediamill_cli.errors import Failure
from mediamill_cli.local import LocalStack
from mediamill_cli.local.folder import Server

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("deployed", [True, False])
def test_another_port_than_the_deployments_is_refused(tmp_path: Path, deployed: bool) -> None:
    stack = LocalStack(ROOT, state_dir=tmp_path, port=4700)
    stack.folder.create()
    stack.folder.write_server(Server(pid=1, port=4600))
    if not deployed:
        assert stack._chosen_port() == 4700
        return
    stack.folder.write_deployed({"build": "a"})
    with pytest.raises(Failure, match="port 4600"):
        stack.start()


@pytest.mark.parametrize("asked", [None, 0, 4600])
def test_the_deployments_port_is_taken_again(tmp_path: Path, asked: int | None) -> None:
    stack = LocalStack(ROOT, state_dir=tmp_path, port=asked)
    stack.folder.create()
    stack.folder.write_server(Server(pid=1, port=4600))
    stack.folder.write_deployed({"build": "a"})
    assert stack._chosen_port() == 4600
