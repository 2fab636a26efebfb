"""Tests in Docker take minutes: only `pytest -m docker` (`make test-docker`) runs them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def missing() -> str:
    """What these tests lack on this machine, in one line; empty if nothing."""
    if shutil.which("docker") is None:
        return "Docker is not installed"
    asked = subprocess.run(["docker", "info"], capture_output=True, text=True)
    return "" if asked.returncode == 0 else "the Docker daemon does not answer"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    own = [item for item in items if HERE in item.path.parents]
    if not own:
        return
    reason = missing() if "docker" in config.option.markexpr else "run them with make test-docker"
    for item in own:
        item.add_marker(pytest.mark.docker)
        if reason:
            item.add_marker(pytest.mark.skip(reason=reason))
