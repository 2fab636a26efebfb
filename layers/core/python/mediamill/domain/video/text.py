"""Text that comes with a film or a sound, as WebVTT: subtitles, a file for each, and chapters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from mediamill.domain.derivative import Product
from mediamill.domain.facts import TextTrackFacts
from mediamill.domain.limits import MEGA
from mediamill.domain.video.ass import cue_text
from mediamill.domain.video.opening import Medium, attend_only
from mediamill.domain.video.vtt import Cue, escaped, vtt

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.subtitles.stream import SubtitleStream

# Where no index says where the texts are, the whole file is read for them.
_MOST_WITHOUT_INDEX = 1000 * MEGA
_UNSAID = 5.0  # seconds that a text stands whose end nothing tells
_MOST_TRACKS = 50
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Track:
    """A text track as it was found, and how it is written."""

    facts: TextTrackFacts
    product: Product


@dataclass(slots=True)
class _Reading:
    stream: SubtitleStream
    cues: list[Cue] = field(default_factory=list)


def chapters(container: InputContainer) -> Product | None:
    """Chapters with their titles; None where there are none."""
    cues = []
    for number, chapter in enumerate(container.chapters(), 1):
        base = float(chapter["time_base"] or 0)
        begins, ends = max(0.0, chapter["start"] * base), chapter["end"] * base
        title = " ".join(chapter["metadata"].get("title", "").split()) or f"Chapter {number}"
        if ends > begins:
            cues.append(Cue(begins, ends, escaped(title)))
    cues.sort(key=lambda cue: cue.begins)
    return Product("chapters", vtt(cues), "vtt") if cues else None


def is_too_long_to_read(container: InputContainer, medium: Medium) -> bool:
    """Whether there are texts, for which more would have to be read than they are worth."""
    has_index = container.format.name.startswith("mov")
    return bool(_texts(container)) and not has_index and medium.bytes > _MOST_WITHOUT_INDEX


def text_tracks(container: InputContainer, medium: Medium) -> Iterator[Track]:
    """Every track of text; pictures of text are none."""
    import av

    readings = {stream.index: _Reading(stream) for stream in _texts(container)[:_MOST_TRACKS]}
    if not readings:
        return
    attend_only(container, *(each.stream for each in readings.values()))
    with suppress(av.FFmpegError):  # where nothing can be sought, what comes next is read
        container.seek(0)
    begins = (container.start_time or 0) / _MICROSECONDS
    room = medium.limits.text_bytes
    try:
        for packet in container.demux([each.stream for each in readings.values()]):
            for cue in _cues(packet, begins):
                room -= len(cue.text.encode()) + len("00:00:00.000 --> 00:00:00.000\n\n\n")
                if room < 0:
                    break
                readings[packet.stream_index].cues.append(cue)
    except av.FFmpegError:
        pass  # damaged from here on
    found = [each for each in readings.values() if each.cues]
    for number, reading in enumerate(found, 1):
        cues = sorted(reading.cues, key=lambda cue: (cue.begins, cue.ends))
        product = Product("subtitles", vtt(cues), "vtt", number=number, truncated=room < 0)
        yield Track(_facts(reading.stream, number, len(cues)), product)


def _texts(container: InputContainer) -> Sequence[SubtitleStream]:
    return [
        stream
        for stream in container.streams.subtitles
        if stream.codec_context is not None and stream.codec_context.codec.text_sub
    ]


def _cues(packet: Packet[Any], begins: float) -> Iterator[Cue]:
    import av

    if packet.pts is None or not packet.size or not packet.time_base:
        return
    try:
        lines = packet.decode()
    except av.FFmpegError:
        return
    start = float(packet.pts * packet.time_base) - begins
    length = float((packet.duration or 0) * packet.time_base) or _UNSAID
    for line in lines:
        written = cast("bytes", getattr(line, "ass", b""))
        text = cue_text(written.decode("utf-8", "replace"))
        if text and start + length > 0:
            yield Cue(max(0.0, start), start + length, text)


def _facts(stream: SubtitleStream, number: int, count: int) -> TextTrackFacts:
    tags: Mapping[str, str] = stream.metadata
    language = stream.language
    kinds = type(stream.disposition)
    return TextTrackFacts(
        number=number,
        count=count,
        language=None if language in (None, "", "und") else language,
        title=tags.get("title") or tags.get("name") or None,
        default=bool(stream.disposition & kinds.default),
        forced=bool(stream.disposition & kinds.forced),
    )
