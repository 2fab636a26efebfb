"""The words of a page and where they stand."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from mediamill.domain.document.letters import CONTROL, letter_of


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its box: points from the top left corner of the page as displayed."""

    text: str
    box: tuple[float, float, float, float]  # left, top, right, bottom


def words_of(page: pypdfium2.PdfPage, letters: pypdfium2.PdfTextPage) -> Sequence[Word]:
    """Runs of characters between white space, with the box around all of them."""
    found: list[Word] = []
    run: list[str] = []
    left = bottom = right = top = 0.0
    edges = [ctypes.c_double() for _ in range(4)]

    def close() -> None:
        if run:
            found.append(Word("".join(run), _as_displayed(page, left, top, right, bottom)))
            run.clear()

    for index in range(letters.count_chars()):
        letter = letter_of(pdfium.FPDFText_GetUnicode(letters, index))
        if letter.isspace():
            close()
            continue
        if not letter or CONTROL.match(letter):
            continue
        pdfium.FPDFText_GetCharBox(letters, index, *edges)
        x0, x1, y0, y1 = (edge.value for edge in edges)
        if not run:
            left, right, bottom, top = x0, x1, y0, y1
        elif y1 < bottom or y0 > top:  # the next line, after a hyphen
            close()
            left, right, bottom, top = x0, x1, y0, y1
        else:
            left, right = min(left, x0), max(right, x1)
            bottom, top = min(bottom, y0), max(top, y1)
        run.append(letter)
    close()
    return found


_PRECISION = 100  # PDFium maps to whole device pixels: take 100 of them to the point


def _as_displayed(
    page: pypdfium2.PdfPage, left: float, top: float, right: float, bottom: float
) -> tuple[float, float, float, float]:
    """A box of the page's own space, turned and cropped as the page is shown, y downwards."""
    width, height = (round(side * _PRECISION) for side in page.get_size())
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for corner in ((left, top), (right, bottom)):
        pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, *corner, x, y)
        corners.append((x.value / _PRECISION, y.value / _PRECISION))
    (x0, y0), (x1, y1) = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
