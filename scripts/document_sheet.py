"""First pages as mediamill shows them beside pdftoppm's, with SSIM and the text's similarity.

    .venv/bin/python scripts/document_sheet.py ../shared/corpus/documents sheet.png

Writes the sheet and prints a table: per PDF the mean SSIM of its pages (grey, 8 × 8 windows,
against pdftoppm at the same size) and how much of its text pdftotext's has: `letters` the share of
characters in common, whatever their order; `order` difflib's ratio, which falls where the two read
columns or labels in another order. Both over NFKC, without white space and direction marks.
Needs poppler-utils.
"""

from __future__ import annotations

import argparse
import difflib
import io
import statistics
import subprocess
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mediamill.domain.document import Document, open_document, pages, text
from mediamill.domain.errors import Unprocessable

CELL = 320
LABEL = 16
SECONDS = 60
COMPARED = 20_000  # characters; difflib is quadratic

Grey = NDArray[np.float64]


def ssim(one: Image.Image, other: Image.Image) -> float:
    """The mean structural similarity of Wang et al. 2004, over uniform 8 × 8 windows."""
    x, y = (np.asarray(picture.convert("L"), dtype=np.float64) for picture in (one, other))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    mx, my = _windows(x), _windows(y)
    vx, vy = _windows(x * x) - mx * mx, _windows(y * y) - my * my
    cov = _windows(x * y) - mx * my
    map_ = (2 * mx * my + c1) * (2 * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return float(map_.mean())


def _windows(values: Grey, size: int = 8) -> Grey:
    size = min(size, *values.shape)
    summed = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    total = summed[size:, size:] - summed[:-size, size:] - summed[size:, :-size]
    mean: Grey = (total + summed[:-size, :-size]) / size**2
    return mean


def pdftoppm(
    path: Path, page: int, size: tuple[int, int], *, turned: bool = False
) -> Image.Image | str:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "page"
        across, down = reversed(size) if turned else size
        scale = ["-scale-to-x", str(across), "-scale-to-y", str(down)]
        choice = ["-cropbox", "-f", str(page), "-l", str(page), "-singlefile"]
        done = subprocess.run(
            ["pdftoppm", *choice, *scale, str(path), str(target)],
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        written = target.with_suffix(".ppm")
        if not written.exists():
            return done.stderr.decode(errors="replace").strip()[:120] or "nothing"
        shown = Image.open(io.BytesIO(written.read_bytes()))
    if shown.size != size and not turned:  # it takes width and height before the page is turned
        return pdftoppm(path, page, size, turned=True)
    return shown


def similarity(path: Path, document: Document) -> tuple[float, float]:
    """The share of letters in common, and difflib's ratio."""
    theirs = subprocess.run(
        ["pdftotext", "-enc", "UTF-8", str(path), "-"],
        capture_output=True,
        timeout=SECONDS,
        check=False,
    ).stdout.decode(errors="replace")
    one, other = _normal(text(document)[0].body.decode()), _normal(theirs)
    if not one and not other:
        return 1.0, 1.0
    common = (Counter(one) & Counter(other)).total()
    matcher = difflib.SequenceMatcher(None, one[:COMPARED], other[:COMPARED], autojunk=False)
    return 2 * common / (len(one) + len(other)), matcher.ratio()


def _normal(words: str) -> str:
    return "".join(
        letter
        for letter in unicodedata.normalize("NFKC", words)
        if unicodedata.category(letter) not in ("Cc", "Cf") and not letter.isspace()
    )


def cell(shown: Image.Image | str) -> Image.Image:
    tile = Image.new("RGB", (CELL, CELL), "#d8d8d8")
    if isinstance(shown, str):
        wrapped = "\n".join(shown[at : at + 44] for at in range(0, len(shown), 44))
        ImageDraw.Draw(tile).multiline_text((6, CELL // 2 - 20), wrapped, fill="#aa0000")
        return tile
    shown = shown.convert("RGB")
    shown.thumbnail((CELL - 4, CELL - 4))
    tile.paste(shown, ((CELL - shown.width) // 2, (CELL - shown.height) // 2))
    return tile


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--columns", type=int, default=2)
    parser.add_argument("--pages", type=int, default=5, help="pages compared per document")
    arguments = parser.parse_args()
    paths = sorted(arguments.folder.rglob("*.pdf"))
    wide, high = 2 * CELL + 12, CELL + LABEL + 6
    whole = Image.new(
        "RGB", (arguments.columns * wide, -(-len(paths) // arguments.columns) * high), "white"
    )
    likenesses, texts, orders = [], [], []
    print(f"{'document':36} {'pages':>5} {'SSIM':>7} {'worst':>7} {'letters':>8} {'order':>7}")
    for index, path in enumerate(paths):
        left, top = index % arguments.columns * wide, index // arguments.columns * high
        note = ""
        try:
            with open_document(path) as document:
                scores = []
                for product in pages(document, 1, arguments.pages):
                    ours = Image.open(io.BytesIO(product.body)).convert("RGB")
                    theirs = pdftoppm(path, product.page or 1, ours.size)
                    if product.page == 1:
                        whole.paste(cell(ours), (left, top + LABEL))
                        whole.paste(cell(theirs), (left + CELL, top + LABEL))
                    if not isinstance(theirs, str):
                        scores.append(ssim(ours, theirs))
                alike, order = similarity(path, document)
                mean, worst = statistics.fmean(scores), min(scores)
                likenesses.append(mean)
                texts.append(alike)
                orders.append(order)
                note = f"SSIM {mean:.3f}, text {alike:.3f}"
                row = f"{document.page_count:5} {mean:7.4f} {worst:7.4f} {alike:8.4f} {order:7.4f}"
        except Unprocessable as error:
            row = note = error.code
            whole.paste(cell(error.code), (left, top + LABEL))
            whole.paste(cell(pdftoppm(path, 1, (800, 800))), (left + CELL, top + LABEL))
        print(f"{path.name[:36]:36} {row}")
        ImageDraw.Draw(whole).text(
            (left + 2, top + 2), f"{path.name}: mediamill | pdftoppm   {note}", "black"
        )
    means = [statistics.fmean(values) for values in (likenesses, texts, orders)]
    print(f"{'mean':36}       {means[0]:7.4f}         {means[1]:8.4f} {means[2]:7.4f}")
    whole.save(arguments.target)


if __name__ == "__main__":
    main()
