"""A sound for the web: the stream that is there where every browser plays it, or else AAC."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from mediamill.domain.facts import Handling
from mediamill.domain.limits import MEGA
from mediamill.domain.video.writing import indexed_first

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.stream import AudioStream
    from av.packet import Packet

# A copy is held in memory, and so is what is encoded: two hours of 128 kbit/s are 115 MB.
_MOST_TO_COPY = 150 * MEGA
_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_BITS = {1: 96_000, 2: 128_000}


class WebSound:
    """Packets and frames in, in the order of the file; a file for the web out."""

    def __init__(self, stream: AudioStream, size: int) -> None:
        import av

        self.format = "mp3" if _is_mp3(stream) else "m4a"
        fits = (_is_mp3(stream) or _is_plain_aac(stream)) and size <= _MOST_TO_COPY
        self.how = Handling.COPIED if fits else Handling.ENCODED
        self._body = io.BytesIO()
        if not fits:
            self.format = "m4a"
        if self.format == "mp3":
            self._container = av.open(self._body, "w", format="mp3")
        else:
            self._container = indexed_first(self._body)
        self._out: Any
        if fits:
            self._out = self._container.add_stream_from_template(stream)
        else:
            channels = 1 if stream.codec_context.channels == 1 else 2
            rate = stream.codec_context.sample_rate
            self.rate = rate if rate in _RATES else 48_000
            self.layout = {1: "mono", 2: "stereo"}[channels]
            self._out = self._container.add_stream("aac", rate=self.rate, layout=self.layout)
            self._out.codec_context.bit_rate = _BITS[channels]

    def copy(self, packet: Packet[AudioStream]) -> None:
        """A packet as it is in the original."""
        if packet.dts is not None and packet.size:
            packet.stream = self._out
            self._container.mux(packet)

    def encode(self, frame: AudioFrame | None) -> None:
        """Samples of this file's rate and layout; None when there are no more."""
        self._container.mux(self._out.encode(frame))

    def end(self) -> bytes:
        """The file."""
        self._container.close()
        return self._body.getvalue()


def _is_mp3(stream: AudioStream) -> bool:
    return stream.codec_context.codec.canonical_name == "mp3"


def _is_plain_aac(stream: AudioStream) -> bool:
    """AAC of low complexity, in one or two channels: what every browser plays."""
    context = stream.codec_context
    is_aac = context.codec.canonical_name == "aac" and context.profile in ("LC", None)
    return is_aac and context.channels in (1, 2) and context.sample_rate <= 48_000
