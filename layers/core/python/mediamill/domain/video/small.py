"""Small pictures of a film, for sheets and previews: as they are to be seen, in even sizes."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from mediamill.domain.video.display import shown

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_LIMITED = 1  # FFmpeg's number of the range that WebP and H.264 are written in


def small(frame: VideoFrame, aspect: Fraction, side: int) -> VideoFrame:
    """The frame within `side` × `side` pixels, in YUV 4:2:0 of limited range, as BT.601 has it.

    Width and height are even, as the encoders want them.
    """
    picture = shown(frame, aspect, side, side)
    return resized(picture, even(picture.width), even(picture.height))


def resized(picture: VideoFrame, width: int, height: int) -> VideoFrame:
    """The same in another size, for frames that stand in a row with others."""
    return picture.reformat(
        width=width, height=height, format="yuv420p", dst_color_range=_LIMITED, threads=1
    )


def even(length: float) -> int:
    """The nearest even number, at least 2."""
    return max(2, 2 * round(length / 2))
