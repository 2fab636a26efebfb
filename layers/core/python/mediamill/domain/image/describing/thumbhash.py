"""ThumbHash: a picture's blurred look in about 25 bytes, after Evan Wallace (evanw/thumbhash).

The hash is the low end of a discrete cosine transform of luminance, two colour differences and
alpha, quantised to four bits a coefficient.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from math import cos, floor, pi

from PIL import Image

# The reference allows up to 100 pixels a side; the seven waves it keeps are there at 32 too.
SIDE = 32

Plane = list[list[float]]


def encode(picture: Image.Image) -> bytes:
    """The hash of an RGBA picture of at most 100 pixels a side."""
    width, height = picture.size
    pixels = picture.convert("RGBA").tobytes()
    alpha = [value / 255 for value in pixels[3::4]]
    opacity = sum(alpha)
    has_alpha = opacity < width * height
    colours = []
    for channel in range(3):
        values = [value / 255 for value in pixels[channel::4]]
        if has_alpha:
            average = sum(a * v for a, v in zip(alpha, values, strict=True)) / (opacity or 1)
            values = [average * (1 - a) + a * v for a, v in zip(alpha, values, strict=True)]
        colours.append(values)
    planes = list(zip(*colours, strict=True))

    def transformed(
        values: Sequence[float], across: int, down: int
    ) -> tuple[float, list[float], float]:
        return _encode_channel(
            [list(values[row * width : (row + 1) * width]) for row in range(height)], across, down
        )

    most = 5 if has_alpha else 7
    across = max(1, _round(most * width / max(width, height)))
    down = max(1, _round(most * height / max(width, height)))
    landscape = width > height
    light = transformed([(r + g + b) / 3 for r, g, b in planes], max(3, across), max(3, down))
    yellow = transformed([(r + g) / 2 - b for r, g, b in planes], 3, 3)
    red = transformed([r - g for r, g, b in planes], 3, 3)
    header = (
        _round(63 * light[0])
        | _round(31.5 + 31.5 * yellow[0]) << 6
        | _round(31.5 + 31.5 * red[0]) << 12
        | _round(31 * light[2]) << 18
        | has_alpha << 23
        | (down if landscape else across) << 24
        | _round(63 * yellow[2]) << 27
        | _round(63 * red[2]) << 33
        | landscape << 39
    )
    body = bytearray(header.to_bytes(5, "little"))
    waves = light[1] + yellow[1] + red[1]
    if has_alpha:
        see = transformed(alpha, 5, 5)
        body.append(_round(15 * see[0]) | _round(15 * see[2]) << 4)
        waves += see[1]
    nibbles = [_round(15 * wave) for wave in waves]
    if len(nibbles) % 2:
        nibbles.append(0)
    body += bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    return bytes(body)


def decode(hashed: bytes) -> Image.Image:
    """The picture that a hash stands for: RGBA, the longest side 32 pixels."""
    header = int.from_bytes(hashed[:5], "little")
    has_alpha, landscape = header >> 23 & 1, header >> 39
    most = 5 if has_alpha else 7
    across, down = (most, header >> 24 & 7) if landscape else (header >> 24 & 7, most)
    ratio = across / down
    width = _round(SIDE if ratio > 1 else SIDE * ratio)
    height = _round(SIDE / ratio if ratio > 1 else SIDE)
    nibbles = iter(
        [part for byte in hashed[6 if has_alpha else 5 :] for part in (byte & 15, byte >> 4)]
    )

    def plane(across: int, down: int, base: float, scale: float) -> list[float]:
        waves = {
            wave: (next(nibbles, 0) / 7.5 - 1) * scale for wave in _waves(across, down) if any(wave)
        }
        return _decode_channel(waves, base, width, height)

    light = plane(max(3, across), max(3, down), (header & 63) / 63, (header >> 18 & 31) / 31)
    # The reference decodes colour a quarter stronger than it was, against the quantiser's loss.
    yellow = plane(3, 3, (header >> 6 & 63) / 31.5 - 1, (header >> 27 & 63) / 63 * 1.25)
    red = plane(3, 3, (header >> 12 & 63) / 31.5 - 1, (header >> 33 & 63) / 63 * 1.25)
    clear: list[float] | None = None
    if has_alpha:
        clear = plane(5, 5, (hashed[5] & 15) / 15, (hashed[5] >> 4) / 15)
    blue = [each - 2 / 3 * amber for each, amber in zip(light, yellow, strict=True)]
    reds = [
        (3 * each - beyond + ruddy) / 2
        for each, beyond, ruddy in zip(light, blue, red, strict=True)
    ]
    greens = [each - ruddy for each, ruddy in zip(reds, red, strict=True)]
    bands = [reds, greens, blue, clear or [1.0] * (width * height)]
    body = bytearray(4 * width * height)
    for number, band in enumerate(bands):
        body[number::4] = bytes([round(255 * min(1.0, max(0.0, value))) for value in band])
    return Image.frombytes("RGBA", (width, height), bytes(body))


def as_url(hashed: bytes) -> str:
    """The decoded picture as a PNG in a data URL, to be shown until the real one is there."""
    picture = decode(hashed)
    body = io.BytesIO()
    (picture if hashed[2] & 0x80 else picture.convert("RGB")).save(body, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(body.getvalue()).decode("ascii")


def _waves(across: int, down: int) -> Iterator[tuple[int, int]]:
    """(x, y) frequencies in the hash's order: the triangle of the low ones."""
    for cy in range(down):
        cx = 0
        while cx * down < across * (down - cy):
            yield cx, cy
            cx += 1


@lru_cache(maxsize=128)
def _cosine(size: int, frequency: int) -> tuple[float, ...]:
    return tuple(cos(pi / size * frequency * (at + 0.5)) for at in range(size))


def _encode_channel(plane: Plane, across: int, down: int) -> tuple[float, list[float], float]:
    """The mean, the other coefficients scaled to 0–1, and their scale."""
    height, width = len(plane), len(plane[0])
    columns = [
        [sum(map(_product, row, _cosine(width, cx))) for row in plane] for cx in range(across)
    ]
    mean, waves = 0.0, []
    for cx, cy in _waves(across, down):
        value = sum(map(_product, columns[cx], _cosine(height, cy))) / (width * height)
        if cx or cy:
            waves.append(value)
        else:
            mean = value
    scale = max(map(abs, waves), default=0.0)
    return mean, [0.5 + 0.5 / scale * wave if scale else 0.0 for wave in waves], scale


_product: Callable[[float, float], float] = float.__mul__


def _decode_channel(
    waves: dict[tuple[int, int], float], base: float, width: int, height: int
) -> list[float]:
    """The values of the plane, row by row."""
    rows = max((cy for _, cy in waves), default=0) + 1
    partial = [[0.0] * width for _ in range(rows)]
    for (cx, cy), weight in waves.items():
        partial[cy] = [
            value + 2 * weight * wave
            for value, wave in zip(partial[cy], _cosine(width, cx), strict=True)
        ]
    columns = list(zip(*partial, strict=True))
    downs = zip(*(_cosine(height, cy) for cy in range(rows)), strict=True)
    return [base + sum(map(_product, column, down)) for down in downs for column in columns]


def _round(value: float) -> int:
    """Half up, as the reference's JavaScript does."""
    return floor(value + 0.5)
