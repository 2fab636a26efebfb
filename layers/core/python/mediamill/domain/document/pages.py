"""Page pictures: PDFium's raster of each page, encoded as what it shows.

One page is in memory at a time. The raster is sized from the page's box before PDFium sees it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import pypdfium2
from PIL import Image

from mediamill.domain.derivative import Product
from mediamill.domain.document.encode import encode_page
from mediamill.domain.document.open import Document
from mediamill.domain.image.encoding import CONTENT_TYPE, EXTENSION
from mediamill.domain.limits import Limits
from mediamill.domain.profile import QUALITY, Effort, Format, Profile

DPI = 150
_POINTS_PER_INCH = 72

# libwebp's largest side (16,383); PDFium and the other formats go further.
_LONGEST_SIDE = 16_383


def pages(
    document: Document,
    first: int = 1,
    last: int | None = None,
    *,
    dpi: float = DPI,
    format: Format = Format.WEBP,
    quality: int | None = None,
    effort: Effort = Effort.BALANCED,
    limits: Limits | None = None,
) -> Iterator[Product]:
    """The pictures of pages `first` to `last` (from 1, both included), as they are displayed.

    Rotation and crop box are honoured, annotations and form values drawn. At most `limits.pages`
    pages of the document are made: the last of them says `truncated` if there are more. A raster
    over `limits.page_pixels` is scaled down. A page that PDFium cannot load is an empty sheet.
    """
    limits = limits or Limits()
    end = min(last or document.page_count, document.page_count, limits.pages)
    for number in range(first, end + 1):
        picture = _raster(document, number, dpi / _POINTS_PER_INCH, limits.page_pixels)
        encoded = encode_page(
            picture, format, QUALITY[format] if quality is None else quality, effort
        )
        yield Product(
            name="pages",
            body=encoded,
            format=format.value,
            extension=EXTENSION[format],
            content_type=CONTENT_TYPE[format],
            width=picture.width,
            height=picture.height,
            page=number,
            truncated=number == limits.pages < document.page_count,
        )


def first_page(
    document: Document, profiles: Sequence[Profile], limits: Limits | None = None
) -> Image.Image:
    """Page 1 as a picture (RGB), just large enough for the largest of `profiles`.

    A page has no pixels of its own, so it is drawn as large as the boxes ask for, within
    `limits.page_pixels`.
    """
    limits = limits or Limits()
    width, height = document.page_size(1)
    scale = max(_scale_for(profile, width, height) for profile in profiles)
    return _raster(document, 1, scale, limits.page_pixels).convert("RGB")


def _scale_for(profile: Profile, width: float, height: float) -> float:
    across, down = profile.width / width, profile.height / height
    return min(across, down) if profile.fit == "inside" else max(across, down)


def raster_size(width: float, height: float, scale: float, pixels: int) -> tuple[int, int]:
    """Whole pixels of a page of `width` × `height` points at `scale`, within `pixels`.

    At least 1 × 1, no side over 16,383.
    """
    scale = min(scale, math.sqrt(pixels / (width * height)), _LONGEST_SIDE / max(width, height))
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    # A sliver's short side was rounded up to 1 pixel, and rounding may have gone past the limit.
    while across * down > pixels:
        across, down = (across - 1, down) if across >= down else (across, down - 1)
    return across, down


def _raster(document: Document, number: int, scale: float, pixels: int) -> Image.Image:
    """Page `number` on white, RGBX."""
    across, down = raster_size(*document.page_size(number), scale, pixels)
    with document.page(number) as page:
        bitmap = pypdfium2.PdfBitmap.new_native(
            across, down, pypdfium2.raw.FPDFBitmap_BGRx, rev_byteorder=True
        )
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, across, down)
        flags = pypdfium2.raw.FPDF_ANNOT | pypdfium2.raw.FPDF_REVERSE_BYTE_ORDER
        place = (bitmap, page, 0, 0, across, down, 0, flags)
        pypdfium2.raw.FPDF_RenderPageBitmap(*place)
        if page.formenv is not None:
            pypdfium2.raw.FPDF_FFLDraw(page.formenv, *place)
    picture: Image.Image = bitmap.to_pil()
    return picture
