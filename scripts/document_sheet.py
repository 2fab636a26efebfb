"""First pages as mediamill shows them beside others', with SSIM and the text's similarity.

    .venv/bin/python scripts/document_sheet.py ../shared/corpus/documents sheet.png

A PDF is shown beside pdftoppm's picture of it, an Office file beside that of the PDF which plain
`soffice --convert-to pdf` makes. Writes the sheet and prints a table: per document the mean SSIM of
its pages (grey, 8 × 8 windows, at the same size; pages of another shape are not compared) and how
much of its text pdftotext's has: `letters` the share of characters in common, whatever their order;
`order` difflib's ratio, which falls where the two read columns or labels in another order. Both
over NFKC, without white space and direction marks.
Needs poppler-utils, and LibreOffice where there are Office files.
"""

from __future__ import annotations

import argparse
import difflib
import io
import math
import statistics
import subprocess
import tempfile
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mediamill.domain.document import Document, open_document, pages, text
from mediamill.domain.errors import Unprocessable
from mediamill.domain.office import convert, install
from mediamill.domain.office.formats import BY_EXTENSION

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
    """The page drawn by poppler; a sentence where it cannot."""
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


def as_pdfs(path: Path, folder: Path) -> tuple[bytes | Path, Path]:
    """The PDF that mediamill shows, and the one that poppler does: of a PDF, itself twice."""
    if path.suffix.lower() == ".pdf":
        return path, path
    ours = convert(path.read_bytes(), name=path.name, office=install()).body
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", folder, path],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
    return ours, folder / f"{path.stem}.pdf"


def theirs_of(path: Path, page: int, size: tuple[int, int]) -> Image.Image | str:
    """The page by poppler: of this size, or in its own shape where that is another."""
    if not path.exists():
        return "soffice makes no PDF of it"
    try:
        with open_document(path) as document:
            across, down = document.page_size(page)
    except Unprocessable:
        return pdftoppm(path, page, size)
    if abs(across / down - size[0] / size[1]) > 0.02:
        scale = max(size) / max(across, down)
        size = (round(across * scale), round(down * scale))
    return pdftoppm(path, page, size)


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


@dataclass
class Comparison:
    """One document: the first pages, the likeness of each page and of the text, or an error."""

    ours: Image.Image | str = ""
    theirs: Image.Image | str = ""
    page_count: int = 0
    likenesses: list[float] = field(default_factory=list)
    letters: float = math.nan
    order: float = math.nan
    error: str = ""

    @property
    def row(self) -> str:
        if self.error:
            return self.error
        figures = (*self._likeness, self.letters, self.order)
        return f"{self.page_count:5} " + " ".join(f"{figure:7.4f}" for figure in figures)

    @property
    def note(self) -> str:
        return self.error or f"SSIM {self._likeness[0]:.3f}, text {self.letters:.3f}"

    @property
    def _likeness(self) -> tuple[float, float]:
        if not self.likenesses:
            return math.nan, math.nan
        return statistics.fmean(self.likenesses), min(self.likenesses)


def compared(path: Path, most: int) -> Comparison:
    """The document's first pages, `most` of them, beside the others'."""
    made = Comparison()
    with tempfile.TemporaryDirectory() as folder:
        try:
            our_pdf, their_pdf = as_pdfs(path, Path(folder))
            with open_document(our_pdf) as document:
                made.page_count = document.page_count
                for product in pages(document, 1, most):
                    ours = Image.open(io.BytesIO(product.body)).convert("RGB")
                    theirs = theirs_of(their_pdf, product.page or 1, ours.size)
                    if product.page == 1:
                        made.ours, made.theirs = ours, theirs
                    if not isinstance(theirs, str) and theirs.size == ours.size:
                        made.likenesses.append(ssim(ours, theirs))
                if their_pdf.exists():
                    made.letters, made.order = similarity(their_pdf, document)
        except Unprocessable as error:
            made.ours = made.error = error.code
            made.theirs = theirs_of(path, 1, (800, 800)) if path.suffix == ".pdf" else ""
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", type=Path)
    parser.add_argument("--columns", type=int, default=2)
    parser.add_argument("--pages", type=int, default=5, help="pages compared per document")
    arguments = parser.parse_args()
    known = {".pdf", *(f".{extension}" for extension in BY_EXTENSION)}
    paths = sorted(path for path in arguments.folder.rglob("*") if path.suffix.lower() in known)
    wide, high = 2 * CELL + 12, CELL + LABEL + 6
    whole = Image.new(
        "RGB", (arguments.columns * wide, -(-len(paths) // arguments.columns) * high), "white"
    )
    print(f"{'document':36} {'pages':>5} {'SSIM':>7} {'worst':>7} {'letters':>7} {'order':>7}")
    all_made = []
    for index, path in enumerate(paths):
        left, top = index % arguments.columns * wide, index // arguments.columns * high
        made = compared(path, arguments.pages)
        all_made.append(made)
        whole.paste(cell(made.ours), (left, top + LABEL))
        whole.paste(cell(made.theirs), (left + CELL, top + LABEL))
        other = "pdftoppm" if path.suffix.lower() == ".pdf" else "soffice"
        ImageDraw.Draw(whole).text(
            (left + 2, top + 2), f"{path.name}: mediamill | {other}   {made.note}", "black"
        )
        print(f"{path.name[:36]:36} {made.row}")
    both = [made for made in all_made if made.likenesses]
    columns = (
        [statistics.fmean(made.likenesses) for made in both],
        [made.letters for made in both],
        [made.order for made in both],
    )
    likeness, letters, order = map(statistics.fmean, columns)
    print(f"{'mean':36}       {likeness:7.4f}         {letters:7.4f} {order:7.4f}")
    whole.save(arguments.target)


if __name__ == "__main__":
    main()
