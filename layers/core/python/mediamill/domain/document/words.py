"""The words of a page and where they stand."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as pdfium

from mediamill.domain.document.letters import CONTROL, HYPHEN, Box, Letters


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its box: points from the top left corner of the page as displayed."""

    text: str
    box: tuple[float, float, float, float]  # left, top, right, bottom


def words_of(page: pypdfium2.PdfPage, letters: Letters) -> Iterator[Word]:
    """The words of the page's text, each with the box around all of its letters."""
    run: list[str] = []
    around: Box = (0.0, 0.0, 0.0, 0.0)
    for index, letter in letters:
        if letter != HYPHEN and CONTROL.match(letter):
            continue
        if not (letter.isspace() or letter == HYPHEN):
            box = letters.box(index)
            around = _joined(around, box) if run else box
            run.append(letter)
            continue
        if letter == HYPHEN:
            run.append("-")
        if run:
            yield Word("".join(run), _as_displayed(page, around))
            run.clear()
    if run:
        yield Word("".join(run), _as_displayed(page, around))


def _joined(one: Box, other: Box) -> Box:
    return (
        min(one[0], other[0]),
        min(one[1], other[1]),
        max(one[2], other[2]),
        max(one[3], other[3]),
    )


_PRECISION = 100  # PDFium maps to whole device pixels: take 100 of them to the point


def _as_displayed(page: pypdfium2.PdfPage, box: Box) -> tuple[float, float, float, float]:
    """A box of the page's own space, turned and cropped as the page is shown, y downwards."""
    width, height = (round(side * _PRECISION) for side in page.get_size())
    x, y = ctypes.c_int(), ctypes.c_int()
    corners = []
    for corner in ((box[0], box[3]), (box[2], box[1])):
        pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, *corner, x, y)
        corners.append((x.value / _PRECISION, y.value / _PRECISION))
    (x0, y0), (x1, y1) = corners
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
