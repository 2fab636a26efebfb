"""A sound, listened to once from beginning to end: peaks, loudness, and a file for the web."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from mediamill.domain.derivative import Product
from mediamill.domain.facts import SoundFacts
from mediamill.domain.video.meter import Meter
from mediamill.domain.video.opening import Medium, attend_only
from mediamill.domain.video.peaks import Peaks
from mediamill.domain.video.waveform import HEIGHT, WIDTH, waveform
from mediamill.domain.video.websound import WebSound

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.audio.resampler import AudioResampler
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.packet import Packet


class TooLong(Exception):
    """The sound goes on for longer than it may."""


def sound(
    container: InputContainer, stream: AudioStream, medium: Medium
) -> Iterator[Product | SoundFacts]:
    """The sound for the web, its peaks, a picture of them, and what was heard.

    Nothing but covers, which come first, may have been read of the container before. Yields
    nothing of a sound that cannot be decoded. Raises TooLong as soon as it is known to be.
    """
    most = medium.limits.sound_seconds
    if stream.duration and stream.time_base and stream.duration * stream.time_base > most:
        raise TooLong
    attend_only(container, stream)
    meter, peaks, web = Meter(), Peaks(), WebSound(stream, medium.bytes)
    small = _Converter("u8", "mono")
    wide = _Converter("fltp", web.layout, web.rate) if web.how == "encoded" else None
    seconds = 0.0
    for packet in _packets(container, stream):
        frames = _decoded(stream, packet)
        if wide is None and packet is not None:
            web.copy(packet)
        for frame in frames:
            seconds += frame.samples / (frame.sample_rate or 1)
            if seconds > most:
                raise TooLong
            meter.hear(frame)
            for each in small.of(frame):
                peaks.hear(each)
            for each in wide.of(frame) if wide else ():
                web.encode(each)
    if not seconds:
        return
    for each in small.of(None):
        peaks.hear(each)
    peaks.end()
    for last in (*wide.of(None), None) if wide else ():
        web.encode(last)
    yield Product("audio", web.end(), web.format)
    yield Product("peaks", peaks.json(), "json")
    yield Product("waveform", waveform(peaks), "png", WIDTH, HEIGHT)
    yield replace(meter.facts(), web=web.how)


def first_sound(container: InputContainer) -> AudioStream | None:
    """The first stream of sound that a decoder knows."""
    return next((each for each in container.streams.audio if each.codec_context is not None), None)


class _Converter:
    """Frames into one form, counted from nought, though their own form may change."""

    def __init__(self, format_: str, layout: str, rate: int | None = None) -> None:
        self._format, self._layout, self._rate = format_, layout, rate
        self._resampler: AudioResampler | None = None
        self._shape: tuple[str, str, int] | None = None
        self._count = 0

    def of(self, frame: AudioFrame | None) -> Iterator[AudioFrame]:
        """The same samples in this form; None brings those that were held back."""
        import av

        if frame is not None:
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            if shape != self._shape:
                self._rate = self._rate or frame.sample_rate
                yield from self.of(None)
                self._shape = shape
                self._resampler = av.AudioResampler(self._format, self._layout, self._rate)
            frame.pts = None
        for made in self._resampler.resample(frame) if self._resampler else ():
            made.pts, made.time_base = self._count, Fraction(1, made.sample_rate)
            self._count += made.samples
            yield made


def _packets(
    container: InputContainer, stream: AudioStream
) -> Iterator[Packet[AudioStream] | None]:
    """The packets until the first that cannot be read, and None for what the decoder holds."""
    import av

    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except av.FFmpegError:
            packet = None
        yield packet if packet is not None and packet.size else None
        if packet is None or not packet.size:
            return


def _decoded(stream: AudioStream, packet: Packet[AudioStream] | None) -> list[AudioFrame]:
    import av

    try:
        return list(stream.codec_context.decode(packet))
    except av.FFmpegError:
        return []
