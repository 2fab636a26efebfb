"""The preview: some seconds of a film's liveliest parts, small and without sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

from mediamill.domain.derivative import Product
from mediamill.domain.video.small import even, resized, small
from mediamill.domain.video.stills import Stills
from mediamill.domain.video.storyboard import Tile
from mediamill.domain.video.writing import moving_webp, silent_mp4

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

SIDE, MOVING_SIDE = 480, 320
"""The longest side in pixels, of the MP4 and of the animated WebP."""

RATE = 12
"""Frames a second: a glance, not a film."""

SECONDS = 5
PARTS = 4
# The opening and the end tell least, and the end too much.
_FROM, _TO = 0.05, 0.9
_WIDTH, _HEIGHT = 16, 9
_DARK, _BRIGHT, _BLANK = 24.0, 245.0, 6.0  # levels of 255, of so small a picture


@dataclass(frozen=True, slots=True)
class Part:
    """Where a part begins, seconds, and how many frames of the preview it has."""

    begins: float
    frames: int


def parts(tiles: Sequence[Tile], seconds: float | None) -> Sequence[Part]:
    """All of a short film; of a longer one the place of each quarter after which most changes."""
    whole = [Part(0.0, SECONDS * RATE)]
    if seconds is None or seconds <= SECONDS + 1 or len(tiles) < 2:
        return whole
    lively: dict[int, tuple[float, Tile]] = {}
    seen = [_tiny(tile.picture) for tile in tiles]
    for (this, after), (a, b) in zip(pairwise(tiles), pairwise(seen), strict=True):
        place = (this.at / seconds - _FROM) / (_TO - _FROM)
        if 0 <= place < 1 and after.at > this.at:
            quarter, worth = int(place * PARTS), _change(a, b) if _is_telling(a) else 0.0
            if quarter not in lively or worth > lively[quarter][0]:
                lively[quarter] = worth, this
    chosen = [tile.at for _, (_, tile) in sorted(lively.items())]
    return [Part(at, SECONDS * RATE // len(chosen)) for at in chosen] or whole


def preview(stills: Stills, parts: Sequence[Part]) -> Iterator[Product]:
    """The parts in a row as an MP4 and as a WebP that moves; nothing of what cannot be decoded."""
    pictures = list(_pictures(stills, parts))
    if len(pictures) < 2:
        return
    width, height = pictures[0].width, pictures[0].height
    body = silent_mp4(iter(pictures), Fraction(RATE))
    yield Product("preview", body, "mp4", width, height)
    scale = min(1.0, MOVING_SIDE / max(width, height))
    smaller = even(width * scale), even(height * scale)
    body = moving_webp((_smaller(each, *smaller) for each in pictures), Fraction(RATE))
    yield Product("preview", body, "webp", *smaller)


def _pictures(stills: Stills, parts: Sequence[Part]) -> Iterator[VideoFrame]:
    """Small frames, their `pts` counted in frames of the preview; a part may end early."""
    first: VideoFrame | None = None
    begins = 0
    for part in parts:
        number = -1
        for still in stills.run(part.begins, part.frames / RATE):
            due = int((still.at or 0.0) * RATE)
            if due <= number:
                continue
            if due >= part.frames:
                break
            number = due
            picture = small(still.frame, stills.aspect, SIDE)
            if first is not None:
                picture = resized(picture, first.width, first.height)
            first = first or picture
            picture.pts, picture.time_base = begins + number, Fraction(1, RATE)
            yield picture
        begins += number + 1


def _smaller(picture: VideoFrame, width: int, height: int) -> VideoFrame:
    made = resized(picture, width, height)
    made.pts, made.time_base = picture.pts, picture.time_base
    return made


def _tiny(picture: VideoFrame) -> bytes:
    grey = picture.reformat(width=_WIDTH, height=_HEIGHT, format="gray", threads=1)
    plane = grey.planes[0]
    body = bytes(plane)
    lines = range(0, plane.line_size * _HEIGHT, plane.line_size)
    return b"".join(body[at : at + _WIDTH] for at in lines)


def _change(a: bytes, b: bytes) -> float:
    return sum(abs(x - y) for x, y in zip(a, b, strict=True)) / len(a)


def _is_telling(tiny: bytes) -> bool:
    """Whether a part may begin here: neither black nor white nor of one shade."""
    light = sum(tiny) / len(tiny)
    spread = (sum(each * each for each in tiny) / len(tiny) - light * light) ** 0.5
    return _DARK <= light <= _BRIGHT and spread >= _BLANK
