"""The frame rates that Matroska's tracks state, which MediaInfo keeps back for some codecs."""

from __future__ import annotations

from collections.abc import Iterator

from mediamill.domain.ebml import SIGNATURE, elements
from mediamill.domain.metadata.reading.window import Window

HEAD = 128 * 1024
_SEGMENT, _TRACKS, _ENTRY, _CLUSTER = 0x18538067, 0x1654AE6B, 0xAE, 0x1F43B675
_TYPE, _DEFAULT_DURATION = 0x83, 0x23E383
_VIDEO = 1


def frame_durations(window: Window) -> list[int | None]:
    """Nanoseconds of a frame of each video track, in order (RFC 9559, 5.1.4.1.13)."""
    if window.at(0, 4) != SIGNATURE:
        return []
    head = window.at(0, HEAD)
    entries = [
        {
            name: int.from_bytes(head[at : min(end, at + 8)])
            for name, at, end in elements(head, inside, behind)
            if name in (_TYPE, _DEFAULT_DURATION)
        }
        for inside, behind in _below(head, 0, len(head), _SEGMENT, _TRACKS, _ENTRY)
    ]
    return [entry.get(_DEFAULT_DURATION) for entry in entries if entry.get(_TYPE) == _VIDEO]


def _below(head: bytes, at: int, end: int, *path: int) -> Iterator[tuple[int, int]]:
    """Where the elements that a path of ids leads to begin and end."""
    if not path:
        yield at, end
        return
    for name, inside, behind in elements(head, at, end):
        if name == _CLUSTER:
            return
        if name == path[0]:
            yield from _below(head, inside, behind, *path[1:])
