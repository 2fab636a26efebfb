"""The last touches to a rendition's pixels: sharpened, watermarked, and padded to its box."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image, ImageFilter

from mediamill.domain.image.shaping.placing import LONGEST
from mediamill.domain.image.writing.watermark import Watermark
from mediamill.domain.profile import Fit, Profile

# Mild: half a pixel's blur taken back, flat noise left alone.
_SHARPER = ImageFilter.UnsharpMask(radius=0.7, percent=70, threshold=2)


@dataclass(frozen=True, slots=True)
class Finish:
    """What every rendition of a picture gets, where its profile does not say otherwise.

    `icc_profile` is that of the colours that the pixels are in; None is sRGB.
    """

    watermark: Watermark | None = None
    icc_profile: bytes | None = None

    def __call__(self, picture: Image.Image, profile: Profile) -> Image.Image:
        """The picture (L, LA, RGB, RGBA) as the profile wants it; what is padded is transparent."""
        if profile.sharpen:
            picture = _sharpened(picture)
        if self.watermark is not None and not profile.plain:
            picture = self.watermark.over(picture, self.icc_profile)
        if profile.fit is Fit.CONTAIN:
            most = LONGEST[profile.format]
            picture = _padded(picture, min(profile.width, most), min(profile.height, most))
        return picture


def _sharpened(picture: Image.Image) -> Image.Image:
    """Alpha keeps its edges: a halo there would show."""
    if picture.mode not in ("LA", "RGBA"):
        return picture.filter(_SHARPER)
    sharper = picture.convert(picture.mode[:-1]).filter(_SHARPER)
    sharper.putalpha(picture.getchannel("A"))
    return sharper


def _padded(picture: Image.Image, width: int, height: int) -> Image.Image:
    """In the middle of the box."""
    if picture.size == (width, height):
        return picture
    mode = "LA" if picture.mode in ("L", "LA") else "RGBA"
    box = Image.new(mode, (width, height))
    place = (width - picture.width) // 2, (height - picture.height) // 2
    box.paste(picture.convert(mode), place)
    return box
