"""Encode a page's raster: what was drawn as a small lossless palette, the rest lossy.

Lossless WebP of 16 colours makes pages of a paper half as large as WebP at quality 80, in a third
of the time; docs/adr/0030-page-pictures.md has the figures.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PIL import Image

from mediamill.domain.document import webp
from mediamill.domain.document.drawing import (
    bring_to_colours,
    bring_to_greys,
    is_drawn,
    is_grey,
    sample,
)
from mediamill.domain.document.raster import Raster
from mediamill.domain.profile import QUALITY, Effort, Format, Profile

# Pages are many and each is seen seldom, so they are encoded one step faster than renditions.
_LOSSY_METHOD = {Effort.FAST: 0, Effort.BALANCED: 2, Effort.SMALL: 4}
# With lossless, "quality" is effort: 30 finds matches that 0 misses, for 5 % more time.
_LOSSLESS_EFFORT = {Effort.FAST: 0, Effort.BALANCED: 30, Effort.SMALL: 75}


@dataclass(frozen=True, slots=True)
class Encoding:
    """One format that page pictures are written in. WebP of quality 100 is exact."""

    format: Format = Format.WEBP
    quality: int = QUALITY[Format.WEBP]
    effort: Effort = Effort.BALANCED


WEBP = Encoding()


def encodings_of(profiles: Iterable[Profile]) -> Sequence[Encoding]:
    """The formats of the renditions, each with the quality of the first that has it.

    WebP comes last: making it may change the raster that the others are made of.
    """
    found: dict[Format, Encoding] = {}
    for profile in profiles:
        found.setdefault(profile.format, Encoding(profile.format, profile.quality, profile.effort))
    ordered = sorted(found.values(), key=lambda encoding: encoding.format is Format.WEBP)
    return tuple(ordered) or (WEBP,)


def encode_page(raster: Raster, encoding: Encoding) -> bytes:
    """The raster as it is encoded. The raster's pixels may change."""
    quality, effort = encoding.quality, encoding.effort
    match encoding.format:
        case Format.WEBP:
            drawn = quality == 100 or _simplify(raster.shared())
            return _webp(
                raster,
                lossless=drawn,
                quality=_LOSSLESS_EFFORT[effort] if drawn else quality,
                method=0 if drawn else _LOSSY_METHOD[effort],
            )
        case Format.JPEG:
            return _saved(
                _plain(raster), "JPEG", quality=quality, optimize=effort is not Effort.FAST
            )
        case Format.PNG:
            return _saved(_plain(raster), "PNG", compress_level=6 if effort == "small" else 1)
        case Format.AVIF:
            speed = 6 if effort is Effort.SMALL else 9
            return _saved(raster.picture(), "AVIF", quality=quality, speed=speed)


def _webp(raster: Raster, *, lossless: bool, quality: int, method: int) -> bytes:
    body = webp.encode(
        raster.pixels,
        raster.width,
        raster.height,
        lossless=lossless,
        quality=quality,
        method=method,
    )
    if body is not None:
        return body
    return _saved(raster.picture(), "WEBP", lossless=lossless, quality=quality, method=method)


def _simplify(shared: Image.Image) -> bool:
    """Bring a drawn page down to 16 colours in place; False for a page that is no drawing."""
    if not is_drawn(shared):
        return False
    if is_grey(sample(shared)):
        # A coloured dot that the sample missed keeps its colour, to one of 16 steps a channel.
        bring_to_greys(shared)
        return True
    return bring_to_colours(shared)


def _plain(raster: Raster) -> Image.Image:
    """L where every pixel is grey, otherwise RGB."""
    shared = raster.shared()
    if is_grey(sample(shared)) and is_grey(shared):
        return shared.getchannel(0)
    return raster.picture()


def _saved(picture: Image.Image, format: str, **options: object) -> bytes:
    body = io.BytesIO()
    picture.save(body, format, **options)
    return body.getvalue()
