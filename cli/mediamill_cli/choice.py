"""Which stack a command talks to: one on AWS by its name, or the local one that runs."""

from __future__ import annotations

from pathlib import Path

import boto3

from mediamill_cli.errors import Failure
from mediamill_cli.local.account import local_stack
from mediamill_cli.local.folder import DEFAULT, StateFolder
from mediamill_cli.local.project import find_root
from mediamill_cli.stack import DEFAULT_NAME, Stack


def find_stack(
    name: str | None, profile: str | None, region: str | None, state: Path | None
) -> Stack:
    """The stack a command means: the one it names, else the local one that runs.

    Raises Failure if it names none and none runs.
    """
    if name or profile or region:
        return Stack(name or DEFAULT_NAME, boto3.Session(profile_name=profile, region_name=region))
    server = _folder(state).running()
    if server is None:
        raise Failure(
            "No stack is named, and no local one is running.",
            do="Start the local one with `mediamill up`, or name yours with --stack NAME.",
        )
    return local_stack(server)


def _folder(state: Path | None) -> StateFolder:
    return StateFolder(state if state is not None else find_root() / DEFAULT)
