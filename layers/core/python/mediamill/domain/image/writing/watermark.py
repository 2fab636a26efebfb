"""A watermark: a small picture of the owner's, laid over renditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PIL import Image

from mediamill.domain.errors import Unprocessable
from mediamill.domain.image.reading.containers import Container
from mediamill.domain.image.reading.opening import guarded, open_picture
from mediamill.domain.image.shaping import colour
from mediamill.domain.limits import MEGA, Limits
from mediamill.domain.watermark_style import Place, WatermarkStyle

# Held for as long as the process lives: a logo, not a poster.
_LIMITS = Limits(image_bytes=5 * MEGA, pixels=16 * MEGA, frames=1)

_MARGIN = 0.02  # of the picture's shorter side


class UnusableWatermark(ValueError):
    """What is to be the watermark is no PNG that can be read, or too large for one."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """The picture (RGBA, sRGB; its opacity is in its alpha) and how it is laid over."""

    picture: Image.Image
    style: WatermarkStyle

    MOST_BYTES: ClassVar[int] = _LIMITS.image_bytes

    @classmethod
    def read(cls, png: bytes, style: WatermarkStyle) -> Watermark:
        """From a PNG's bytes. Raises UnusableWatermark."""
        try:
            opened = open_picture(png, _LIMITS)
            if opened.container is not Container.PNG or opened.picture is None:
                raise UnusableWatermark("The watermark is no PNG.")
            with guarded(_LIMITS):
                eight = colour.to_eight_bits(opened.picture)
                srgb = colour.to_srgb(eight, opened.picture.info.get("icc_profile"))
                picture = srgb.convert("RGBA")
        except Unprocessable as error:
            raise UnusableWatermark(f"The watermark cannot be used: {error}") from error
        alpha = picture.getchannel("A").point(lambda value: round(value * style.opacity))
        picture.putalpha(alpha)
        return cls(picture, style)

    def over(self, picture: Image.Image, icc_profile: bytes | None = None) -> Image.Image:
        """The picture (L, LA, RGB or RGBA) with it; in the colours of `icc_profile`, else sRGB.

        It is not enlarged, and shrinks with the rendition.
        """
        mark = colour.from_srgb(self._fitted(picture.size), icc_profile)
        layer = Image.new("RGBA", picture.size)
        for place in self._places(picture.size, mark.size):
            layer.paste(mark, place)
        marked = Image.alpha_composite(picture.convert("RGBA"), layer)
        return marked if picture.mode in ("LA", "RGBA") else marked.convert("RGB")

    def _fitted(self, size: tuple[int, int]) -> Image.Image:
        scale = min(
            1.0,
            self.style.size * size[0] / self.picture.width,
            self.style.size * size[1] / self.picture.height,
        )
        fitted = (
            max(1, round(self.picture.width * scale)),
            max(1, round(self.picture.height * scale)),
        )
        return self.picture.resize(fitted, Image.Resampling.LANCZOS)

    def _places(self, size: tuple[int, int], mark: tuple[int, int]) -> list[tuple[int, int]]:
        """The left and top of each time that it is shown."""
        margin = round(_MARGIN * min(size))
        if self.style.place is Place.TILED:  # as far apart as it is large
            return [
                (x, y)
                for row, y in enumerate(range(margin, size[1], 2 * mark[1]))
                for x in range(margin - (row % 2) * mark[0], size[0], 2 * mark[0])
            ]
        words = self.style.place.split("-")
        ends = (("left", "right"), ("top", "bottom"))
        at = []
        for (start, end), whole, part in zip(ends, size, mark, strict=True):
            near = min(margin, (whole - part) // 2)
            at.append(
                near
                if start in words
                else whole - part - near
                if end in words
                else (whole - part) // 2
            )
        return [(at[0], at[1])]
