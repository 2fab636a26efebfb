"""Fitting a picture into its boxes: what is cut, what is scaled, and from which picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from mediamill.domain.image.shaping import orientation
from mediamill.domain.profile import Fit, Format, Profile

# The longest side that each format can hold: 14 bits in WebP, 16 in JPEG (libjpeg stops at
# 65,500), AVIF's and PNG's fields are larger than anything that is decoded.
LONGEST = {Format.WEBP: 16_383, Format.JPEG: 65_500, Format.AVIF: 65_535, Format.PNG: 65_535}

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Placement:
    """A rendition's pixels: the part of the displayed original that is shown, and at what size.

    `crop` is left, top, right, bottom in displayed pixels of the original.
    """

    crop: Box
    width: int
    height: int

    whole: bool = True

    @property
    def scale(self) -> float:
        """Rendition pixels per pixel of the original: 1 or less."""
        left, top, right, bottom = self.crop
        return max(self.width / (right - left), self.height / (bottom - top))

    def box_in(self, size: tuple[int, int], original: tuple[int, int]) -> Box:
        """The crop in the pixels of a copy of the `original` that has another `size`."""
        across, down = size[0] / original[0], size[1] / original[1]
        left, top, right, bottom = self.crop
        return left * across, top * down, right * across, bottom * down

    def stored(self, turn: int, displayed: tuple[int, int]) -> Placement:
        """The same placement before the EXIF orientation `turn` is applied."""
        left, top, right, bottom = self.crop
        width, height = displayed
        if turn in (2, 3, 6, 7):  # the stored columns (after a swap: rows) run the other way
            left, right = width - right, width - left
        if turn in (3, 4, 7, 8):
            top, bottom = height - bottom, height - top
        if orientation.swaps_sides(turn):
            return Placement((top, left, bottom, right), self.height, self.width, self.whole)
        return Placement((left, top, right, bottom), self.width, self.height, self.whole)


def crops(profiles: Iterable[Profile]) -> bool:
    """Whether a rendition may leave something out, so that a focus matters."""
    return any(profile.fit in (Fit.COVER, Fit.ATTENTION) for profile in profiles)


def parse_focus(text: str) -> tuple[float, float] | None:
    """The point that `0.3,0.4` names: right of the left edge, below the top; None for nonsense."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        return None
    return (x, y) if 0 <= x <= 1 and 0 <= y <= 1 else None


def place(
    width: int, height: int, profile: Profile, centre: tuple[float, float] = (0.5, 0.5)
) -> Placement:
    """Where the picture of `width` × `height` pixels goes in the profile's box.

    Nothing is enlarged: a box that is larger than the picture shrinks to it, and keeps its shape
    where it crops. `centre` (0–1, 0–1) is what a crop keeps in the middle, as far as the edges let.
    """
    most = LONGEST[profile.format]
    box_width, box_height = min(profile.width, most), min(profile.height, most)
    if profile.fit in (Fit.INSIDE, Fit.CONTAIN):
        scale = min(box_width / width, box_height / height, 1.0)
        return Placement((0, 0, width, height), _pixels(width * scale), _pixels(height * scale))
    scale = min(width / box_width, height / box_height)
    cut_width, cut_height = min(width, box_width * scale), min(height, box_height * scale)
    left = min(max(centre[0] * width - cut_width / 2, 0), width - cut_width)
    top = min(max(centre[1] * height - cut_height / 2, 0), height - cut_height)
    shrink = min(1.0, 1 / scale)
    return Placement(
        (left, top, left + cut_width, top + cut_height),
        _pixels(cut_width * shrink),
        _pixels(cut_height * shrink),
        whole=cut_width == width and cut_height == height,
    )


def _pixels(length: float) -> int:
    return max(1, round(length))


def resize(
    picture: Image.Image, size: tuple[int, int], box: Box, filter_: Image.Resampling
) -> Image.Image:
    """The part of the picture inside `box` at `size`; alpha is premultiplied by Pillow."""
    left, top = max(0.0, box[0]), max(0.0, box[1])
    right, bottom = min(box[2], picture.width), min(box[3], picture.height)
    if size == picture.size and right - left == size[0] and bottom - top == size[1]:
        return picture
    return picture.resize(size, filter_, (left, top, right, bottom))
