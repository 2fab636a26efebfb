"""Animations: every frame as it is shown, and animated WebP made of them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image, ImageFile

from mediamill.domain.image.reading.containers import Container
from mediamill.domain.image.writing.encoding import webp_options
from mediamill.domain.profile import Profile

# What browsers take for a frame that gives no time (0) in any format, in milliseconds.
_NO_TIME = 100


@dataclass(frozen=True, slots=True)
class Frame:
    """One composed frame, the whole canvas, and its time on screen in milliseconds."""

    picture: Image.Image
    duration: int


def frames(picture: ImageFile.ImageFile, count: int) -> Iterator[Frame]:
    """Each frame in turn, disposal and blending applied by the decoder."""
    # An APNG may open with a still that is no part of the animation.
    first = 1 if getattr(picture, "default_image", False) else 0
    for number in range(first, count + first):
        picture.seek(number)
        picture.load()
        yield Frame(picture.copy(), max(0, round(picture.info.get("duration") or _NO_TIME)))


def plays(picture: ImageFile.ImageFile, container: Container) -> int:
    """How often the animation runs, 0 for ever: the count that WebP stores.

    A GIF stores the repetitions after the first run, and nothing for a single one.
    """
    loop = picture.info.get("loop")
    if container is Container.GIF:
        return 1 if loop is None else 0 if loop == 0 else min(65_535, int(loop) + 1)
    return min(65_535, int(loop or 0))


def encode(
    pictures: Sequence[Image.Image],
    durations: Sequence[int],
    loop: int,
    profile: Profile,
    *,
    lossless: bool = False,
    exif: bytes = b"",
    xmp: bytes = b"",
) -> bytes:
    """Animated WebP of pictures of one size (L, LA, RGB or RGBA, sRGB)."""
    alpha = any(picture.mode in ("LA", "RGBA") for picture in pictures)
    mode = "RGBA" if alpha else "RGB"
    same = [each if each.mode == mode else each.convert(mode) for each in pictures]
    for picture in same:
        picture.info = {}  # Pillow would write a GIF's background colour, which hides alpha
    body = io.BytesIO()
    same[0].save(
        body,
        "WEBP",
        save_all=True,
        append_images=same[1:],
        duration=list(durations),
        loop=loop,
        background=(0, 0, 0, 0),
        **webp_options(profile, lossless=lossless, exif=exif, xmp=xmp),
    )
    return body.getvalue()
