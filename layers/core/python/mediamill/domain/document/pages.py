"""Page pictures: PDFium's raster of each page, encoded as what it shows.

One page is in memory at a time. The raster is sized from the page's box before PDFium sees it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image

from mediamill.domain.derivative import Product
from mediamill.domain.document.encode import WEBP, Encoding, encode_page
from mediamill.domain.document.open import Document
from mediamill.domain.document.raster import Raster, raster_size
from mediamill.domain.limits import Limits
from mediamill.domain.page_size import AT_150_DPI, PageSize
from mediamill.domain.profile import Profile


def pages(
    document: Document,
    first: int = 1,
    last: int | None = None,
    *,
    page_size: PageSize = AT_150_DPI,
    encodings: Sequence[Encoding] = (WEBP,),
    limits: Limits | None = None,
) -> Iterator[Product]:
    """The pictures of pages `first` to `last` (from 1, both included), as they are displayed.

    Each page is drawn once and written in each of `encodings`, of which WebP must be the last.
    Rotation and crop box are honoured, annotations and form values drawn. At most `limits.pages`
    pages of the document are made: the last of them says `truncated` if there are more. A raster
    over `limits.page_pixels` is scaled down. A page that PDFium cannot load is an empty sheet.
    """
    limits = limits or Limits()
    end = min(last or document.page_count, document.page_count, limits.pages)
    for number in range(first, end + 1):
        # Two of 16 colours share a byte in WebP. In rows of whole bytes libwebp's fastest method
        # loses track of white paper (53 KB where an odd width gives 3), so the width is odd.
        width, height = document.page_size(number)
        scale = page_size.scale(width)
        size = raster_size(width, height, scale, limits.page_pixels, odd=page_size.unit == "dpi")
        raster = Raster(document, number, size)
        for encoding in encodings:
            yield Product(
                name="pages",
                body=encode_page(raster, encoding),
                format=encoding.format.value,
                width=raster.width,
                height=raster.height,
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
    size = raster_size(width, height, scale, limits.page_pixels)
    return Raster(document, 1, size).picture()


def _scale_for(profile: Profile, width: float, height: float) -> float:
    across, down = profile.width / width, profile.height / height
    return min(across, down) if profile.fit == "inside" else max(across, down)
