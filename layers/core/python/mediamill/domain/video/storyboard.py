"""The storyboard: small pictures of a film at even distances, on sheets, and a list of where.

Players show them above the bar on which one looks for a place: WebVTT cues that name a rectangle of
a picture, as the Media Fragments of the W3C have it (`#xywh=`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import quote

from mediamill.domain.derivative import Product
from mediamill.domain.facts import StoryboardFacts
from mediamill.domain.keys import derivative_key
from mediamill.domain.limits import MEGA
from mediamill.domain.video.small import resized, small
from mediamill.domain.video.stills import Stills
from mediamill.domain.video.vtt import Cue, vtt
from mediamill.domain.video.writing import mosaic, webp

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

SIDE = 160
"""The longest side of a tile in pixels."""

COLUMNS = ROWS = 5
# A request for each tile of a film of gigabytes; what is smaller is fetched whole after some.
_MOST, _MOST_OF_LARGE, _LARGE = 100, 20, 1000 * MEGA
_INTERVALS = (0.5, 1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600)  # seconds


@dataclass(frozen=True, slots=True)
class Tile:
    """A small picture that stands for the film from `begins` on; both times are seconds."""

    picture: VideoFrame
    at: float
    begins: float


def interval_of(seconds: float, size: int) -> float:
    """From one picture to the next, by the film's length and its bytes.

    >>> interval_of(60, 10**6), interval_of(3600, 10**8), interval_of(3600, 5 * 10**9)
    (1, 60, 300)
    """
    most = _MOST if size < _LARGE else _MOST_OF_LARGE
    return next((each for each in _INTERVALS if seconds <= each * most), seconds / most)


def tiles(stills: Stills, interval: float) -> Sequence[Tile]:
    """The key frames at or before each multiple of the interval, each of them once.

    Empty where nothing tells the film's length, or where its frames stand.
    """
    found: list[Tile] = []
    for number in range(ceil((stills.seconds or 0) / interval)):
        still = stills.at(number * interval)
        if still is None or still.at is None or (found and still.at <= found[-1].at):
            continue
        picture = small(still.frame, stills.aspect, SIDE)
        if found:
            picture = resized(picture, found[0].picture.width, found[0].picture.height)
        found.append(Tile(picture, still.at, number * interval if found else 0.0))
    return found


def storyboard(tiles: Sequence[Tile], seconds: float, key: str) -> Iterator[Product]:
    """The sheets, and the list that names them as they are named from where it stands itself."""
    for number, begin in enumerate(range(0, len(tiles), COLUMNS * ROWS), 1):
        batch = tiles[begin : begin + COLUMNS * ROWS]
        sheet = mosaic([tile.picture for tile in batch], COLUMNS)
        yield Product("sheets", webp(sheet), "webp", sheet.width, sheet.height, number=number)
    width, height = tiles[0].picture.width, tiles[0].picture.height
    ends = [b.begins for _, b in pairwise(tiles)] + [max(seconds, tiles[-1].begins + 0.001)]
    cues = []
    for place, (tile, end) in enumerate(zip(tiles, ends, strict=True)):
        number, within = divmod(place, COLUMNS * ROWS)
        row, column = divmod(within, COLUMNS)
        where = f"#xywh={column * width},{row * height},{width},{height}"
        cues.append(Cue(tile.begins, end, sheet_seen_from_list(key, number + 1) + where))
    yield Product("storyboard", vtt(cues), "vtt")


def sheet_seen_from_list(key: str, number: int) -> str:
    """The relative address of a sheet.

    >>> sheet_seen_from_list("clips/at sea.mov", 1)
    '../../sheets/clips/at%20sea.mov/0001.webp'
    """
    up = "../" * derivative_key("storyboard", key, "vtt").count("/")
    return up + quote(derivative_key("sheets", key, "webp", page=number))


def told(tiles: Sequence[Tile], interval: float) -> StoryboardFacts:
    """What the manifest says of it."""
    picture = tiles[0].picture
    return StoryboardFacts(
        width=picture.width,
        height=picture.height,
        columns=min(COLUMNS, len(tiles)),
        rows=min(ROWS, ceil(len(tiles) / COLUMNS)),
        count=len(tiles),
        interval=interval,
    )
