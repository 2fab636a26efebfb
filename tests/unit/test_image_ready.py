"""A first picture finds what it needs imported, and never imports what nobody asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from made.images import photo, saved

PROBE = """
import json, sys
from pathlib import Path
from mediamill.domain.image import ready, render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles
if sys.argv[3] == "ready":
    ready()
before = set(sys.modules)
original = Path(sys.argv[1]).read_bytes()
list(render(original, parse_profiles("one=200,two=100", sys.argv[2]), Limits()))
print(json.dumps(sorted(set(sys.modules) - before)))
"""


def imported(original: bytes, format_: str, way: str, tmp_path: Path) -> list[str]:
    """The modules that the first picture of a fresh process imports."""
    path = tmp_path / "original"
    path.write_bytes(original)
    command = [sys.executable, "-c", PROBE, str(path), format_, way]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    names: list[str] = json.loads(done.stdout)
    return names


@pytest.mark.parametrize("container", ["JPEG", "PNG", "WEBP"])
def test_the_usual_pictures_wait_for_no_import(container: str, tmp_path: Path) -> None:
    names = imported(saved(photo(400, 300), container), "webp,jpeg,png", "ready", tmp_path)
    assert [name for name in names if name.startswith(("pyvips", "_libvips"))] == []
    assert [name for name in names if "Plugin" in name] == []


@pytest.mark.parametrize("format_", ["webp", "avif"])
def test_an_encoder_is_found_without_looking_through_all_of_them(
    format_: str, tmp_path: Path
) -> None:
    names = imported(saved(photo(400, 300), "JPEG"), format_, "not ready", tmp_path)
    assert "PIL.FpxImagePlugin" not in names and "PIL.PdfImagePlugin" not in names
