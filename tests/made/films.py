"""Clips for the video worker's tests: made by FFmpeg's own program, looked at by it too."""

from __future__ import annotations

import io
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image

from mediamill.domain.derivative import Product
from mediamill.domain.detect import HEAD_BYTES, detect
from mediamill.domain.limits import Limits
from mediamill.domain.video import Medium, Told, isolated

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")

SCENE = "testsrc2=s=320x180:r=25:d=2"
"""Two seconds of bars, a moving band and a clock."""


def clip(target: Path, *options: str, scene: str = SCENE, sound: str = "") -> Path:
    """A film of a scene of FFmpeg's, written with these options; with a tone where asked for."""
    heard = ["-f", "lavfi", "-i", sound] if sound else []
    ffmpeg("-f", "lavfi", "-i", scene, *heard, *options, str(target))
    return target


def ffmpeg(*arguments: str) -> bytes:
    """What FFmpeg's program prints. One thread: a test machine has others to run."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", "-threads", "1", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout


def frame_at(path: Path, seconds: float, *, filters: str = "null") -> Image.Image:
    """What FFmpeg's program shows of a film at a moment, turned as the film says."""
    png = ffmpeg(
        *("-ss", str(seconds), "-i", str(path), "-frames:v", "1", "-vf", filters),
        *("-f", "image2pipe", "-c:v", "png", "-"),
    )
    return Image.open(io.BytesIO(png)).convert("RGB")


def medium_of(path: Path, **limits: int) -> Medium:
    """What ingest says of a file, and the limits."""
    with path.open("rb") as file:
        found = detect(file.read(HEAD_BYTES), path.name)
    size = path.stat().st_size
    return Medium(found.kind, found.content_type, Limits(**limits), key=path.name, bytes=size)


def made_of(path: Path, medium: Medium | None = None) -> tuple[list[Product], dict[str, object]]:
    """The derivatives of a file, and what is told of it, as the function has them made."""
    products: list[Product] = []
    facts: dict[str, object] = {}
    with path.open("rb") as file:
        for made in isolated(file, medium or medium_of(path)):
            if isinstance(made, Told):
                facts = made.onto(facts)
            else:
                products.append(made)
    return products, facts


def poster_of(path: Path) -> Image.Image:
    """The poster, which has to be there, and first."""
    with path.open("rb") as file, closing(isolated(file, medium_of(path))) as made:
        found = next(made)
    assert isinstance(found, Product)
    assert found.name == "poster"
    picture = Image.open(io.BytesIO(found.body))
    assert picture.size == (found.width, found.height)
    assert picture.format == "JPEG"
    return picture.convert("RGB")
