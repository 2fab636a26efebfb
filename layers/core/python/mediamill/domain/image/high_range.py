"""JPEG renditions for screens with a high dynamic range: each with its part of the gain map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PIL import Image

from mediamill.domain.image.reading import libvips
from mediamill.domain.image.reading.gain_map import GainMap
from mediamill.domain.image.shaping import orientation
from mediamill.domain.image.shaping.placing import Placement
from mediamill.domain.image.shaping.pyramid import Pyramid
from mediamill.domain.image.writing import encoding
from mediamill.domain.image.writing.high_range import claim, encoded_map, joined
from mediamill.domain.image.writing.tags import Tags
from mediamill.domain.profile import Fit, Format, Profile

_HEADERS = 1_000  # bytes at most that say that there is a map, and where


def holds(profile: Profile) -> bool:
    """Whether a rendition can have a gain map: a JPEG's, and not where it is padded."""
    return profile.format is Format.JPEG and profile.fit is not Fit.CONTAIN


class HighRange:
    """The gain map of a picture, cut, turned and shrunk as its renditions are.

    `turn` is the picture's own, `size` its pixels as displayed.
    """

    def __init__(self, gain: GainMap, turn: int, size: Sequence[int]) -> None:
        self._gain = gain
        self._size = size
        stored = gain.picture.size
        shown = reversed(stored) if orientation.swaps_sides(turn) else stored
        self._shares = [part / whole for part, whole in zip(shown, size, strict=True)]
        self._pyramid = Pyramid(
            gain.picture, turn, None, size[0], size[1], libvips.resize, libvips.ENOUGH
        )

    def encode(
        self,
        picture: Image.Image,
        placement: Placement,
        profile: Profile,
        *,
        background: str,
        tags: Tags,
    ) -> bytes:
        """The rendition as JPEG with its map; without one where no room is left for it."""
        width, height = (
            max(1, round(side * share))
            for side, share in zip((placement.width, placement.height), self._shares, strict=True)
        )
        part = self._pyramid.one(replace(placement, width=width, height=height))
        map_ = encoded_map(part, self._gain, profile.quality)
        wanted = profile
        if profile.most_bytes is not None:
            room = profile.most_bytes - len(map_) - _HEADERS
            wanted = replace(profile, most_bytes=max(1, room))
        claimed = replace(tags, xmp=claim(tags.xmp, len(map_)))
        body = encoding.encode(picture, wanted, background=background, tags=claimed)
        whole = joined(body, map_, self._gain)
        if profile.most_bytes is not None and len(whole) > profile.most_bytes:
            return encoding.encode(picture, profile, background=background, tags=tags)
        return whole
