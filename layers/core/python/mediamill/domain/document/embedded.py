"""The pictures inside a document: a JPEG or JPEG 2000 as it stands there, anything else as PNG."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import pypdfium2
import pypdfium2.raw as pdfium
from PIL import Image

from mediamill.domain.derivative import Product
from mediamill.domain.document.drawing import is_grey
from mediamill.domain.document.open import Document
from mediamill.domain.errors import Broken
from mediamill.domain.limits import MEGA, Limits

_PIXELS = 50 * MEGA  # of one that is decoded: A4 at 600 dpi has 35
_LEAST = 8  # pixels a side; below it are spacers, and slices of gradients
_DEEPEST = 10  # forms inside of forms

# What a stream begins like when it is a file of its own, by the filter that reads it.
_WHOLE_FILES = {
    "DCTDecode": (b"\xff\xd8\xff", "jpeg"),
    "JPXDecode": (b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
}


@dataclass(slots=True)
class Budget:
    """What may still be given out; `is_spent` says that something was left out for it.

    `bytes` are those of all pictures together, as many as a document may have; `pixels` those that
    take decoding, half a minute's work; `read` bounds the streams that are looked at, of which
    one may be shown on every page.
    """

    pictures: int = 500
    bytes: int = 200 * MEGA
    pixels: int = 1_000 * MEGA
    read: int = 2_000 * MEGA
    is_spent: bool = False

    def takes(self, size: int) -> bool:
        """Whether one more picture, of `size` bytes, may be given out."""
        self.pictures -= 1
        self.bytes -= size
        self.is_spent = self.is_spent or min(self.pictures, self.bytes) < 0
        return min(self.pictures, self.bytes) >= 0

    def allows(self, pixels: int) -> bool:
        """Whether so many pixels may be decoded, of one picture and of all."""
        allowed = pixels <= min(_PIXELS, self.pixels)
        self.pixels -= pixels if allowed else 0
        self.is_spent = self.is_spent or not allowed
        return allowed


def embedded(
    document: Document, limits: Limits | None = None, budget: Budget | None = None
) -> Iterator[Product]:
    """The pictures on the first `limits.pages` pages, each once, in the order of the pages.

    `number` counts them, `page` says where the first of its kind stands. What is not a file of its
    own is decoded, without loss but for what has more than 8 bits or no RGB, and with its mask as
    alpha. At most 500, 200 MB, and 1,000 megapixels that take decoding; pictures of less than 8
    pixels a side are none. The last says `truncated` if something was left out.
    """
    budget = budget or Budget()
    held = None
    for number, found in enumerate(_each(document, limits or Limits(), budget), 1):
        if not budget.takes(len(found.body)):
            break
        if held is not None:
            yield held
        held = replace(found, number=number)
    if held is not None:
        yield replace(held, truncated=budget.is_spent)


def _each(document: Document, limits: Limits, budget: Budget) -> Iterator[Product]:
    seen: set[bytes] = set()
    for page_number in range(1, min(document.page_count, limits.pages) + 1):
        try:
            page = document.page(page_number)
        except Broken:
            continue
        for image in page.get_objects([pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=_DEEPEST):
            if budget.read < 0:
                budget.is_spent = True
                return
            with suppress(pypdfium2.PdfiumError):
                made = _picture(image, page_number, seen, budget)
                if made is not None:
                    yield made
    budget.is_spent = budget.is_spent or document.page_count > limits.pages


def _picture(
    image: pypdfium2.PdfImage, page_number: int, seen: set[bytes], budget: Budget
) -> Product | None:
    """One picture, or None for one that is known already, too small, too large or not to be read.

    Raises PdfiumError for the last, too.
    """
    width, height = image.get_px_size()
    if min(width, height) < _LEAST:
        return None
    raw = image.get_data()
    budget.read -= len(raw)
    digest = hashlib.sha256(raw).digest()
    if digest in seen:
        return None
    seen.add(digest)
    body, format_ = _as_it_stands(image)
    if body is None:
        if not budget.allows(width * height):
            return None
        picture = _decoded(image, width, height)
        if picture is None:
            return None
        body, format_ = _png(picture), "png"
    return Product("pictures", body, format_, width=width, height=height, page=page_number)


def _as_it_stands(image: pypdfium2.PdfImage) -> tuple[bytes | None, str]:
    filters = image.get_filters(skip_simple=True)
    if len(filters) == 1 and filters[0] in _WHOLE_FILES:
        signature, format_ = _WHOLE_FILES[filters[0]]
        body = bytes(image.get_data(decode_simple=True))
        if body.startswith(signature):
            return body, format_
    return None, ""


def _decoded(image: pypdfium2.PdfImage, width: int, height: int) -> Image.Image | None:
    """Drawn with its mask, upright, one pixel for each of its own; None where nothing shows."""
    placed = image.get_matrix()
    image.set_matrix(pypdfium2.PdfMatrix(width, 0, 0, height, 0, 0))
    try:
        drawn = image.get_bitmap(render=True, scale_to_original=False)
        picture: Image.Image = drawn.to_pil()
    finally:
        image.set_matrix(placed)  # the page may still be drawn
    if picture.mode != "RGBA":
        return picture
    alpha = picture.getchannel("A").histogram()
    if alpha[0] == width * height:  # a stream that cannot be read is drawn as nothing
        return None
    return picture if alpha[255] < width * height else picture.convert("RGB")


def _png(picture: Image.Image) -> bytes:
    """In the smallest mode that holds it: 1, L, RGB or RGBA."""
    if picture.mode == "RGB" and is_grey(picture):
        picture = picture.getchannel(0)
    if picture.mode == "L" and not any(picture.histogram()[1:255]):
        picture = picture.point(lambda grey: grey, "1")
    body = io.BytesIO()
    picture.save(body, "PNG", compress_level=3)
    return body.getvalue()
