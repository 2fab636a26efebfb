"""The cover that comes with a sound: one picture inside the file, written anew as a JPEG."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from mediamill.domain.derivative import Product
from mediamill.domain.video.display import shown
from mediamill.domain.video.opening import attend_only, is_cover
from mediamill.domain.video.poster import SIDE, jpeg

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream


def cover(container: InputContainer) -> Product | None:
    """The first cover that can be decoded; None where there is none."""
    for stream in container.streams.video:
        if is_cover(stream) and stream.codec_context is not None:
            frame = _frame(container, stream)
            if frame is not None:
                picture = shown(frame, Fraction(1), SIDE, SIDE)
                return Product("poster", jpeg(picture), "jpeg", picture.width, picture.height)
    return None


def _frame(container: InputContainer, stream: VideoStream) -> VideoFrame | None:
    import av

    attend_only(container, stream)
    try:
        packet = next((each for each in container.demux(stream) if each.size), None)
        if packet is None:
            return None
        frames = [*stream.codec_context.decode(packet), *stream.codec_context.decode(None)]
    except av.FFmpegError:
        return None
    return frames[0] if frames else None
