"""Encoding: one decoded sRGB picture as WebP, JPEG, AVIF or PNG bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from mediamill.domain.derivative import Product
from mediamill.domain.profile import Effort, Format, Profile

from .colour import flatten

EXTENSION = {Format.WEBP: "webp", Format.JPEG: "jpg", Format.AVIF: "avif", Format.PNG: "png"}
CONTENT_TYPE = {
    Format.WEBP: "image/webp",
    Format.JPEG: "image/jpeg",
    Format.AVIF: "image/avif",
    Format.PNG: "image/png",
}

WEBP_METHOD = {Effort.FAST: 2, Effort.BALANCED: 4, Effort.SMALL: 6}
AVIF_SPEED = {Effort.FAST: 9, Effort.BALANCED: 8, Effort.SMALL: 6}
PNG_LEVEL = {Effort.FAST: 3, Effort.BALANCED: 6, Effort.SMALL: 9}


def encode(
    picture: Image.Image,
    profile: Profile,
    *,
    background: str = "#ffffff",
    drawn: bool = False,
    exif: bytes = b"",
    xmp: bytes = b"",
) -> bytes:
    """The picture (L, LA, RGB or RGBA, sRGB) in the profile's format, quality and effort.

    `drawn` asks for lossless WebP. `exif` and `xmp` are written as they are, if any.
    """
    picture.info = {}
    if profile.format is Format.JPEG:
        picture = flatten(picture, background)
    body = io.BytesIO()
    picture.save(body, EXTENSION_TO_PILLOW[profile.format], **_options(profile, drawn, exif, xmp))
    return body.getvalue()


EXTENSION_TO_PILLOW = {
    Format.WEBP: "WEBP",
    Format.JPEG: "JPEG",
    Format.AVIF: "AVIF",
    Format.PNG: "PNG",
}


def _options(profile: Profile, drawn: bool, exif: bytes, xmp: bytes) -> dict[str, object]:
    options: dict[str, object] = {}
    if exif:
        options["exif"] = exif
    if xmp and profile.format is not Format.PNG:
        options["xmp"] = xmp
    match profile.format:
        case Format.WEBP:
            method = WEBP_METHOD[profile.effort]
            return options | {"quality": profile.quality, "method": method, "lossless": drawn}
        case Format.JPEG:
            return options | {
                "quality": profile.quality,
                "progressive": True,
                "optimize": True,
                "subsampling": "4:2:0",
            }
        case Format.AVIF:
            return options | {
                "quality": profile.quality,
                "speed": AVIF_SPEED[profile.effort],
                "subsampling": "4:2:0",
            }
        case Format.PNG:
            return options | {"compress_level": PNG_LEVEL[profile.effort]}


def product(
    picture: Image.Image, body: bytes, profile: Profile, *, truncated: bool = False
) -> Product:
    """The encoded rendition, named and typed."""
    return Product(
        name=profile.name,
        body=body,
        format=profile.format.value,
        extension=EXTENSION[profile.format],
        content_type=CONTENT_TYPE[profile.format],
        width=picture.width,
        height=picture.height,
        truncated=truncated,
    )


def longest(profiles: Sequence[Profile]) -> int:
    """The longest side that any of the profiles asks for."""
    return max((max(profile.width, profile.height) for profile in profiles), default=0)
