"""Updates of a stack that runs: the next file shows the new code and the new parameters."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from made.pictures import jpeg
from made.pipeline import Pipeline

from mediamill_cli.local import LocalStack
from mediamill_cli.local.office import Office

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
EDIT = """

Settings.cache_control = property(lambda self: "edited")  # type: ignore[assignment]
"""


def deployed(root: Path, state: Path, **parameters: str) -> Pipeline:
    local = LocalStack(root, office=Office.NONE, state_dir=state, port=0, parameters=parameters)
    return Pipeline(local.up(), local)


def header(pipeline: Pipeline, key: str) -> str:
    """The Cache-Control of a new file's thumbnail, which both code and a parameter can change."""
    pipeline.put(key, jpeg(300, 200))
    pipeline.settled(key)
    name = f"thumbnail/{key}.webp"
    return pipeline.stack.s3.head_object(Bucket=pipeline.stack.results, Key=name)["CacheControl"]


def test_an_edit_of_the_core_and_of_a_parameter_shows_on_the_next_file(tmp_path: Path) -> None:
    root, state = tmp_path / "project", tmp_path / "stack"
    root.mkdir()
    for folder in ("functions", "layers"):
        shutil.copytree(ROOT / folder, root / folder)
    for file in ("template.yaml", "samconfig.toml", "pyproject.toml"):
        shutil.copy(ROOT / file, root / file)
    settings = root / "layers" / "core" / "python" / "mediamill" / "settings.py"
    before = settings.read_text()
    pipeline = deployed(root, state)
    try:
        assert header(pipeline, "first.jpg") == "public, max-age=86400"

        settings.write_text(before + EDIT)
        pipeline = deployed(root, state)
        assert header(pipeline, "edited.jpg") == "edited"

        settings.write_text(before)  # back to the version before: an update like any other
        pipeline = deployed(root, state, CacheControl="no-store")
        assert header(pipeline, "back.jpg") == "no-store"
    finally:
        pipeline.local.stop()
