"""The office worker's image, where it is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediamill_cli.local import docker, image
from mediamill_cli.local.docker import Docker

NAME = image.name(Path(__file__).parents[2])


def engine_with_image() -> Docker:
    """The Docker engine that holds the image; the test is skipped where there is none."""
    engine = docker.find()
    if engine is None or not engine.has_image(NAME):
        pytest.skip(f"{NAME} is not built: make office-image-local")
    return engine
