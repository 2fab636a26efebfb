"""The text of a PDF, page by page, in PDFium's reading order."""

from __future__ import annotations

import ctypes
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import repeat

import pypdfium2
import pypdfium2.raw as pdfium

from mediamill.domain.derivative import Product
from mediamill.domain.document.open import Document
from mediamill.domain.errors import Broken
from mediamill.domain.limits import Limits

SCHEMA_VERSION = 1

# Larger than any page: PDF 1.7, annex C bounds a page at 14,400 units.
_EVERYWHERE = (-1e6, 1e6, 1e6, -1e6)  # left, top, right, bottom

_UNREAD_IN_A_ROW = 100
_CARRIAGE_RETURN = 0x0D
_HYPHEN = "\x02"  # PDFium's sign for a word that is divided at the end of a line

# What shows words of its own. The others mark what is on the page, or draw.
_WITH_TEXT = (
    pdfium.FPDF_ANNOT_FREETEXT,
    pdfium.FPDF_ANNOT_STAMP,
    pdfium.FPDF_ANNOT_WATERMARK,
    pdfium.FPDF_ANNOT_WIDGET,
)

# Codes of glyphs whose font does not say which letters they are; tab and line ends are text.
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f￾￿]")
_SPACES_AT_LINE_END = re.compile("[ \t]+(?=\n|$)")


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its box: points from the top left corner of the page as displayed."""

    text: str
    box: tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class PageText:
    """One page's text; `width` and `height` in points, as displayed; `words` only if asked for."""

    page: int
    width: float
    height: float
    text: str
    words: Sequence[Word] | None = None


def page_texts(document: Document, *, words: bool = False) -> Iterator[PageText]:
    """The text of each page in turn. A page that cannot be read has none.

    Ends where a hundred pages in a row cannot be read: then the page count is a lie.
    """
    unread = 0
    for number in range(1, document.page_count + 1):
        width, height = document.page_size(number)
        content, boxes = "", None
        try:
            with _flat(document.page(number), number) as page:
                content = _page_text(page)
                boxes = _words(page) if words else None
            unread = 0
        except Broken:
            unread += 1
            if unread > _UNREAD_IN_A_ROW:
                return
        yield PageText(number, round(width, 2), round(height, 2), content, boxes)


def text(
    document: Document, limits: Limits | None = None, *, words: bool = False
) -> tuple[Product, Product]:
    """The document's text as `txt` (UTF-8, form feeds between pages) and as `json`.

    Past `limits.text_bytes` both are cut at the end of a character, and say so.
    """
    room = (limits or Limits()).text_bytes
    plain: list[str] = []
    rows: list[dict[str, object]] = []
    truncated = False
    for page in page_texts(document, words=words):
        content, cut = _cut(page.text, room)
        room -= len(content.encode()) + 1
        truncated = truncated or cut
        plain.append(content)
        row: dict[str, object] = {
            "page": page.page,
            "width": page.width,
            "height": page.height,
            "text": content,
        }
        if page.words is not None and not cut:
            row["words"] = [{"text": word.text, "box": word.box} for word in page.words]
        rows.append(row)
        if room <= 0:
            break
    truncated = truncated or len(rows) < document.page_count
    record = {
        "schema_version": SCHEMA_VERSION,
        "page_count": document.page_count,
        "truncated": truncated,
        "pages": rows,
    }
    return (
        Product(
            "text", "\f".join(plain).encode(), "text", "txt", "text/plain; charset=utf-8",
            truncated=truncated,
        ),
        Product(
            "text",
            json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode(),
            "json",
            "json",
            "application/json",
            truncated=truncated,
        ),
    )  # fmt: skip


def _cut(content: str, room: int) -> tuple[str, bool]:
    encoded = content.encode()
    if len(encoded) <= room:
        return content, False
    return encoded[: max(room, 0)].decode(errors="ignore"), True


@contextmanager
def _flat(page: pypdfium2.PdfPage, number: int) -> Iterator[pypdfium2.PdfPage]:
    """The page with what its form fields and remarks show as part of its own text.

    PDFium leaves them out. The page itself stays as it is: a copy is made flat.
    """
    flat = None
    if any(kind in _WITH_TEXT for kind in _annotations(page)):
        flat = _flattened(page, number)
    if flat is None:
        yield page
        return
    with closing(flat.pdf):
        yield flat


def _flattened(page: pypdfium2.PdfPage, number: int) -> pypdfium2.PdfPage | None:
    """The page alone in a document of its own; None where it cannot be copied."""
    copy = pypdfium2.PdfDocument.new()
    try:
        copy.import_pages(page.pdf, [number - 1])
        with closing(copy[0]) as flat:
            pdfium.FPDFPage_Flatten(flat, pdfium.FLAT_NORMALDISPLAY)
        return copy[0]  # parsed anew
    except pypdfium2.PdfiumError:
        copy.close()
        return None


def _annotations(page: pypdfium2.PdfPage) -> Iterator[int]:
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        if annotation := pdfium.FPDFPage_GetAnnot(page, index):
            yield pdfium.FPDFAnnot_GetSubtype(annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)


def _page_text(page: pypdfium2.PdfPage) -> str:
    letters = page.get_textpage()
    try:
        # PDFium's plain getter is limited to UCS-2 and drops emoji; the bounded one is not. Asked
        # for the size alone it does all the work, so it is given room for any text at once.
        room = 2 * max(letters.count_chars(), 0) + 256
        buffer = (ctypes.c_ushort * room)()
        size = pdfium.FPDFText_GetBoundedText(letters, *_EVERYWHERE, buffer, room)
        content = bytes(memoryview(buffer)[: max(size, 0)]).decode("utf-16-le", errors="ignore")
        content = content.replace("\r\n", "\n").replace("\r", "\n")
        content = content.replace("\0", "")
        if _CONTROL.search(content.replace(_HYPHEN, "")):
            content = "".join(_known_letters(letters))
    finally:
        letters.close()
    content = _CONTROL.sub("", content.replace(_HYPHEN, "-\n"))
    return _SPACES_AT_LINE_END.sub("", content)


def _known_letters(letters: pypdfium2.PdfTextPage) -> Iterator[str]:
    """The page's characters, a blank for each run whose font does not say what they are."""
    # A page has thousands: the calls are made by map(), and with the bare handle.
    handle, count = letters.raw, letters.count_chars()
    unknown = map(pdfium.FPDFText_HasUnicodeMapError, repeat(handle), range(count))
    following = 0
    for index in [index for index, error in enumerate(unknown) if error != 1]:
        if index != following:
            yield " "
        following = index + 1
        code = pdfium.FPDFText_GetUnicode(handle, index)
        if code == ord(_HYPHEN):
            yield _HYPHEN if pdfium.FPDFText_IsHyphen(handle, index) == 1 else ""
        elif 0 < code <= 0x10FFFF and code != _CARRIAGE_RETURN and not 0xD800 <= code < 0xE000:
            yield chr(code)


def _words(page: pypdfium2.PdfPage) -> Sequence[Word]:
    """Runs of characters between white space, with the box around all of them."""
    letters = page.get_textpage()
    try:
        found: list[Word] = []
        run: list[str] = []
        left = bottom = right = top = 0.0
        edges = [ctypes.c_double() for _ in range(4)]

        def close() -> None:
            if run:
                found.append(Word("".join(run), _as_displayed(page, left, top, right, bottom)))
                run.clear()

        for index in range(letters.count_chars()):
            code = pdfium.FPDFText_GetUnicode(letters, index)
            letter = chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else ""
            if letter.isspace():
                close()
                continue
            if not letter or _CONTROL.match(letter):
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
    finally:
        letters.close()


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
