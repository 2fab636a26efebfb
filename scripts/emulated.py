"""A build deployed to an emulator of its own, for as long as a test or a benchmark needs it."""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mediamill_cli.local import server
from mediamill_cli.local.account import CREDENTIALS, REGION, local_stack
from mediamill_cli.local.folder import StateFolder
from mediamill_cli.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
ARCHITECTURE = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")
OVERRIDES = f"Runtime=python3.13 Architecture={ARCHITECTURE}"
"""What makes a build run in Lambda's image, or under its emulator, on this machine."""

_HERE = "RequireTls=false Tracing=PassThrough RemovalPolicy=Delete"


def run(command: str, **variables: str) -> str:
    """Run a command in the project, as one types it; its output. Raises RuntimeError with it."""
    told = " ".join(f"{name}={value}" for name, value in variables.items())
    prepared = f'export PATH="{BIN}:$PATH" SAM_CLI_TELEMETRY=0 {told}; {command}'
    done = subprocess.run(["sh", "-c", prepared], cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command}\n{done.stdout}{done.stderr}")
    return done.stdout


def build(folder: Path, *, finished: bool = True) -> Path:
    """Build the template for this machine's processor in a folder of its own."""
    target = folder / "build"
    run(
        f"sam build --build-dir {target} --cache-dir {folder}/cache "
        f'--parameter-overrides "{OVERRIDES}"'
    )
    if finished:
        run(f"{sys.executable} {ROOT}/scripts/finish.py --build-dir {target}")
    return target


@contextmanager
def emulated(built: Path, folder: Path) -> Iterator[Stack]:
    """The stack of a build, on an emulator whose queues wake no function."""
    state = StateFolder(folder)
    state.create()
    emulator = server.start(state, 0, auth=False)
    try:
        run(
            f"sam deploy --config-file {ROOT}/samconfig.toml --config-env local "
            f'--template {built}/template.yaml --parameter-overrides "{OVERRIDES} {_HERE}"',
            AWS_ENDPOINT_URL=emulator.endpoint,
            AWS_DEFAULT_REGION=REGION,
            SAM_CLI_POLL_DELAY="0.3",
            **CREDENTIALS,
        )
        stack = local_stack(emulator)
        for mapping in stack.functions.list_event_source_mappings()["EventSourceMappings"]:
            stack.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        yield stack
    finally:
        server.stop(state)
