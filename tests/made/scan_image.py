"""The scanner's image, where it is built, and what it is given to find."""

from __future__ import annotations

import hashlib

import pytest

from made.malware import EICAR, SIGNATURE
from mediamill_cli.local import docker

NAME = "mediamill-scan:local"
EICAR_BYTES = len(EICAR)
DEFINITION = f"{hashlib.md5(EICAR, usedforsecurity=False).hexdigest()}:{len(EICAR)}:{SIGNATURE}\n"


def built() -> str:
    """The image's name; the test is skipped where it is not built."""
    engine = docker.find()
    if engine is None or not engine.has_image(NAME):
        pytest.skip(f"{NAME} is not built: make scan-image-local")
    return NAME
