"""What a picture will cost, read from its header before any decoder sees it.

Only the formats whose decoder allocates or decodes while opening, or cannot count frames without
decoding, and those that are rewritten before, are read here; for the others opening is lazy and
the opened size is checked instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from mediamill.domain.errors import Broken, TooLarge, TooManyPixels
from mediamill.domain.image.reading import bmp, gif, png
from mediamill.domain.image.reading.containers import Container
from mediamill.domain.limits import Limits

BROKEN_IMAGE = "broken_image"


@dataclass(frozen=True, slots=True)
class Announced:
    """Stored width and height in pixels, and the frames or pages that the file says it has."""

    width: int
    height: int
    frames: int = 1


def check_bytes(original: bytes, limits: Limits) -> None:
    """Raises TooLarge for more bytes than a picture may have, Broken for none."""
    if len(original) > limits.image_bytes:
        raise TooLarge(
            f"The picture has {len(original):,} bytes; {limits.image_bytes:,} are allowed."
        )
    if not original:
        raise Broken("The picture is empty.", code=BROKEN_IMAGE)


def check(announced: Announced, limits: Limits) -> None:
    """Raises TooManyPixels for a frame that is past the limits; too many frames become a still."""
    width, height = announced.width, announced.height
    if width < 1 or height < 1:
        raise Broken(f"The picture says it is {width} × {height} pixels.", code=BROKEN_IMAGE)
    if max(width, height) > limits.side:
        raise TooManyPixels(
            f"The longest side has {max(width, height):,} pixels; {limits.side:,} are allowed."
        )
    if width * height > limits.pixels:
        raise TooManyPixels(
            f"The picture has {width:,} × {height:,} pixels; {limits.pixels:,} in all are allowed."
        )


_MOST_COUNTED = 100_000  # frames


def read(original: bytes, container: Container) -> Announced | None:
    """What the header announces, or None for formats that open lazily.

    Raises Broken where the header is too short to say.
    """
    try:
        match container:
            case Container.PNG:
                return _png(original)
            case Container.GIF:
                return _gif(original, _MOST_COUNTED)
            case Container.WEBP:
                return _webp(original, _MOST_COUNTED)
            case Container.BMP:
                size = bmp.size(original)
                return Announced(*size) if size else None
            case _:
                return None
    except IndexError as error:
        raise Broken("The header ends too early.", code=BROKEN_IMAGE) from error


def _png(original: bytes) -> Announced:
    """IHDR, and `acTL` where an APNG has it before the first IDAT."""
    if original[12:16] != b"IHDR" or len(original) < 33:
        raise Broken("The PNG has no header.", code=BROKEN_IMAGE)
    width, height = _big(original, 16), _big(original, 20)
    for kind, start, _ in png.chunks(original):
        if kind == b"acTL":
            return Announced(width, height, max(1, _big(original, start)))
        if kind == b"IDAT":
            break
    return Announced(width, height)


def _gif(original: bytes, most: int) -> Announced:
    """The largest of the logical screen and the frames, and the number of image blocks."""
    width, height, count = _little(original, 6, 2), _little(original, 8, 2), 0
    for block in islice(gif.blocks(original), most):
        width = max(width, block.left + block.width)
        height = max(height, block.top + block.height)
        count += 1
    return Announced(width, height, max(1, count))


def _webp(original: bytes, most: int) -> Announced:
    """VP8X's canvas and its ANMF frames, or the one bitstream's size (RFC 9649)."""
    kind = original[12:16]
    if kind == b"VP8 ":
        return Announced(_little(original, 26, 2) & 0x3FFF, _little(original, 28, 2) & 0x3FFF)
    if kind == b"VP8L":
        bits = _little(original, 21, 4)
        return Announced((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind != b"VP8X":
        raise Broken("The WebP holds no picture.", code=BROKEN_IMAGE)
    width, height = _little(original, 24, 3) + 1, _little(original, 27, 3) + 1
    frames, at = 0, 12
    while at + 8 <= len(original) and frames < most:
        frames += original[at : at + 4] == b"ANMF"
        length = _little(original, at + 4, 4)
        at += 8 + length + (length & 1)
    return Announced(width, height, max(1, frames))


def _big(original: bytes, at: int) -> int:
    return int.from_bytes(_exactly(original, at, 4), "big")


def _little(original: bytes, at: int, size: int) -> int:
    return int.from_bytes(_exactly(original, at, size), "little")


def _exactly(original: bytes, at: int, size: int) -> bytes:
    if at + size > len(original):
        raise IndexError(at)
    return original[at : at + size]
