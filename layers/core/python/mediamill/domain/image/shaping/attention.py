"""Where the eye goes: the centre of the crop that `attention` asks for.

Each pixel of a small copy is scored by its edges, its saturation and how near it is to skin (the
three things libvips' smartcrop weighs); the centre is that of the scores' mass, squared.
"""

from __future__ import annotations

from PIL import Image, ImageFilter

from mediamill.domain.image.shaping.colour import flatten

_SIDE = 48

# Hue (0–255 in Pillow's HSV) of most skin: reds to oranges.
_SKIN = range(2, 28)


def centre(picture: Image.Image) -> tuple[float, float]:
    """(x, y) from 0 to 1 of what should stay in the middle of a crop."""
    scale = min(1.0, _SIDE / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    small = flatten(picture, "#ffffff").convert("RGB").resize(size, Image.Resampling.BOX)
    edges = small.convert("L").filter(ImageFilter.FIND_EDGES).tobytes()
    hues, saturations, values = (band.tobytes() for band in small.convert("HSV").split())
    across = down = mass = 0.0
    for at, (edge, hue, saturation, value) in enumerate(
        zip(edges, hues, saturations, values, strict=True)
    ):
        x, y = at % size[0], at // size[0]
        if not (0 < x < size[0] - 1 and 0 < y < size[1] - 1):
            continue  # the edge filter is blind at the border
        skin = 60 if hue in _SKIN and 40 < saturation < 180 and value > 90 else 0
        score = float(edge + saturation * value // 510 + skin) ** 2
        across += score * (x + 0.5)
        down += score * (y + 0.5)
        mass += score
    if not mass:
        return 0.5, 0.5
    return across / mass / size[0], down / mass / size[1]
