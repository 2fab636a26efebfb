"""What moves: every frame at every size, and the animations made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from mediamill.domain.image.reading.decoding import icc_profile_of
from mediamill.domain.image.reading.frames import frames, plays
from mediamill.domain.image.reading.opening import Opened
from mediamill.domain.image.shaping import colour
from mediamill.domain.image.shaping.placing import Placement
from mediamill.domain.image.shaping.pyramid import Pyramid
from mediamill.domain.image.writing import animation, encoding
from mediamill.domain.image.writing.drawn import few_colours
from mediamill.domain.image.writing.finishing import Finish
from mediamill.domain.image.writing.tags import Tags
from mediamill.domain.profile import Format, Profile


def moves(profile: Profile) -> bool:
    """Whether what moves is to move in this rendition too."""
    return profile.format in (Format.WEBP, Format.AVIF) and not profile.still


class Moving:
    """The frames of an animation, resized as they were decoded.

    Held in memory: no frame is larger than the original's, and the original's are bounded by the
    limit on pixels summed over frames.
    """

    def __init__(self, opened: Opened, size: tuple[int, int], finish: Finish, tags: Tags) -> None:
        self._opened = opened
        self._size = size
        self._finish = finish
        self._tags = tags
        self._pictures: dict[Placement, list[Image.Image]] = {}
        self.durations: list[int] = []
        self._loop = 0

    def read(self, placements: Sequence[Placement]) -> None:
        """Decodes every frame once, in order."""
        icc_profile = None if self._finish.icc_profile else icc_profile_of(self._opened)
        self._loop = plays(self._opened)
        for frame in frames(self._opened):
            eight = colour.to_eight_bits(frame.picture)
            made = Pyramid(eight, self._opened.turn, icc_profile, *self._size).make(placements)
            for placement, shown in made.items():
                self._pictures.setdefault(placement, []).append(shown)
            self.durations.append(frame.duration)

    def encode(self, placement: Placement, profile: Profile, drawn: bool) -> bytes:
        """The animation of one placement; lossless WebP where it was drawn and is not resized."""
        pictures = [self._finish(each, profile) for each in self._pictures[placement]]
        lossless = drawn and placement.scale == 1 and few_colours(pictures[0])

        def at(quality: int | None) -> bytes:
            return animation.encode(
                pictures,
                self.durations,
                self._loop,
                profile if quality is None else replace(profile, quality=quality),
                lossless=lossless and quality is None,
                tags=self._tags,
            )

        return encoding.within_bytes(profile, at)
