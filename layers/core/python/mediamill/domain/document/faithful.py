"""Rewritten PDFs are looked at: a page that shows something else than before is not handed out.

pypdf reads some files otherwise than viewers do: a NUL is white space in PDF, and part of a name to
pypdf, so that a picture of that name vanishes. PDFium reads them right, and writes them so
that pypdf does too.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import ExitStack

from PIL import Image, ImageChops
from pypdf import PdfReader

from mediamill.domain.document.clean import excerpt, opened, whole
from mediamill.domain.document.open import Document, open_document
from mediamill.domain.document.parts import PageRange
from mediamill.domain.document.raster import Raster, raster_size
from mediamill.domain.errors import Broken, Unprocessable

# Pixels of a page's longer side: a picture that is gone, or lines of text, are seen at that; it
# costs a page of text 3 ms, twice.
_SIDE = 200
# The same engine draws the same page, so that what differs at all is wrong; but for rounding.
_NEAR = 16  # of 255
_FEW = 0.001  # of the pixels
_MOST = 300  # pages of a long document that are looked at, evenly spread


class Rewriter:
    """Clean PDFs of a document, made by pypdf of the file itself, or else of what PDFium wrote.

    The file is read once for all that is made of it, and stays open until `close`.
    """

    def __init__(self, document: Document, source: bytes, password: str = "") -> None:
        self._document = document
        self._password = password
        self._sources: list[Callable[[], bytes]] = [lambda: source, self._written]
        self._readers: dict[int, PdfReader] = {}
        self._open = ExitStack()

    def whole(self) -> bytes:
        """All of it. Raises PasswordRequired, or Broken: `rewritten_differently` among others."""
        return self._faithful(PageRange(1, self._document.page_count), whole)

    def pages(self, chosen: PageRange) -> bytes:
        """Some of its pages alone. Raises as `whole` does."""
        return self._faithful(chosen, lambda reader: excerpt(reader, chosen))

    def _faithful(self, chosen: PageRange, rewrite: Callable[[PdfReader], bytes]) -> bytes:
        failure: Unprocessable = Broken(
            "The document could not be rewritten so that it looks the same.",
            code="rewritten_differently",
        )
        for index in range(len(self._sources)):
            try:
                body = rewrite(self._reader(index))
                with open_document(body) as after:
                    if _look_the_same(self._document, after, chosen):
                        return body
            except Unprocessable as error:
                if index == 0:
                    failure = error
        raise failure

    def _reader(self, index: int) -> PdfReader:
        if index not in self._readers:
            source = opened(self._sources[index](), self._password)
            self._readers[index] = self._open.enter_context(source)
        return self._readers[index]

    def _written(self) -> bytes:
        written = io.BytesIO()
        self._document.save(written)
        return written.getvalue()

    def close(self) -> None:
        """Close what was opened for it."""
        self._open.close()


def _look_the_same(before: Document, after: Document, chosen: PageRange) -> bool:
    last = min(chosen.last, before.page_count)
    if after.page_count != last - chosen.first + 1:
        return False
    return all(
        _alike(_drawn(before, number), _drawn(after, number - chosen.first + 1))
        for number in range(chosen.first, last + 1, 1 + (last - chosen.first) // _MOST)
    )


def _drawn(document: Document, number: int) -> Image.Image | None:
    """The page's own content, small and grey; None where it cannot be read."""
    if not document.has_page(number):
        return None
    width, height = document.page_size(number)
    size = raster_size(width, height, _SIDE / max(width, height), _SIDE * _SIDE)
    # Annotations are left out: those that do harm are gone from the clean copy.
    return Raster(document, number, size, annotations=False).picture().convert("L")


def _alike(one: Image.Image | None, other: Image.Image | None) -> bool:
    if one is None or other is None:
        return one is None  # what could not be read before is as well an empty page now
    if one.size != other.size:
        return False
    wrong = sum(ImageChops.difference(one, other).histogram()[_NEAR:])
    return wrong <= _FEW * one.width * one.height
