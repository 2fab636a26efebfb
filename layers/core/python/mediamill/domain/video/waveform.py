"""A picture of a sound: its peaks from left to right, on nothing."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from mediamill.domain.video.peaks import Peaks

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

WIDTH, HEIGHT = 1600, 320
_ON, _OFF = bytes((0x4F, 0x7C, 0xAC, 255)), bytes(4)  # a blue that is seen on white and on black
_LEVELS = 256


def waveform(peaks: Peaks) -> bytes:
    """A PNG with transparency; `peaks` has at least one pixel."""
    import av

    count = len(peaks.low)
    spans = []
    for x in range(WIDTH):
        begin = min(x * count // WIDTH, count - 1)
        end = max(begin + 1, (x + 1) * count // WIDTH)
        top = (_LEVELS - 1 - max(peaks.high[begin:end])) * HEIGHT // _LEVELS
        bottom = (_LEVELS - 1 - min(peaks.low[begin:end])) * HEIGHT // _LEVELS
        spans.append((top, max(bottom, top + 1)))  # a line is seen where nothing is heard
    frame = av.VideoFrame(WIDTH, HEIGHT, "rgba")
    plane = frame.planes[0]
    rows = (
        b"".join(_ON if top <= y <= bottom else _OFF for top, bottom in spans)
        for y in range(HEIGHT)
    )
    plane.update(b"".join(row.ljust(plane.line_size, b"\0") for row in rows))
    return _png(frame)


def _png(frame: VideoFrame) -> bytes:
    import av

    encoder = av.CodecContext.create("png", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "rgba"
    encoder.time_base = Fraction(1, 25)
    encoder.thread_count = 1
    frame.pts = 0
    return b"".join(bytes(packet) for packet in (*encoder.encode(frame), *encoder.encode(None)))
