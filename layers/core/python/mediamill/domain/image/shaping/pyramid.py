"""The pyramid: the renditions' pixels, each from the next larger where that loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PIL import Image

from mediamill.domain.image.shaping import colour, orientation
from mediamill.domain.image.shaping.placing import Box, Placement, resize

# Chosen by SSIM against a linear-light reference, after encoding (benchmarks/images.py). Lanczos is
# worth its time where little is taken away (bicubic blurs) and on small pictures (it is cheap);
# for the one large step from the original bicubic looks the same at two thirds of the time.
_FINE, _FAST = Image.Resampling.LANCZOS, Image.Resampling.BICUBIC
_LITTLE = 1.25

# A picture this much larger in each direction is nearly as good a source as the original (0.7
# points of SSIMULACRA2 below it at 4), and where resizing is slow worth it.
_ENOUGH = 2.0


Resize = Callable[[Image.Image, tuple[int, int], Box, Image.Resampling], Image.Image]


class Pyramid:
    """A decoded picture and what has been made of it so far.

    `decoded` is as stored, 8 bits, in the colours of `icc_profile`; `width` and `height` are those
    of the original as displayed, in whose pixels placements are given (`decoded` may be smaller).
    `resize` is the engine, `enough` how much larger a source has to be than what is made of it.
    """

    def __init__(
        self,
        decoded: Image.Image,
        turn: int,
        icc_profile: bytes | None,
        width: int,
        height: int,
        resize: Resize = resize,
        enough: float = _ENOUGH,
    ) -> None:
        self._resize = resize
        self._enough = enough
        self._decoded = decoded
        self._turn = turn
        self._icc_profile = icc_profile
        self._size = width, height
        self._whole: list[tuple[float, Image.Image]] = []

    def make(self, placements: Sequence[Placement]) -> dict[Placement, Image.Image]:
        """The pixels of each placement, sRGB and upright."""
        made = {}
        for placement in sorted(set(placements), key=lambda each: each.scale, reverse=True):
            picture = made[placement] = self.one(placement)
            if placement.whole:
                self._whole.append((placement.scale, picture))
        return made

    def glance(self, placement: Placement) -> Image.Image:
        """The smallest picture of the whole that is at least as large as the placement."""
        enough = [picture for scale, picture in self._whole if scale >= placement.scale]
        return enough[-1] if enough else self.one(placement)

    def one(self, placement: Placement) -> Image.Image:
        """One placement's pixels."""
        enough = placement.scale * self._enough
        sources = [picture for scale, picture in self._whole if scale >= enough]
        if sources:
            source = sources[-1]  # the smallest: they were made in falling order
            box = placement.box_in(source.size, self._size)
            return self._resize(source, (placement.width, placement.height), box, _FINE)
        # Colour is converted on the small picture, never on the original's many pixels.
        stored = placement.stored(self._turn, self._size)
        width, height = self._size
        size = (height, width) if orientation.swaps_sides(self._turn) else (width, height)
        box = stored.box_in(self._decoded.size, size)
        shrink = (box[2] - box[0]) / stored.width
        filter_ = _FINE if shrink < _LITTLE else _FAST
        small = self._resize(self._decoded, (stored.width, stored.height), box, filter_)
        small = orientation.upright(small, self._turn)
        return colour.without_idle_alpha(colour.to_srgb(small, self._icc_profile))
