"""Drawn or photographed: which pictures are worth lossless WebP.

The rule: an original is drawn if it came from a format that keeps pixels exactly and, over a sample
of its rows and columns, at least `FLAT` of the neighbours are equal. A sensor's noise leaves a few
per cent equal; screenshots, charts and line art have most. A rendition of it is lossless if it has
no more than `COLOURS` colours (shrinking blends, and gradients are drawn too: those are ten times
larger without loss) and takes no more than `WORTH` times the bytes of the lossy one.
"""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageChops

from mediamill.domain.image.reading.containers import Container

FLAT = 0.6

COLOURS = 4_096
WORTH = 2.0

_EXACT = {
    Container.PNG,
    Container.GIF,
    Container.BMP,
    Container.ICO,
    Container.TIFF,
    Container.PPM,
    Container.TGA,
    Container.CUR,
    Container.PCX,
    Container.SGI,
    Container.XPM,
    Container.PSD,
    Container.SVG,
}


def is_drawn(tiles: Sequence[Image.Image], container: Container) -> bool:
    """Whether the picture that the tiles were taken from, at its own size, was drawn."""
    if container not in _EXACT:
        return False
    equal = total = 0
    for tile in tiles:
        for shift in ((1, 0), (0, 1)):
            if tile.width <= shift[0] or tile.height <= shift[1]:
                continue
            inner = (0, 0, tile.width - shift[0], tile.height - shift[1])
            moved = tile.crop((*shift, tile.width, tile.height))
            different = _any_band(ImageChops.difference(tile.crop(inner), moved))
            equal += different.histogram()[0]
            total += different.width * different.height
    return total > 0 and equal / total >= FLAT


def few_colours(picture: Image.Image) -> bool:
    """Whether a rendition is still made of single colours."""
    return picture.getcolors(COLOURS) is not None


def _any_band(difference: Image.Image) -> Image.Image:
    """The largest difference of the bands, as L."""
    bands = difference.split()
    largest = bands[0]
    for band in bands[1:]:
        largest = ImageChops.lighter(largest, band)
    return largest
