"""What MediaInfo leaves out of MP4 and QuickTime files, from the boxes themselves.

A file that is cut behind its movie header still has a duration and a date there; and some codecs'
channels stand in the sample description alone (ISO/IEC 14496-12, 8.2.2, 8.5.2, 12.2.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mediamill.domain.metadata.reading.boxes import Box, boxes
from mediamill.domain.metadata.reading.window import Window

MOST_TRACKS = 64
# Durations past this are the all-ones that mean unknown, or damage.
LONGEST = 10 * 365 * 86_400
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MovieFacts:
    """Seconds, an ISO date, and the channels of each sound track in order."""

    duration: float | None = None
    created_at: str | None = None
    channels: tuple[int | None, ...] = ()


def read_movie(window: Window) -> MovieFacts | None:
    """The facts of the `moov` box; None where there is none."""
    for box in boxes(window):
        if box.kind == b"moov":
            inside = list(boxes(box.window))
            header = next((inner for inner in inside if inner.kind == b"mvhd"), None)
            duration, created = _header(header) if header else (None, None)
            tracks = [inner for inner in inside if inner.kind == b"trak"][:MOST_TRACKS]
            channels = tuple(_channels(track) for track in tracks if _is_sound(track))
            return MovieFacts(duration, created, channels)
    return None


def _header(box: Box) -> tuple[float | None, str | None]:
    body = box.body(32)
    wide = body[:1] == b"\1"
    size = 8 if wide else 4
    needed = 4 + 2 * size + 4 + size
    created = int.from_bytes(body[4 : 4 + size])
    scale = int.from_bytes(body[4 + 2 * size : 8 + 2 * size])
    length = int.from_bytes(body[8 + 2 * size : needed])
    duration = length / scale if len(body) >= needed and scale else None
    if duration is not None and not 0 < duration < LONGEST:
        duration = None
    return duration, _date(created) if len(body) >= 4 + size else None


def _date(seconds: int) -> str | None:
    if not 0 < seconds < 2**36:
        return None
    try:
        moment = _EPOCH + timedelta(seconds=seconds)
    except OverflowError:
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment.year < 2200 else None


def _is_sound(track: Box) -> bool:
    handler = next(_below(track, b"mdia", b"hdlr"), None)
    return handler is not None and handler.body(12)[8:12] == b"soun"


def _channels(track: Box) -> int | None:
    description = next(_below(track, b"mdia", b"minf", b"stbl", b"stsd"), None)
    body = description.body(44) if description else b""
    # Full box, count of entries, then the entry: its size and name, 16 bytes, its channels.
    count = int.from_bytes(body[32:34]) if len(body) >= 34 else 0
    return count if 0 < count <= 64 else None


def _below(box: Box, *path: bytes) -> Iterator[Box]:
    if not path:
        yield box
        return
    for inner in boxes(box.window):
        if inner.kind == path[0]:
            yield from _below(inner, *path[1:])
