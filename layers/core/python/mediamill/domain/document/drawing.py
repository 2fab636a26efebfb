"""Tell a drawn page from a photographed one, and bring a drawn one down to 16 colours.

Text and line art are areas of one colour with a short ramp at each edge. A photograph or a scan is
made of neighbours that differ a little everywhere. So pixels are compared with the next one in
their row: blocks of the page where many differ *a little* are a photograph's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from PIL import Image, ImageChops

# libwebp packs two pixels into one byte up to 16 colours. Greys of text at the ends of 16 steps
# are at most 13 levels from where they were.
COLORS = 16

# Every eighth row is looked at. A photograph of 2 % of a page made at least 1.3 % of its blocks
# soft, pages of text and line art none.
_ROWS = 8
_BLOCK = 32  # pixels
_BAND = 64  # rows: 330 KB of a page at 150 dpi
_SOFT = [255 if 1 <= step <= 8 else 0 for step in range(256)]
_SOFT_BLOCK = 64  # of 255: a quarter of the block's pixels
_SOFT_BLOCKS = 0.002  # of the page

_AREA = 0.002  # a colour that covers this share of the page is an area, and stays exact
_SAMPLE = 4  # palettes are chosen from every fourth pixel of every fourth row
_NEAR = 24  # sum over the channels; below it a colour is as good as the area's
_WRONG = 24  # a channel that is this far off is another colour
_WRONG_PIXELS = 0.0002


def is_drawn(picture: Image.Image) -> bool:
    """Whether nothing on the page (RGB or RGBX) is a photograph, a scan or a gradient."""
    width, height = picture.size
    if width < 2 or height < _ROWS:
        return False
    rows = picture.resize((width, height // _ROWS), Image.Resampling.NEAREST).convert("L")
    steps = ImageChops.difference(
        rows.crop((0, 0, width - 1, rows.height)), rows.crop((1, 0, width, rows.height))
    )
    blocks = steps.point(_SOFT).reduce((_BLOCK, _BLOCK // _ROWS)).histogram()
    return sum(blocks[_SOFT_BLOCK:]) <= _SOFT_BLOCKS * sum(blocks)


def is_grey(picture: Image.Image) -> bool:
    """Whether every pixel of the picture (RGB or RGBX) is a grey."""
    red, green, blue = (picture.getchannel(channel) for channel in range(3))
    return all(ImageChops.difference(red, other).getbbox() is None for other in (green, blue))


def bring_to_greys(picture: Image.Image) -> None:
    """Bring the grey page (RGBX) to 16 greys at most: areas' own are exact, others even steps."""
    counts = sample(picture).getchannel(0).histogram()
    area = _AREA * sum(counts)
    used = sorted((grey for grey in range(256) if counts[grey]), key=lambda grey: -counts[grey])
    levels = set(used if len(used) <= COLORS else used[: COLORS // 2])
    if len(used) > COLORS:
        levels = {grey for grey in levels if counts[grey] > area}
    while len(levels) < COLORS:
        ordered = sorted(levels | {0, 255})
        low, high = max(pairwise(ordered), key=lambda pair: pair[1] - pair[0])
        levels.add((low + high) // 2)
    ordered = sorted(levels)
    table = [ordered[0]] * 256
    for low, high in pairwise([*ordered, 255]):
        table[low:] = [low] * (256 - low)
        middle = (low + high + 1) // 2
        if high in levels:
            table[middle:] = [high] * (256 - middle)
    _in_bands(picture, lambda band: band.point([*table * 3, *range(256)]))


def bring_to_colours(picture: Image.Image) -> bool:
    """Bring the page (RGBX) to 16 colours; False, and as it was, where 16 cannot show it."""
    seen = sample(picture).convert("RGB")
    counted = seen.getcolors(seen.width * seen.height) or []
    area = _AREA * seen.width * seen.height
    areas: list[tuple[int, int, int]] = []
    for count, colour in sorted(counted, reverse=True)[:COLORS]:
        if count > area and isinstance(colour, tuple) and _far(colour, areas):
            areas.append((colour[0], colour[1], colour[2]))
    areas = areas[: COLORS // 2]
    spread = seen.quantize(COLORS, Image.Quantize.MAXCOVERAGE, kmeans=0).getpalette() or []
    others = [
        (spread[index], spread[index + 1], spread[index + 2]) for index in range(0, len(spread), 3)
    ]
    chosen = [*areas, *(colour for colour in others if _far(colour, areas))][:COLORS]
    palette = Image.new("P", (1, 1))
    # Pillow fills a short palette with greys of its own; repeat the first colour instead.
    palette.putpalette(
        [channel for colour in (chosen + chosen[:1] * 256)[:256] for channel in colour]
    )

    def shown(part: Image.Image) -> Image.Image:
        return part.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE)

    others_seen = sample(picture, 2).convert("RGB")
    if not _faithful(others_seen, shown(others_seen).convert("RGB")):
        return False
    _in_bands(picture, lambda band: shown(band).convert("RGBX"))
    return True


def _in_bands(picture: Image.Image, change: Callable[[Image.Image], Image.Image]) -> None:
    """Change a picture in place, a few rows at a time.

    A copy of the whole page would be 8 MB that a new process touches for the first time, which
    takes longer than the change; a band stays in the processor's cache.
    """
    for top in range(0, picture.height, _BAND):
        box = (0, top, picture.width, min(top + _BAND, picture.height))
        picture.paste(change(picture.crop(box)), box)


def sample(picture: Image.Image, offset: int = 0) -> Image.Image:
    """Every fourth pixel of every fourth row, from `offset`."""
    size = (max(1, picture.width // _SAMPLE), max(1, picture.height // _SAMPLE))
    left, top = min(offset, picture.width - 1), min(offset, picture.height - 1)
    return picture.resize(
        size, Image.Resampling.NEAREST, box=(left, top, picture.width, picture.height)
    )


def _far(colour: Sequence[int], areas: Iterable[Sequence[int]]) -> bool:
    return all(
        sum(abs(one - other) for one, other in zip(colour, area, strict=False)) > _NEAR
        for area in areas
    )


def _faithful(before: Image.Image, after: Image.Image) -> bool:
    wrong = ImageChops.difference(before, after).histogram()
    allowed = _WRONG_PIXELS * before.width * before.height
    return all(sum(wrong[channel + _WRONG : channel + 256]) <= allowed for channel in (0, 256, 512))
