"""A decoded frame as it is to be seen: whole lines, upright, square pixels, the colours of sRGB."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, cast

from mediamill.domain.video.tone import HLG, PQ, curve

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

_BT709, _LIMITED, _FULL = 1, 1, 2  # H.273's number of the matrix; FFmpeg's of the range
_BT601 = 5  # swscale's number of what a JPEG is in: ITU-T T.871
_UNSAID, _HD = 2, 720  # a film of so many lines that names no matrix is taken to be in BT.709
# FFmpeg's scaler converts primaries too, and takes seconds to prepare it for each size.
_FROM_BT2020 = (
    "ispace=bt709:itrc=bt709:iprimaries=bt2020:irange=tv:"
    "space=smpte170m:trc=bt709:primaries=bt709:range=pc"
)


def shown(frame: VideoFrame, aspect: Fraction, width: int, height: int) -> VideoFrame:
    """The frame in YUV of full range, upright, at most `width` × `height`, never enlarged.

    `aspect` is a pixel's width by its height. HDR is tone-mapped.
    """
    if frame.interlaced_frame:
        frame = _filtered(frame, ("estdif", "mode=frame:deint=interlaced"))
    matrix = _matrix(frame)
    is_turned = matrix is not None and abs(matrix[0]) < abs(matrix[1])
    size = fitted(frame.width, frame.height, aspect, is_turned, width, height)
    coded = (size[1], size[0]) if is_turned else size
    plain = _plain(frame, *coded)
    steps = _upright(matrix) if matrix is not None else ()
    return _filtered(plain, *steps) if steps else plain


def fitted(
    width: int, height: int, aspect: Fraction, is_turned: bool, most_width: int, most_height: int
) -> tuple[int, int]:
    """The size in square pixels, upright, within the box; both at least 2."""
    wide, tall = float(width), float(height)
    if aspect > 1:
        wide *= float(aspect)
    elif 0 < aspect < 1:
        tall /= float(aspect)
    if is_turned:
        wide, tall = tall, wide
    scale = min(1.0, most_width / wide, most_height / tall)
    return max(2, round(wide * scale)), max(2, round(tall * scale))


def _plain(frame: VideoFrame, width: int, height: int) -> VideoFrame:
    """Scaled and in full range; HDR through its table, with BT.709's primaries."""
    matrix = _BT709 if frame.colorspace == _UNSAID and frame.height >= _HD else None
    if int(frame.color_trc) not in (PQ, HLG):
        return frame.reformat(
            width=width,
            height=height,
            format="yuvj420p",
            src_colorspace=matrix,
            dst_colorspace=_BT601,
            dst_color_range=_FULL,
            threads=1,
        )
    table = curve(int(frame.color_trc))
    signals = frame.reformat(width=width, height=height, format="rgb24", threads=1)
    for plane in signals.planes:
        plane.update(bytes(plane).translate(table))
    plain = signals.reformat(
        format="yuv444p", dst_colorspace=_BT709, dst_color_range=_LIMITED, threads=1
    )
    return _filtered(plain, ("colorspace", _FROM_BT2020)).reformat(format="yuvj420p", threads=1)


Matrix = tuple[int, int, int, int]
"""Where a display matrix takes a pixel: right by a × x + c × y, down by b × x + d × y."""


def _matrix(frame: VideoFrame) -> Matrix | None:
    """ISO/IEC 14496-12, 6.2.2: nine numbers of 32 bits, of which four turn and mirror."""
    found = cast("bytes | None", frame.side_data.get("DISPLAYMATRIX"))
    body = bytes(found) if found is not None else b""
    if len(body) < 36:
        return None
    a, b, _, c, d = struct.unpack_from("<5i", body)
    return a, b, c, d


def _upright(matrix: Matrix) -> Sequence[tuple[str, str]]:
    """The filters that do what the matrix says, to the nearest quarter of a turn."""
    a, b, c, d = matrix
    if abs(a) >= abs(b):
        return [("hflip", "")] * (a < 0) + [("vflip", "")] * (d < 0)
    if b > 0:
        return [("transpose", "dir=clock" if c < 0 else "dir=cclock_flip")]
    return [("transpose", "dir=cclock" if c > 0 else "dir=clock_flip")]


def _filtered(frame: VideoFrame, *steps: tuple[str, str]) -> VideoFrame:
    """One frame through FFmpeg's filters."""
    import av.filter

    graph = av.filter.Graph()
    graph.threads = 1
    nodes = [
        graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=Fraction(1, 25)
        )
    ]
    nodes += [graph.add(name, options or None) for name, options in steps]
    graph.link_nodes(*nodes, graph.add("buffersink")).configure()
    graph.vpush(frame)
    graph.vpush(None)
    return graph.vpull()
