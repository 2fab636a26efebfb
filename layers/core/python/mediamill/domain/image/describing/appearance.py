"""What a picture looks like, in a few bytes: its colours, its ThumbHash and a perceptual hash.

All of it comes from one small copy of a picture that was decoded anyway.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, pi, sqrt
from operator import mul

from PIL import Image

from mediamill.domain.image.describing import thumbhash
from mediamill.domain.image.shaping.colour import flatten


@dataclass(frozen=True, slots=True)
class Appearance:
    """Colours as `#rrggbb`; `thumbhash` base64, its URL a PNG's; `phash` 16 hex digits."""

    average_color: str
    dominant_color: str
    thumbhash: str
    thumbhash_url: str
    phash: str


def appearance(picture: Image.Image) -> Appearance:
    """Of a whole picture: L, LA, RGB or RGBA in sRGB, of any size."""
    scale = thumbhash.SIDE / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    # Box, so that the averages are averages; alpha is premultiplied by Pillow.
    small = picture.resize(size, Image.Resampling.BOX, reducing_gap=2.0).convert("RGBA")
    pixels = small.tobytes()
    hashed = thumbhash.encode(small)
    return Appearance(
        average_color=_average(pixels),
        dominant_color=_dominant(pixels),
        thumbhash=base64.b64encode(hashed).decode("ascii"),
        thumbhash_url=thumbhash.as_url(hashed),
        phash=perceptual_hash(picture),
    )


def _average(pixels: bytes) -> str:
    """The mean of the visible colours, weighted by how much they hide."""
    weight = sum(pixels[3::4])
    if not weight:
        return "#000000"
    return _hex(
        sum(a * v for a, v in zip(pixels[3::4], pixels[channel::4], strict=True)) / weight
        for channel in range(3)
    )


def _dominant(pixels: bytes) -> str:
    """The mean colour of the fullest of 16 × 16 × 16 boxes of colour."""
    boxes: defaultdict[tuple[int, int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for r, g, b, a in zip(pixels[::4], pixels[1::4], pixels[2::4], pixels[3::4], strict=True):
        box = boxes[r >> 4, g >> 4, b >> 4]
        box[0] += a
        box[1] += a * r
        box[2] += a * g
        box[3] += a * b
    weight, *sums = max(boxes.values(), key=lambda box: box[0])
    return _hex(value / weight for value in sums) if weight else "#000000"


def _hex(values: Iterable[float]) -> str:
    return "#" + "".join(f"{round(value):02x}" for value in values)


# The perceptual hash's raster and the corner of its cosine transform that is owner.
_RASTER = 32
_KEPT = 8

_BASIS = [
    [
        cos(pi / _RASTER * wave * (at + 0.5)) * (sqrt(0.5) if wave == 0 else 1)
        for at in range(_RASTER)
    ]
    for wave in range(_KEPT)
]


def perceptual_hash(picture: Image.Image) -> str:
    """64 bits as 16 hex digits; a Hamming distance up to about 10 means the same picture.

    pHash as Zauner describes it (2010): luminance (Rec. 601) on white, stretched to 32 × 32,
    DCT-II, the 8 × 8 lowest waves row by row; a bit is 1 where a coefficient is above the median,
    from which the first (the mean) is left out.
    """
    grey = flatten(picture, "#ffffff").convert("L")
    values = grey.resize((_RASTER, _RASTER), Image.Resampling.BOX, reducing_gap=2.0).tobytes()
    rows = [values[at : at + _RASTER] for at in range(0, _RASTER * _RASTER, _RASTER)]
    columns = [[sum(map(mul, row, wave)) for row in rows] for wave in _BASIS]
    waves = [sum(map(mul, column, wave)) for wave in _BASIS for column in columns]
    ordered = sorted(waves[1:])
    median = ordered[len(ordered) // 2]
    # A flat picture's waves are rounding noise: a margin far below any real wave keeps it stable.
    bits = "".join("1" if wave > median + 1e-6 else "0" for wave in waves)
    return f"{int(bits, 2):016x}"
