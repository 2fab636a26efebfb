"""MPEG transport streams: how long their pictures last, and how many come a second.

MediaInfo takes a stream's time from decoding stamps that it meets on its way, some frames before
the last, and the rate of H.264 from frames that it does not read at this speed. Both stand in the
presentation stamps of the streams' packets (ISO/IEC 13818-1: 2.4.3.2, 2.4.3.7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from mediamill.domain.metadata.reading.window import Window

_LOOKED_AT = 1024 * 1024  # bytes of the beginning, and of the end; MediaInfo has read both
_PACKET = 188
_TIMED = 4  # bytes that stand before each packet of M2TS
_SYNC = 0x47
_CLOCK = 90_000  # stamps a second
_WRAP = 1 << 33
_REORDERED = 17  # frames at the cut of what is looked at, of which some may lack: H.264's 16, and 1
_ENOUGH = 8  # frames that a rate is taken from
_EVEN = 2  # ticks by which the steps between frames of one rate differ, as stamps are rounded


@dataclass(frozen=True, slots=True)
class StreamTimes:
    """A stream's seconds, and its frames a second where their stamps are evenly spaced."""

    duration: float
    frame_rate: float | None


def read_times(window: Window) -> Mapping[int, StreamTimes]:
    """The times of the streams of pictures by their packet identifier; none where they are odd."""
    lead = _lead(window)
    if lead is None:
        return {}
    size = lead + _PACKET
    first = _stamps(window.at(0, _LOOKED_AT), size)
    rest = max(0, window.length - _LOOKED_AT)
    rest -= rest % size  # where a packet begins
    last = _stamps(window.at(rest, window.length - rest), size) if rest else first
    found = {}
    for pid, stamps in first.items():
        begun, ended = (_unwound(each, stamps[0]) for each in (stamps, last.get(pid, ())))
        steps = _steps(begun if rest == 0 else begun[:-_REORDERED])
        if not steps or not ended or (span := max(ended) - min(begun)) <= 0:
            continue
        rate = _CLOCK * len(steps) / sum(steps) if max(steps) - min(steps) <= _EVEN else None
        # The last picture is seen as long as the others.
        found[pid] = StreamTimes((span + sum(steps) / len(steps)) / _CLOCK, rate)
    return found


def _lead(window: Window) -> int | None:
    """How many bytes stand before each packet; None where this is no transport stream."""
    for lead in (0, _TIMED):
        size = lead + _PACKET
        begin = window.at(0, 2 * size)
        if len(begin) == 2 * size and begin[lead] == begin[lead + size] == _SYNC:
            return lead
    return None


def _unwound(stamps: Iterable[int], first: int) -> list[int]:
    """Ticks since `first`: the clock begins anew every 26.5 hours."""
    half = _WRAP // 2
    return [(stamp - first + half) % _WRAP - half for stamp in stamps]


def _steps(stamps: list[int]) -> list[int]:
    """Ticks between neighbours in the order in which they are shown; none where they are few."""
    shown = sorted(set(stamps))
    if len(shown) < _ENOUGH:
        return []
    return [after - before for before, after in pairwise(shown)]


def _stamps(content: bytes, size: int) -> Mapping[int, list[int]]:
    """Presentation stamps of pictures by packet identifier, in the order in which they stand."""
    found: dict[int, list[int]] = defaultdict(list)
    for pid, stamp in _pictures(content, size):
        found[pid].append(stamp)
    return found


def _pictures(content: bytes, size: int) -> Iterator[tuple[int, int]]:
    for end in range(size, len(content) + 1, size):
        packet = content[end - _PACKET : end]
        # A sync byte, no error, and the beginning of something.
        if packet[0] != _SYNC or packet[1] & 0xC0 != 0x40:
            continue
        at = 4 + (1 + packet[4] if packet[3] & 0x20 else 0)
        header = packet[at : at + 14]
        is_pictures = header[:3] == b"\0\0\1" and len(header) == 14 and header[3] & 0xF0 == 0xE0
        if is_pictures and header[7] & 0x80:
            yield (packet[1] & 0x1F) << 8 | packet[2], _stamp(header[9:14])


def _stamp(coded: bytes) -> int:
    """33 bits in three pieces, each with a marker behind it."""
    high = coded[0] >> 1 & 7
    middle = (coded[1] << 8 | coded[2]) >> 1
    low = (coded[3] << 8 | coded[4]) >> 1
    return high << 30 | middle << 15 | low
