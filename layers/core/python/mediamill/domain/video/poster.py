"""The poster: one frame that says something, from near the beginning, as it is to be seen."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING

from mediamill.domain.derivative import Product
from mediamill.domain.video.display import shown
from mediamill.domain.video.looking import look
from mediamill.domain.video.stills import Still, Stills

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

SIDE = 3840
"""The longest side of a poster in pixels; renditions are made from it."""

# Where to look, by the share of the length: a tenth is past most openings and before most twists.
_PLACES = (0.10, 0.20, 0.05, 0.33, 0.50, 0.75)
# Where no length is known, or nothing can be sought: so many packets from the beginning.
_PACKETS = 600
_CANDIDATES = 8
_QUALITY = 3  # of FFmpeg's JPEG encoder: 2 is the finest, 31 the coarsest


def choose(stills: Stills) -> Still | None:
    """The first telling frame among the candidates, or else the best of them; None of none."""
    best: tuple[float, Still] | None = None
    for still in _candidates(stills):
        seen = look(still.frame)
        if seen.is_telling:
            return still
        if best is None or seen.worth > best[0]:
            best = seen.worth, still
    return best[1] if best else None


def _candidates(stills: Stills) -> Iterator[Still]:
    found: set[float | None] = set()
    for place in _PLACES if stills.seconds else ():
        still = stills.at((stills.seconds or 0) * place)
        if still is not None and still.at not in found:
            found.add(still.at)
            yield still
    if len(found) <= 1:  # one key frame, or nothing can be sought: what stands at the beginning
        yield from islice(stills.from_the_beginning(_PACKETS), _CANDIDATES)


def poster(still: Still, stills: Stills) -> Product:
    """The frame as a JPEG, upright, in square pixels and the colours of sRGB."""
    picture = shown(still.frame, stills.aspect, SIDE, SIDE)
    return Product("poster", jpeg(picture), "jpeg", picture.width, picture.height)


def jpeg(frame: VideoFrame) -> bytes:
    """A frame of full-range YUV as a JPEG."""
    import av

    encoder = av.CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base = Fraction(1, 25)
    encoder.thread_count = 1
    encoder.flags |= 2  # AV_CODEC_FLAG_QSCALE: by quality, not by size
    encoder.global_quality = _QUALITY * 118  # FF_QP2LAMBDA
    encoder.color_range = 2
    frame.pts = 0
    return b"".join(bytes(packet) for packet in [*encoder.encode(frame), *encoder.encode(None)])
