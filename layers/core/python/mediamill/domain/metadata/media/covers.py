"""Where FLAC and MP4 keep cover pictures: found by their headers, so that nobody reads them.

MediaInfo is shown padding in their place. A cover of 40 MB otherwise costs 34 MB of reading.
"""

from __future__ import annotations

from collections.abc import Iterator

from mediamill.domain.metadata.media.view import Cover
from mediamill.domain.metadata.reading.boxes import Box, boxes
from mediamill.domain.metadata.reading.window import Window

MOST_AT_ONCE = 2 * 1024 * 1024
_PICTURE, _PADDING = 6, 1
_MOST_BLOCKS = 200


def covers(window: Window) -> list[Cover]:
    """Where the covers stand, in the file's order."""
    head = window.at(0, 12)
    if head[:4] == b"fLaC":
        return list(_of_flac(window))
    return _of_movie(window) if head[4:8] == b"ftyp" else []


def _of_flac(window: Window) -> Iterator[Cover]:
    """PICTURE blocks (RFC 9639, 8.8), whose type shares a byte with the flag of being the last."""
    at = 4
    for _ in range(_MOST_BLOCKS):
        head = window.at(at, 4)
        if len(head) < 4:
            return
        end = at + 4 + int.from_bytes(head[1:])
        if head[0] & 127 == _PICTURE:
            yield Cover(at, bytes([head[0] & 128 | _PADDING]), at + 4, end)
        if head[0] & 128:
            return
        at = end


def _of_movie(window: Window) -> list[Cover]:
    """`covr` in iTunes' list of tags: moov, udta, meta, ilst."""
    for box in boxes(window):
        if box.kind == b"moov" and box.window.length <= MOST_AT_ONCE:
            box.body(box.window.length)  # everybody reads it, and in one piece it is one request
    found = [Box(b"", window, 0)]
    for kind in (b"moov", b"udta", b"meta", b"ilst", b"covr"):
        found = [inner for outer in found for inner in _inside(outer, kind)]
    return [
        Cover(box.offset - 4, b"free", box.offset, box.offset + box.window.length) for box in found
    ]


def _inside(outer: Box, kind: bytes) -> list[Box]:
    """The boxes of a kind, with offsets from the beginning of the file."""
    # ISO's `meta` begins with a version, QuickTime's with its first box.
    start = 4 if outer.kind == b"meta" and outer.window.at(8, 4) == b"hdlr" else 0
    return [
        Box(box.kind, box.window, outer.offset + box.offset, box.whole)
        for box in boxes(outer.window, start)
        if box.kind == kind
    ]
