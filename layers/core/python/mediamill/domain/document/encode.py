"""Encode a page's raster: what was drawn as a small lossless palette, what was photographed lossy.

Text on paper is a few areas of one colour with a ramp at each edge. Lossless WebP of 16 colours
packs two pixels in a byte, which made pages of a paper 2.4 times smaller than WebP at quality 80
and twice as fast to encode; see docs/adr/0030-page-encoding.md for the figures.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise

from PIL import Image, ImageChops

from mediamill.domain.profile import Effort, Format

# WebP's own methods for lossy pages, by bytes per millisecond (design facts: 4 → 2 is 2–8 % more
# bytes in half the time).
_METHOD = {Effort.FAST: 0, Effort.BALANCED: 2, Effort.SMALL: 4}
# Lossless: quality is effort. 30 is where libwebp begins to try its second hash chain.
_LOSSLESS_EFFORT = {Effort.FAST: 0, Effort.BALANCED: 30, Effort.SMALL: 75}

_COLORS = 16  # libwebp packs two pixels into a byte up to here
_AREA = 0.002  # a grey that covers this share of the page is an area, and stays exact
_DRAWN = 0.80  # the share of a drawn page that its areas cover; a photograph has none so large


def encode_page(picture: Image.Image, format: Format, quality: int, effort: Effort) -> bytes:
    """`picture` (RGBX) in `format`; grey pages as grey where the format knows grey."""
    picture = _as_grey(picture)
    if format is Format.WEBP and quality < 100 and picture.mode == "L":
        levels = _levels(picture)
        if levels is not None:
            return _saved(
                picture.point(levels), format="WEBP", lossless=True, method=0,
                quality=_LOSSLESS_EFFORT[effort],
            )  # fmt: skip
    if picture.mode == "RGBX" and format is not Format.WEBP:
        picture = picture.convert("RGB")
    match format:
        case Format.WEBP:
            return _saved(
                picture, format="WEBP", quality=quality, method=_METHOD[effort],
                lossless=quality == 100,
            )  # fmt: skip
        case Format.JPEG:
            return _saved(picture, format="JPEG", quality=quality, optimize=effort != "fast")
        case Format.PNG:
            return _saved(picture, format="PNG", compress_level=6 if effort == "small" else 1)
        case Format.AVIF:
            return _saved(picture, format="AVIF", quality=quality, speed=8)


def _as_grey(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()[:3]
    for other in (green, blue):
        if ImageChops.difference(red, other).getbbox() is not None:
            return picture
    return red


def _levels(picture: Image.Image) -> Sequence[int] | None:
    """A table from 256 greys to 16, or None for a page that is no drawing.

    Greys that fill areas are kept as they are; between them the ramp is even.
    """
    counts = picture.histogram()
    pixels = sum(counts)
    areas = [grey for grey in range(256) if counts[grey] > pixels * _AREA]
    areas = sorted(sorted(areas, key=lambda grey: -counts[grey])[: _COLORS // 2])
    if sum(counts[grey] for grey in areas) < pixels * _DRAWN:
        return None
    chosen = set(areas)
    used = [grey for grey in range(256) if counts[grey]]
    if len(used) <= _COLORS:
        chosen = set(used)
    while len(chosen) < min(_COLORS, len(used)):
        chosen.add(_middle_of_widest_gap(chosen | {0, 255}))
    ordered = sorted(chosen)
    return [min(ordered, key=lambda level: abs(level - grey)) for grey in range(256)]


def _middle_of_widest_gap(greys: set[int]) -> int:
    ordered = sorted(greys)
    low, high = max(pairwise(ordered), key=lambda pair: pair[1] - pair[0])
    return (low + high) // 2


def _saved(picture: Image.Image, **options: object) -> bytes:
    body = io.BytesIO()
    picture.save(body, **options)  # type: ignore[arg-type]
    return body.getvalue()
