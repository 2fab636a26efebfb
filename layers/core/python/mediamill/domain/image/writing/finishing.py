"""The last touches to a rendition's pixels: sharpened, and padded to its box."""

from __future__ import annotations

from PIL import Image, ImageFilter

from mediamill.domain.image.shaping.placing import LONGEST
from mediamill.domain.profile import Fit, Profile

# Mild: half a pixel's blur taken back, flat noise left alone.
_SHARPER = ImageFilter.UnsharpMask(radius=0.7, percent=70, threshold=2)


def finished(picture: Image.Image, profile: Profile) -> Image.Image:
    """The picture (L, LA, RGB or RGBA) as the profile wants it; what is padded is transparent."""
    if profile.sharpen:
        picture = _sharpened(picture)
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
