"""Whether a frame says something: neither black nor blank nor a blur."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_WIDTH, _HEIGHT = 96, 54

# Levels of 255. Titles on black have a spread well above; a fade's last steps are below.
_DARK, _BRIGHT = 24.0, 245.0
_BLANK = 10.0
# How much of what differs between neighbours is edges: second differences by first ones. An edge
# from one pixel to the next gives 2, one that is spread over a deviation of s pixels 0.8 / s.
_BLURRED = 0.4


@dataclass(frozen=True, slots=True)
class Look:
    """Mean and spread of the light, 0 to 255, and how sharp its edges are, 0 to 2."""

    light: float
    spread: float
    sharpness: float

    @property
    def is_telling(self) -> bool:
        """Whether it can stand for a film."""
        return _DARK <= self.light <= _BRIGHT and self.spread >= _BLANK and not self.is_blurred

    @property
    def is_blurred(self) -> bool:
        """Whether there is hardly an edge in it, for all its contrast."""
        return self.sharpness < _BLURRED

    @property
    def worth(self) -> float:
        """To choose among frames of which none is telling: the larger, the better."""
        return min(self.light, 255 - self.light, 64) + self.spread + 32 * min(self.sharpness, 1)


def look(frame: VideoFrame) -> Look:
    """What a frame looks like, from a small grey copy of it."""
    small = frame.reformat(
        width=_WIDTH, height=_HEIGHT, format="gray16le", dst_color_range=2, threads=1
    )
    plane = small.planes[0]
    values, step = memoryview(bytes(plane)).cast("H"), plane.line_size // 2
    rows = [list(values[at : at + _WIDTH]) for at in range(0, step * _HEIGHT, step)]
    count = _WIDTH * _HEIGHT
    light = sum(map(sum, rows)) / count
    spread = (sum(value * value for row in rows for value in row) / count - light * light) ** 0.5
    slopes = edges = 1.0
    for line in (*rows, *zip(*rows, strict=True)):
        differences = [b - a for a, b in pairwise(line)]
        slopes += sum(map(abs, differences))
        edges += sum(abs(b - a) for a, b in pairwise(differences))
    return Look(light / 257, spread / 257, edges / slopes)
