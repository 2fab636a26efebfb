"""The letters of a page, as far as its fonts say which they are."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from itertools import repeat

import pypdfium2
import pypdfium2.raw as pdfium

# Larger than any page: PDF 1.7, annex C bounds a page at 14,400 units.
_EVERYWHERE = (-1e6, 1e6, 1e6, -1e6)  # left, top, right, bottom

# Codes of glyphs whose font does not say which letters they are; tab and line ends are text.
CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ufffe\uffff]")

_CARRIAGE_RETURN = 0x0D
_HYPHEN = "\x02"  # PDFium's sign for a word that is divided at the end of a line
_SPACES_AT_LINE_END = re.compile("[ \t]+(?=\n|$)")


def letters(found: pypdfium2.PdfTextPage) -> str:
    """The text that PDFium found on a page, lines divided by a line feed."""
    # PDFium's plain getter is limited to UCS-2 and drops emoji; the bounded one is not. Asked
    # for the size alone it does all the work, so it is given room for any text at once.
    room = 2 * max(found.count_chars(), 0) + 256
    buffer = (ctypes.c_ushort * room)()
    size = pdfium.FPDFText_GetBoundedText(found, *_EVERYWHERE, buffer, room)
    content = bytes(memoryview(buffer)[: max(size, 0)]).decode("utf-16-le", errors="ignore")
    content = content.replace("\r\n", "\n").replace("\r", "\n")
    content = content.replace("\0", "")
    if CONTROL.search(content.replace(_HYPHEN, "")):
        content = "".join(_known(found))
    content = CONTROL.sub("", content.replace(_HYPHEN, "-\n"))
    return _SPACES_AT_LINE_END.sub("", content)


def _known(found: pypdfium2.PdfTextPage) -> Iterator[str]:
    """The page's characters, a blank for each run whose font does not say what they are."""
    # A page has thousands: the calls are made by map(), and with the bare handle.
    handle, count = found.raw, found.count_chars()
    unknown = map(pdfium.FPDFText_HasUnicodeMapError, repeat(handle), range(count))
    following = 0
    for index in [index for index, error in enumerate(unknown) if error != 1]:
        if index != following:
            yield " "
        following = index + 1
        code = pdfium.FPDFText_GetUnicode(handle, index)
        if code == ord(_HYPHEN):
            yield _HYPHEN if pdfium.FPDFText_IsHyphen(handle, index) == 1 else ""
        elif code != _CARRIAGE_RETURN:
            yield letter_of(code)


def letter_of(code: int) -> str:
    """The character of a code point, or nothing where it is none."""
    return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else ""
