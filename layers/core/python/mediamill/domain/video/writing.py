"""Writing small pictures: on a sheet, as a WebP, still or moving, and as a silent MP4."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from av.container import OutputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame

_LIMITED, _BT601, _BT709 = 1, 6, 1  # ITU-T H.273's numbers, which H.264 is tagged with
_SHEET = {"quality": "70", "compression_level": "4"}
_MOVING = {"quality": "60", "compression_level": "2"}
_SILENT = {"preset": "veryfast", "crf": "28", "profile": "high", "threads": "1"}


def mosaic(pictures: Sequence[VideoFrame], columns: int) -> VideoFrame:
    """Pictures of one size side by side, line by line; what stays empty is black."""
    import av.filter

    first = pictures[0]
    wide = min(columns, len(pictures))
    layout = f"{wide}x{-(-len(pictures) // wide)}"
    graph = av.filter.Graph()
    graph.threads = 1
    source = graph.add_buffer(
        width=first.width, height=first.height, format=first.format, time_base=Fraction(1, 25)
    )
    tile = graph.add("tile", f"layout={layout}:color=black")
    graph.link_nodes(source, tile, graph.add("buffersink")).configure()
    for number, picture in enumerate(pictures):
        picture.pts = number
        graph.vpush(picture)
    graph.vpush(None)
    return graph.vpull()


def webp(picture: VideoFrame) -> bytes:
    """One picture as a WebP."""
    picture.pts = 0
    encoder = _encoder("libwebp", picture, Fraction(1, 25), _SHEET)
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))


def moving_webp(pictures: Iterable[VideoFrame], rate: Fraction) -> bytes:
    """Pictures in a row, again and again; each one's `pts` counts in `1 / rate` seconds."""
    encoder: VideoCodecContext | None = None
    parts = []
    for picture in pictures:
        if encoder is None:
            encoder = _encoder("libwebp_anim", picture, 1 / rate, _MOVING)
        parts += encoder.encode(picture)
    return b"".join(
        bytes(packet) for packet in (*parts, *(encoder.encode(None) if encoder else ()))
    )


def silent_mp4(pictures: Iterator[VideoFrame], rate: Fraction) -> bytes:
    """Pictures in a row as H.264 that every browser plays, its index first."""
    body = io.BytesIO()
    first = next(pictures)
    with indexed_first(body) as container:
        stream = container.add_stream("libx264", rate=rate, options=_SILENT)
        context = stream.codec_context
        context.width, context.height, context.pix_fmt = first.width, first.height, "yuv420p"
        context.time_base = 1 / rate
        context.color_range, context.colorspace = _LIMITED, _BT601
        context.color_primaries = context.color_trc = _BT709
        for picture in (first, *pictures):
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return body.getvalue()


def indexed_first(body: io.BytesIO) -> OutputContainer:
    """An MP4 to write into, whose index comes before all else, so that it plays as it arrives."""
    import av

    return av.open(
        body,
        "w",
        format="mp4",
        options={"movflags": "+faststart"},
        io_open=lambda url, flags, options: _Reading(body),
    )


class _Reading(io.RawIOBase):
    """A second place in the same bytes: an index that goes first is written when all else is."""

    def __init__(self, body: io.BytesIO) -> None:
        super().__init__()
        self._body, self._position = body, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        end = len(self._body.getbuffer())
        self._position = (
            offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: end}[whence]
        )
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        end = None if size is None or size < 0 else self._position + size
        part = bytes(self._body.getbuffer()[self._position : end])
        self._position += len(part)
        return part


def _encoder(
    name: str, picture: VideoFrame, time_base: Fraction, options: dict[str, str]
) -> VideoCodecContext:
    import av

    encoder = cast("VideoCodecContext", av.CodecContext.create(name, "w"))
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuv420p"
    encoder.time_base = time_base
    encoder.thread_count = 1
    encoder.options = options
    return encoder
