"""Single frames of a film: the key frame at or before a moment, and nothing else is decoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain, islice
from typing import TYPE_CHECKING

from mediamill.domain.video.opening import attend_only, first_moment, seconds_of

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# How many packets of the stream are tried for one frame: damaged ones, ones that need others.
_TRIES = 60
# Frames a second: what nobody's camera is past, and what is taken where the file has no clock.
_FASTEST, _USUAL = 300, 25


@dataclass(frozen=True, slots=True)
class Still:
    """A frame, and where it stands, in seconds from the beginning; None where nothing says so."""

    frame: VideoFrame
    at: float | None


class Stills:
    """A film, asked for its frame at a moment."""

    def __init__(self, container: InputContainer, stream: VideoStream) -> None:
        self.seconds = seconds_of(container, stream)
        self.area = (stream.codec_context.width or 0) * (stream.codec_context.height or 0)
        self.aspect = Fraction(stream.codec_context.sample_aspect_ratio or 1)
        self._container = container
        self._stream = stream
        self._first = first_moment(stream)
        attend_only(container, stream)

    def at(self, moment: float) -> Still | None:
        """The key frame at or before `moment`, seconds from the beginning; None where none is."""
        import av

        offset = int((self._first + moment) / (self._stream.time_base or 1))
        try:
            self._container.seek(offset, stream=self._stream, backward=True)
        except av.FFmpegError:
            if moment > 0:
                return None
        return next(self._key_frames(_TRIES), None)

    def run(self, moment: float, seconds: float) -> Iterator[Still]:
        """Every frame from the key frame at or before `moment` on, for so many seconds.

        Each says where it stands after the first one; what cannot be decoded is passed over.
        """
        import av

        offset = int((self._first + moment) / (self._stream.time_base or 1))
        with suppress(av.FFmpegError):
            self._container.seek(offset, stream=self._stream, backward=True)
        first: float | None = None
        for number, frame in enumerate(self._frames(int(seconds * _FASTEST))):
            stamp = frame.time if frame.time is not None else number / _USUAL
            first = stamp if first is None else first
            if stamp - first > seconds:
                return
            yield Still(frame, max(0.0, stamp - first))

    def from_the_beginning(self, most: int) -> Iterator[Still]:
        """The key frames among the first packets, in at most so many of them."""
        import av

        with suppress(av.FFmpegError):
            self._container.seek(0)
        return self._key_frames(most)

    def _key_frames(self, most: int) -> Iterator[Still]:
        """Packets that stand alone, decoded alone; where none gives a frame, those that follow."""
        waits = False
        for count, packet in enumerate(self._packets()):
            if count >= most:
                return
            if packet.is_keyframe or waits:
                frames = self._decoded(packet)
                waits = not frames
                for frame in frames[:1]:
                    yield Still(frame, self._moment(packet))

    def _frames(self, most: int) -> Iterator[VideoFrame]:
        """The frames of at most so many packets, in the order in which they are shown."""
        import av

        context = self._stream.codec_context
        try:
            for packet in chain(islice(self._packets(), most), (None,)):
                with suppress(av.FFmpegError):
                    yield from context.decode(packet)
        finally:
            context.flush_buffers()

    def _moment(self, packet: Packet[VideoStream]) -> float | None:
        stamp = packet.pts if packet.pts is not None else packet.dts
        if stamp is None or not packet.time_base:
            return None
        return max(0.0, round(float(stamp * packet.time_base) - self._first, 3))

    def _packets(self) -> Iterator[Packet[VideoStream]]:
        import av

        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                return  # damaged from here on
            if packet is None or not packet.size:
                return
            yield packet

    def _decoded(self, packet: Packet[VideoStream]) -> list[VideoFrame]:
        """What comes of one packet when no other follows."""
        import av

        context = self._stream.codec_context
        try:
            return [*context.decode(packet), *context.decode(None)]
        except av.FFmpegError:
            return []
        finally:
            context.flush_buffers()
