"""Real PDFs: each is made, or refused with the right code; first pages look like poppler's."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from shutil import which

import numpy as np
import pytest
from PIL import Image, ImageFilter

from mediamill.domain.document import Wanted, isolated, make
from mediamill.domain.errors import Unprocessable
from mediamill.domain.limits import Limits

FOLDER = Path(__file__).parents[3] / "shared" / "corpus" / "documents"
REFUSED = {"bug1020226.pdf": "broken_document", "pr6531_1.pdf": "password_required"}
WANTED = Wanted(limits=Limits(pages=1))

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the corpus is not here")


def poppler(path: Path, size: tuple[int, int]) -> Image.Image:
    scale = ["-scale-to-x", str(size[0]), "-scale-to-y", str(size[1])]
    command = ["pdftoppm", "-cropbox", "-singlefile", "-l", "1", *scale, str(path)]
    done = subprocess.run(command, capture_output=True, check=True, timeout=60)
    return Image.open(io.BytesIO(done.stdout))


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.pdf")), ids=lambda path: path.name)
def test_is_made_or_refused_with_its_code(path: Path) -> None:
    try:
        made = list(isolated(60, make, path, WANTED))
    except Unprocessable as error:
        assert REFUSED.get(path.name) == error.code
        return
    assert path.name not in REFUSED
    assert [each.name for each in made] == ["text", "text", "pages"]
    if which("pdftoppm") is None:
        return
    ours = Image.open(io.BytesIO(made[-1].body)).convert("L")
    theirs = poppler(path, ours.size).convert("L")
    soft = ImageFilter.BoxBlur(3)  # the two hint and smooth letters differently
    difference = np.asarray(ours.filter(soft), dtype=float) - np.asarray(theirs.filter(soft))
    assert float(np.abs(difference).mean()) < 3
