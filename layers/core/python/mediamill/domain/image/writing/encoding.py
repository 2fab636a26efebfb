"""Encoding: one decoded sRGB picture as WebP, JPEG, AVIF or PNG bytes."""

from __future__ import annotations

import importlib
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PIL import Image, PngImagePlugin

from mediamill.domain.derivative import Product
from mediamill.domain.image.shaping.colour import flatten
from mediamill.domain.image.writing.drawn import WORTH, few_colours
from mediamill.domain.image.writing.tags import NO_TAGS, Tags
from mediamill.domain.profile import Effort, Format, Profile

# By bytes per millisecond (benchmarks/images.py): WebP method 2 takes half the time of 4 for 2–6 %
# more bytes, method 3 is no faster than 4; AVIF below speed 8 doubles the time for 3 %.
WEBP_METHOD = {Effort.FAST: 1, Effort.BALANCED: 2, Effort.SMALL: 6}
AVIF_SPEED = {Effort.FAST: 9, Effort.BALANCED: 8, Effort.SMALL: 6}
PNG_LEVEL = {Effort.FAST: 3, Effort.BALANCED: 6, Effort.SMALL: 9}

# Lossless WebP: Pillow's `quality` is effort there.
_LOSSLESS_EFFORT = {Effort.FAST: 10, Effort.BALANCED: 40, Effort.SMALL: 90}


def encode(
    picture: Image.Image,
    profile: Profile,
    *,
    background: str = "#ffffff",
    drawn: bool = False,
    tags: Tags = NO_TAGS,
) -> bytes:
    """The picture (L, LA, RGB or RGBA) in the profile's format, quality and effort.

    `drawn` asks for lossless WebP where that is worth its bytes (see drawn.py); `background` is
    what transparency shows in JPEG, in sRGB; `tags` are written as they are. Nothing else is
    written.
    """

    def at(quality: int | None) -> bytes:
        asked = profile if quality is None else replace(profile, quality=quality)
        lossless = drawn and quality is None
        return _encode(picture, asked, background=background, drawn=lossless, tags=tags)

    return within_bytes(profile, at)


def within_bytes(profile: Profile, encode_at: Callable[[int | None], bytes]) -> bytes:
    """The best that is no larger than the profile allows, the smallest where nothing is.

    `encode_at` encodes with a quality, or, for None, as the profile says; PNG has none to lower.
    """
    best = encode_at(None)
    if profile.most_bytes is None or len(best) <= profile.most_bytes:
        return best
    if profile.format is Format.PNG:
        return best
    low, high = _LEAST_QUALITY, profile.quality
    best = encode_at(low)
    while high - low > _QUALITY_STEP:
        middle = (low + high) // 2
        body = encode_at(middle)
        if len(body) <= profile.most_bytes:
            best, low = body, middle
        else:
            high = middle
    return best


# Below this pictures fall apart; steps that nobody sees are not searched.
_LEAST_QUALITY, _QUALITY_STEP = 10, 3


def _encode(
    picture: Image.Image,
    profile: Profile,
    *,
    background: str,
    drawn: bool,
    tags: Tags,
) -> bytes:
    match profile.format:
        case Format.WEBP:
            options = webp_options(profile, lossless=False, tags=tags)
            lossy = _saved(picture, Format.WEBP, options)
            if not (drawn and few_colours(picture)):
                return lossy
            options = webp_options(profile, lossless=True, tags=tags)
            lossless = _saved(picture, Format.WEBP, options)
            return lossless if len(lossless) <= WORTH * len(lossy) else lossy
        case Format.JPEG:
            return _saved(
                flatten(picture, background, tags.icc_profile),
                Format.JPEG,
                tags.options()
                | {"quality": profile.quality, "progressive": True, "subsampling": "4:2:0"},
            )
        case Format.AVIF:
            return _saved(picture, Format.AVIF, avif_options(profile, tags=tags))
        case Format.PNG:
            chunks = PngImagePlugin.PngInfo()
            if tags.xmp:
                chunks.add_itxt("XML:com.adobe.xmp", tags.xmp.decode())
            options = replace(tags, xmp=b"").options() | {"pnginfo": chunks}
            options |= {"compress_level": PNG_LEVEL[profile.effort]}
            return _saved(picture, Format.PNG, options)


def webp_options(profile: Profile, *, lossless: bool, tags: Tags = NO_TAGS) -> dict[str, Any]:
    """Pillow's options for a still or an animation."""
    options = tags.options() | {"method": WEBP_METHOD[profile.effort]}
    if lossless:
        return options | {"lossless": True, "quality": _LOSSLESS_EFFORT[profile.effort]}
    return options | {"quality": profile.quality}


def avif_options(profile: Profile, *, tags: Tags = NO_TAGS) -> dict[str, Any]:
    """Pillow's options for a still or an animation."""
    speed = AVIF_SPEED[profile.effort]
    return tags.options() | {"quality": profile.quality, "speed": speed, "subsampling": "4:2:0"}


def plug_in(format_: Format) -> str:
    """Has the encoder of the format imported; Pillow's name of it.

    Pillow would import all of its plug-ins to find it: half a second of a first picture.
    """
    name, module = _ENCODERS[format_]
    importlib.import_module(module)
    return name


_ENCODERS = {
    Format.WEBP: ("WEBP", "PIL.WebPImagePlugin"),
    Format.JPEG: ("JPEG", "PIL.JpegImagePlugin"),
    Format.AVIF: ("AVIF", "PIL.AvifImagePlugin"),
    Format.PNG: ("PNG", "PIL.PngImagePlugin"),
}


def _saved(picture: Image.Image, format_: Format, options: dict[str, Any]) -> bytes:
    # Pillow writes what a decoder left in `info`: profile, comment, resolution, transparency.
    body, info = io.BytesIO(), picture.info
    picture.info = {}
    try:
        picture.save(body, plug_in(format_), **options)
    finally:
        picture.info = info
    return body.getvalue()


def product(
    size: tuple[int, int], body: bytes, profile: Profile, *, truncated: bool = False
) -> Product:
    """The encoded rendition, named and typed."""
    return Product(
        name=profile.name,
        body=body,
        format=profile.format.value,
        width=size[0],
        height=size[1],
        truncated=truncated,
    )
