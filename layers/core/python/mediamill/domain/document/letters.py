"""The letters of a page, as far as its fonts say which they are, and as far as it shows them."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from itertools import repeat

import pypdfium2
import pypdfium2.raw as pdfium

Box = tuple[float, float, float, float]
"""Left, bottom, right, top: points in the page's own space, y upwards."""

# Larger than any page: PDF 1.7, annex C bounds a page at 14,400 units.
EVERYWHERE: Box = (-1e6, -1e6, 1e6, 1e6)

# Codes of glyphs whose font does not say which letters they are; tab and line ends are text. A form
# feed is none: it divides pages in what is made of this.
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")

# Fonts that do not say which letters they show often have them at their places in ASCII, and a few
# ligatures and accents below: then one code in a hundred is a control code. Where codes are
# mere numbers of glyphs, blanks and frequent letters are, or all lie far above.
_ASCII = range(0x20, 0x7F)
_MOSTLY = 0.9

_CARRIAGE_RETURN = 0x0D
_HIGH, _LOW = range(0xD800, 0xDC00), range(0xDC00, 0xE000)  # UTF-16's halves of a letter
HYPHEN = "\x02"  # PDFium's sign for a word that is divided at the end of a line
_SPACES_AT_LINE_END = re.compile("[ \t]+(?=\n|$)")


class Letters:
    """What PDFium found on a page, without what its fonts do not say and what it does not show.

    `text` has its lines divided by line feeds. Iterating gives each letter and its index, a blank
    for what is left out between letters, and HYPHEN where a word is divided: `text`, letter by
    letter. `shown` is what is seen of the page; EVERYWHERE takes what lies beside it too.
    """

    def __init__(self, found: pypdfium2.PdfTextPage, shown: Box = EVERYWHERE) -> None:
        self.found = found
        self._shown = shown
        self._unknown: frozenset[int] | None = None
        content = self._plain()
        if CONTROL.search(content.replace(HYPHEN, "")):
            self._unknown = _unknown(found)
            if self._unknown:
                content = "".join(letter for _, letter in self)
        content = CONTROL.sub("", content.replace(HYPHEN, "-\n"))
        self.text = _SPACES_AT_LINE_END.sub("", content)

    def _plain(self) -> str:
        # PDFium's plain getter is limited to UCS-2 and drops emoji; the bounded one is not. Asked
        # for the size alone it does all the work, so it is given room for any text at once.
        room = 2 * max(self.found.count_chars(), 0) + 256
        buffer = (ctypes.c_ushort * room)()
        left, bottom, right, top = self._shown
        size = pdfium.FPDFText_GetBoundedText(self.found, left, top, right, bottom, buffer, room)
        content = bytes(memoryview(buffer)[: max(size, 0)]).decode("utf-16-le", errors="ignore")
        return content.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")

    def __iter__(self) -> Iterator[tuple[int, str]]:
        # A page has thousands: the calls are made with the bare handle.
        handle, count = self.found.raw, self.found.count_chars()
        is_cropped = self._shown != EVERYWHERE
        unknown = self._unknown or frozenset()
        is_blank, high = False, 0
        for index in range(count):
            code = pdfium.FPDFText_GetUnicode(handle, index)
            if index in unknown or (is_cropped and not self._shows(index)):
                is_blank = True
                continue
            if is_blank:
                yield index, " "
                is_blank = False
            if code == ord(HYPHEN):
                if pdfium.FPDFText_IsHyphen(handle, index) == 1:
                    yield index, HYPHEN
            elif code == _CARRIAGE_RETURN:  # a line feed follows
                yield index, " "
            elif code in _HIGH:
                high = code
            elif code in _LOW and high:  # PDFium counts code units: half a letter each
                yield index, chr(0x10000 + ((high - _HIGH.start) << 10) + code - _LOW.start)
            elif 0 < code <= 0x10FFFF:
                yield index, chr(code)

    def box(self, index: int) -> Box:
        """Where a letter stands."""
        edges = [ctypes.c_double() for _ in range(4)]
        pdfium.FPDFText_GetCharBox(self.found, index, *edges)
        left, right, bottom, top = (edge.value for edge in edges)
        return left, bottom, right, top

    def _shows(self, index: int) -> bool:
        left, bottom, right, top = self.box(index)
        if left == right and bottom == top:  # a space or line end that PDFium made up
            return True
        shown = self._shown
        return left < shown[2] and right > shown[0] and bottom < shown[3] and top > shown[1]


def shown_of(page: pypdfium2.PdfPage) -> Box:
    """What is seen of a page: the crop box within the media box."""
    left, bottom, right, top = page.get_bbox()
    return left, bottom, right, top


def _unknown(found: pypdfium2.PdfTextPage) -> frozenset[int]:
    """The letters that no font says anything of, where what PDFium takes them for is no text."""
    handle, count = found.raw, found.count_chars()
    errors = map(pdfium.FPDFText_HasUnicodeMapError, repeat(handle), range(count))
    flagged = [index for index, error in enumerate(errors) if error == 1]
    codes = map(pdfium.FPDFText_GetUnicode, repeat(handle), flagged)
    plain = sum(code in _ASCII for code in codes)
    return frozenset() if plain >= _MOSTLY * len(flagged) else frozenset(flagged)
