"""A page's raster: PDFium's pixels, shared with Pillow and libwebp, none of them copied."""

from __future__ import annotations

import ctypes
import math
from contextlib import suppress
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from mediamill.domain.document.open import Document
from mediamill.domain.errors import Broken

# libwebp's largest side; PDFium and the other formats go further.
_LONGEST_SIDE = 16_383


class Raster:
    """One page on white: `pixels` are B, G, R and 255 in rows without gaps."""

    def __init__(
        self, document: Document, number: int, size: tuple[int, int], *, annotations: bool = True
    ) -> None:
        """Draw page `number` with its annotations and form values into `size` pixels.

        Without `annotations` only the page's own content. A page that PDFium cannot load is an
        empty sheet.
        """
        self.width, self.height = size
        self.pixels = (ctypes.c_ubyte * (self.width * self.height * 4))()
        bitmap = pypdfium2.PdfBitmap.new_native(
            *size, pdfium.FPDFBitmap_BGRx, buffer=self.pixels, stride=self.width * 4
        )
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, *size)
        with suppress(Broken):
            page = document.page(number)
            place = (bitmap, page, 0, 0, *size, 0, pdfium.FPDF_ANNOT if annotations else 0)
            pdfium.FPDF_RenderPageBitmap(*place)
            if annotations and page.formenv is not None:
                pdfium.FPDF_FFLDraw(page.formenv, *place)
        bitmap.close()

    def shared(self) -> Image.Image:
        """The pixels themselves as RGBX, red and blue changed about; writing to it writes them."""
        picture = self._as_picture("RGBX", "RGBX")
        picture.readonly = False
        return picture

    def picture(self) -> Image.Image:
        """The page as RGB, its own pixels."""
        return self._as_picture("RGB", "BGRX")

    def _as_picture(self, mode: str, order: str) -> Image.Image:
        buffer: Any = self.pixels  # any buffer will do, Pillow's types know bytes alone
        return Image.frombuffer(mode, (self.width, self.height), buffer, "raw", order, 0, 1)


def raster_size(
    width: float, height: float, scale: float, pixels: int, *, odd: bool = False
) -> tuple[int, int]:
    """Whole pixels of a page of `width` × `height` points at `scale`, within `pixels`.

    At least 1 × 1, no side over 16,383; parts of pixels count as pixels, as in pdftoppm. `odd`
    makes the width odd.
    """
    scale = min(scale, math.sqrt(pixels / (width * height)), _LONGEST_SIDE / max(width, height))
    # The small share keeps 150 × 8.5 from becoming 1,276 by the last bit of a float.
    across = max(1, math.ceil(width * scale - 1e-3))
    down = max(1, math.ceil(height * scale - 1e-3))
    if odd:
        across += 1 - across % 2
    while across * down > pixels and across * down > 1:
        across, down = (max(1, across - 1 - odd), down) if across >= down else (across, down - 1)
    return across, down
