"""What MediaInfo leaves out of MP4 and QuickTime files, from the boxes themselves.

A file that is cut behind its movie header still has a duration and a date there; and some codecs'
channels stand in the sample description alone (ISO/IEC 14496-12, 8.2.2, 8.5.2, 12.2.3).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from mediamill.domain.facts import GpsFacts
from mediamill.domain.metadata.reading.boxes import Box, boxes
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window

MOST_TRACKS = 64
# Durations past this are the all-ones that mean unknown, or damage.
LONGEST = 10 * 365 * 86_400
LONGEST_XMP = 4 * 1024 * 1024
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # XMP specification, part 3, 1.2.7.1
_TEXTS = {
    b"\xa9nam": "title",
    b"\xa9ART": "artist",
    b"\xa9aut": "artist",
    b"\xa9alb": "album",
    b"\xa9cmt": "comment",
    b"\xa9cpy": "copyright",
    b"\xa9des": "description",
    b"\xa9inf": "description",
    b"\xa9key": "keywords",
    b"\xa9dir": "director",
    b"\xa9wrt": "composer",
    b"\xa9gen": "genre",
    b"\xa9day": "date",
    b"\xa9mak": "make",
    b"\xa9mod": "model",
    b"\xa9too": "encoder",
}
_EPOCH = datetime(1904, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class MovieFacts:
    """Seconds, an ISO date, and the channels of each sound track in order.

    `texts` are the user data's own (QuickTime's `©nam` and its like) under our names, `place` is
    3GPP's, `xmp` a packet.
    """

    duration: float | None = None
    created_at: str | None = None
    channels: tuple[int | None, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    place: GpsFacts | None = None
    xmp: bytes = b""


def read_movie(window: Window) -> MovieFacts | None:
    """The facts of the `moov` box, and of an XMP box beside it; None where there is no `moov`."""
    movie, xmp = None, b""
    for box in boxes(window):
        if box.kind == b"uuid" and box.body(16) == _XMP:
            xmp = box.window.at(16, LONGEST_XMP)
        elif box.kind == b"moov" and movie is None:
            movie = box
    if movie is None:
        return None
    inside = list(boxes(movie.window))
    header = next((inner for inner in inside if inner.kind == b"mvhd"), None)
    duration, created = _header(header) if header else (None, None)
    tracks = [inner for inner in inside if inner.kind == b"trak"][:MOST_TRACKS]
    user = [entry for inner in inside if inner.kind == b"udta" for entry in boxes(inner.window)]
    places = (_place(entry.body(1_024)) for entry in user if entry.kind == b"loci")
    return MovieFacts(
        duration=duration,
        created_at=created,
        channels=tuple(_channels(track) for track in tracks if _is_sound(track)),
        texts=_texts(user),
        place=next(filter(None, places), None),
        xmp=xmp or next((e.body(LONGEST_XMP) for e in user if e.kind == b"XMP_"), b""),
    )


def _texts(user: list[Box]) -> dict[str, str]:
    """QuickTime's user data: a length and a language before each text (QTFF, user data atoms)."""
    found: dict[str, str] = {}
    for box in user:
        name = _TEXTS.get(box.kind)
        body = box.body(4_096)
        length = int.from_bytes(body[:2])
        if name is None or len(body) < 4 or not 0 < length <= len(body) - 4:
            continue
        # Languages below 0x400 are Macintosh's, whose script for the West is MacRoman.
        is_mac = int.from_bytes(body[2:4]) < 0x400
        raw = body[4 : 4 + length]
        try:
            text = raw.decode()
        except UnicodeDecodeError:
            text = raw.decode("mac-roman" if is_mac else "utf-16-be", "replace")
        if cleaned := clean(text):
            found.setdefault(name, cleaned)
    return found


def _place(body: bytes) -> GpsFacts | None:
    """`loci` (3GPP TS 26.244, 8.2.10): a name, a role, and three fixed-point numbers."""
    at = 6
    if body[at : at + 2] in (b"\xfe\xff", b"\xff\xfe"):
        end = next((i for i in range(at, len(body) - 1, 2) if body[i : i + 2] == b"\0\0"), -2) + 2
    else:
        end = body.find(b"\0", at) + 1
    if end <= at or len(body) < end + 13:
        return None
    longitude, latitude, altitude = (
        number / 65_536 for number in struct.unpack_from(">iii", body, end + 1)
    )
    if abs(latitude) > 90 or abs(longitude) > 180 or not (latitude or longitude):
        return None
    return GpsFacts(
        latitude=round(latitude, 5), longitude=round(longitude, 5), altitude=round(altitude, 3)
    )


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
