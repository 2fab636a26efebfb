"""Animated WebP and AVIF, made of frames that are composed and resized."""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import Image

from mediamill.domain.image.writing.encoding import avif_options, plug_in, webp_options
from mediamill.domain.image.writing.tags import NO_TAGS, Tags
from mediamill.domain.profile import Format, Profile


def encode(
    pictures: Sequence[Image.Image],
    durations: Sequence[int],
    loop: int,
    profile: Profile,
    *,
    lossless: bool = False,
    tags: Tags = NO_TAGS,
) -> bytes:
    """An animation of pictures of one size (L, LA, RGB or RGBA), in the profile's format.

    AVIF has no count of loops that browsers heed: it runs for ever.
    """
    alpha = any(picture.mode in ("LA", "RGBA") for picture in pictures)
    mode = "RGBA" if alpha else "RGB"
    same = [each if each.mode == mode else each.convert(mode) for each in pictures]
    for picture in same:
        picture.info = {}  # Pillow would write a GIF's background colour, which hides alpha
    body = io.BytesIO()
    shared = {"save_all": True, "append_images": same[1:], "duration": list(durations)}
    if profile.format is Format.AVIF:
        same[0].save(body, plug_in(Format.AVIF), **shared, **avif_options(profile, tags=tags))
        return body.getvalue()
    options = webp_options(profile, lossless=lossless, tags=tags)
    same[0].save(
        body, plug_in(Format.WEBP), **shared, **options, loop=loop, background=(0, 0, 0, 0)
    )
    return _announcing_alpha(body.getvalue()) if alpha else body.getvalue()


_FLAGS, _ALPHA = 20, 0x10  # VP8X's byte of flags, and its bit (RFC 9649, 2.7)


def _announcing_alpha(body: bytes) -> bytes:
    """libwebp cuts frames down to what is opaque, and then forgets that the canvas shows around."""
    if body[12:16] != b"VP8X":
        return body
    return body[:_FLAGS] + bytes([body[_FLAGS] | _ALPHA]) + body[_FLAGS + 1 :]
