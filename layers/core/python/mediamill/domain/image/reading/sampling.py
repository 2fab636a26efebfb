"""Samples of a picture's own pixels, taken before it is shrunk: nine tiles, three by three."""

from __future__ import annotations

from PIL import Image

_TILE = 256


def sample_boxes(width: int, height: int) -> list[tuple[int, int, int, int]]:
    """Left, top, width and height of tiles that touch the edges and the middle."""
    across, down = min(_TILE, width), min(_TILE, height)
    lefts = sorted({0, (width - across) // 2, width - across})
    tops = sorted({0, (height - down) // 2, height - down})
    return [(left, top, across, down) for left in lefts for top in tops]


def sample_tiles(picture: Image.Image) -> tuple[Image.Image, ...]:
    """The tiles of a picture that is decoded whole."""
    boxes = sample_boxes(*picture.size)
    return tuple(picture.crop((x, y, x + across, y + down)) for x, y, across, down in boxes)
