"""The text of a PDF, page by page, in PDFium's reading order."""

from __future__ import annotations

import ctypes
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

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
            with document.page(number) as page:
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
    content = _SPACES_AT_LINE_END.sub("", content)
    return "\n".join(filter(None, [content, *_field_values(page)]))


def _known_letters(letters: pypdfium2.PdfTextPage) -> Iterator[str]:
    """The page's characters, a blank for each run whose font does not say what they are."""
    known = True
    for index in range(letters.count_chars()):
        if pdfium.FPDFText_HasUnicodeMapError(letters, index) == 1:
            if known:
                yield " "
            known = False
            continue
        known = True
        code = pdfium.FPDFText_GetUnicode(letters, index)
        if code == ord(_HYPHEN):
            yield _HYPHEN if pdfium.FPDFText_IsHyphen(letters, index) == 1 else ""
        elif 0 < code <= 0x10FFFF and code != _CARRIAGE_RETURN and not 0xD800 <= code < 0xE000:
            yield chr(code)


def _field_values(page: pypdfium2.PdfPage) -> Iterator[str]:
    """What was filled into the page's form fields; PDFium leaves it out of the page's text."""
    if page.formenv is None:
        return
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        field = pdfium.FPDFPage_GetAnnot(page, index)
        if not field:
            continue
        kind = pdfium.FPDFAnnot_GetFormFieldType(page.formenv, field)
        if kind == pdfium.FPDF_FORMFIELD_LISTBOX:
            yield from _options(page, field)
        elif kind in (pdfium.FPDF_FORMFIELD_TEXTFIELD, pdfium.FPDF_FORMFIELD_COMBOBOX):
            yield _string(pdfium.FPDFAnnot_GetFormFieldValue, page.formenv, field)
        pdfium.FPDFPage_CloseAnnot(field)


def _options(page: pypdfium2.PdfPage, field: object) -> Iterator[str]:
    """A list box shows all its options."""
    for option in range(max(0, pdfium.FPDFAnnot_GetOptionCount(page.formenv, field))):
        yield _string(pdfium.FPDFAnnot_GetOptionLabel, page.formenv, field, option)


def _string(getter: Callable[..., int], *of: object) -> str:
    """What one of PDFium's getters of UTF-16 strings gives."""
    size = getter(*of, None, 0)
    buffer = (ctypes.c_ushort * max(1, size // 2))()
    getter(*of, buffer, size)
    value = bytes(buffer).decode("utf-16-le", errors="ignore").rstrip("\0")
    return _CONTROL.sub("", value.replace("\r\n", "\n").replace("\r", "\n")).strip()


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
