"""Where the eye goes: the window that `attention` crops to.

Each pixel of a small copy is scored by its edges, its saturation and how near it is to skin (the
three things libvips' smartcrop weighs); the window with most of the scores, squared, is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from PIL import Image, ImageFilter

from mediamill.domain.image.shaping.colour import flatten

_SIDE = 64

# Hue (0–255 in Pillow's HSV) of most skin: reds to oranges. A face has few edges and little
# saturation: this alone has to hold it in the window.
_SKIN = range(2, 28)
_SKIN_SCORE = 90


@dataclass(frozen=True, slots=True)
class Interest:
    """How much there is to see in each column and each row of a small copy of the picture."""

    columns: Sequence[float]
    rows: Sequence[float]

    def centre(self, across: float, down: float) -> tuple[float, float]:
        """(x, y), 0 to 1, of the best window of so much (0 to 1) of width and height."""
        return _best(self.columns, across), _best(self.rows, down)


def interest(picture: Image.Image) -> Interest:
    """Of a whole picture: L, LA, RGB or RGBA."""
    scale = min(1.0, _SIDE / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = flatten(picture, "#ffffff").convert("RGB").resize(size, Image.Resampling.BOX)
    edges = small.convert("L").filter(ImageFilter.FIND_EDGES).tobytes()
    hues, saturations, values = (band.tobytes() for band in small.convert("HSV").split())
    columns, rows = [0.0] * size[0], [0.0] * size[1]
    for at, (edge, hue, saturation, value) in enumerate(
        zip(edges, hues, saturations, values, strict=True)
    ):
        x, y = at % size[0], at // size[0]
        if not (0 < x < size[0] - 1 and 0 < y < size[1] - 1):
            continue  # the edge filter is blind at the border
        skin = _SKIN_SCORE if hue in _SKIN and 40 < saturation < 180 and value > 90 else 0
        score = float(edge + saturation * value // 510 + skin) ** 2
        columns[x] += score
        rows[y] += score
    return Interest(columns, rows)


def _best(masses: Sequence[float], part: float) -> float:
    """The middle of the heaviest window that covers `part` of the masses.

    Where several weigh nearly the same, the one whose own weight lies nearest to its middle.
    """
    count = len(masses)
    window = max(1, min(count, round(part * count)))
    sums = [0.0, *accumulate(masses)]
    moments = [0.0, *accumulate(mass * (at + 0.5) for at, mass in enumerate(masses))]
    if not sums[-1]:
        return 0.5
    best, score = 0.5, float("-inf")
    for start in range(count - window + 1):
        end = start + window
        mass = sums[end] - sums[start]
        if not mass:
            continue
        middle = start + window / 2
        aside = abs((moments[end] - moments[start]) / mass - middle) / window
        if (rated := mass * (1 - _ASIDE * aside)) > score:
            best, score = middle / count, rated
    return best


_ASIDE = 0.3  # what is worth a window whose weight lies at its edge, less than in its middle
