"""A contact sheet: every picture of a folder as mediamill, ImageMagick and libvips show it.

    .venv/bin/python scripts/contact_sheet.py ../shared/corpus/images sheet.png

ImageMagick (`convert`) and libvips (`vipsthumbnail`) are used where they are installed. A cell
that stays empty says why.
"""

from __future__ import annotations

import argparse
import io
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

from mediamill.domain.errors import Unprocessable
from mediamill.domain.image import render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import Format, Profile

CELL = 180
LABEL = 14
SECONDS = 20


def ours(path: Path) -> Image.Image | str:
    profile = Profile("sheet", CELL, CELL, format=Format.PNG)
    try:
        (rendition,) = render(path.read_bytes(), [profile], Limits())
    except Unprocessable as error:
        return error.code
    return Image.open(io.BytesIO(rendition.body))


def imagemagick(path: Path) -> Image.Image | str:
    """The first frame, turned and in sRGB, as its manual says to."""
    profile = ["-profile", srgb] if (srgb := _srgb_profile()) else []
    size = f"{CELL}x{CELL}>"
    return _run(["convert", f"{path}[0]", "-auto-orient", *profile, "-thumbnail", size, "png:-"])


def libvips(path: Path) -> Image.Image | str:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.png"
        size = f"{CELL}x{CELL}>"
        command = ["vipsthumbnail", str(path), "-s", size, "-e", "srgb", "-o", str(target)]
        failed = _run(command, picture=False)
        if not target.exists():
            return failed if isinstance(failed, str) else "nothing"
        picture = Image.open(target)
        picture.load()
        return picture


def _srgb_profile() -> str | None:
    places = Path("/usr/share/color/icc").rglob("sRGB.icc")
    return next((str(place) for place in places), None)


def _run(command: list[str], *, picture: bool = True) -> Image.Image | str:
    if shutil.which(command[0]) is None:
        return "not installed"
    try:
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return "took too long"
    if not done.stdout:
        return done.stderr.decode(errors="replace")[:60] or "nothing"
    return Image.open(io.BytesIO(done.stdout)) if picture else ""


def cell(shown: Image.Image | str) -> Image.Image:
    """A tile on a chessboard, so that transparency is seen."""
    tile = Image.new("RGB", (CELL, CELL), "#f4f4f4")
    if isinstance(shown, str):
        ImageDraw.Draw(tile).multiline_text((6, 70), _wrapped(shown), fill="#aa0000")
        return tile
    draw = ImageDraw.Draw(tile)
    for y in range(0, CELL, 10):
        for x in range(y // 10 % 2 * 10, CELL, 20):
            draw.rectangle((x, y, x + 9, y + 9), fill="#d8d8d8")
    shown = shown.convert("RGBA")
    shown.thumbnail((CELL, CELL))
    tile.paste(shown, ((CELL - shown.width) // 2, (CELL - shown.height) // 2), shown)
    return tile


def _wrapped(text: str) -> str:
    return "\n".join(text[at : at + 26] for at in range(0, len(text), 26))


def sheet(paths: list[Path], columns: int) -> Image.Image:
    """Three tiles a picture: mediamill, ImageMagick, libvips."""
    wide, high = 3 * CELL + 12, CELL + LABEL + 6
    rows = -(-len(paths) // columns)
    whole = Image.new("RGB", (columns * wide, rows * high), "white")
    draw = ImageDraw.Draw(whole)
    for number, path in enumerate(paths):
        left, top = number % columns * wide, number // columns * high
        draw.text((left + 2, top + 1), f"{path.name}: mediamill | ImageMagick | libvips", "black")
        for place, look in enumerate((ours, imagemagick, libvips)):
            whole.paste(cell(look(path)), (left + place * CELL, top + LABEL))
    return whole


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--columns", type=int, default=3)
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.iterdir() if path.is_file())
    sheet(paths, arguments.columns).save(arguments.target)


if __name__ == "__main__":
    main()
