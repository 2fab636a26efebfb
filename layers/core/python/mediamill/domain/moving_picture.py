"""Whether a container that may hold either has a moving picture in it, or sound alone.

MP4 and QuickTime, Matroska, ASF, Ogg and Flash say so in their headers. The header of an MP4 may
stand behind its streams: there a few bytes more are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mediamill.domain.ebml import SIGNATURE, elements

Reach = Callable[[int, int], bytes]
"""The bytes at an offset, so many of them; fewer where the file ends."""

MOST_READS = 12
_STEP = 65_536
_BOXES = {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"uuid"}
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_VIDEO = bytes.fromhex("c0ef19bc4d5bcf11a8fd00805f5c442b")
_ASF_AUDIO = bytes.fromhex("409e69f84d5bcf11a8fd00805f5c442b")
_OGG_VIDEO = (b"\x80theora", b"BBCD\0", b"\x80daala", b"OVP80", b"\x01video\0")
_OGG_AUDIO = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ", b"PCM     ")


def has_moving_picture(head: bytes, reach: Reach | None = None) -> bool | None:
    """Whether there is a track of pictures in what begins with `head`; None where nobody can say.

    `reach` reads further into the file, at most MOST_READS times.
    """
    if head[4:8] in _BOXES:
        return _in_boxes(_Reader(head, reach))
    if head.startswith(SIGNATURE):
        return _in_matroska(head)
    if head.startswith(_ASF):
        return True if _ASF_VIDEO in head else (False if _ASF_AUDIO in head else None)
    if head.startswith(b"OggS"):
        first = head[:8_192]
        if any(codec in first for codec in _OGG_VIDEO):
            return True
        return False if any(codec in first for codec in _OGG_AUDIO) else None
    if head.startswith(b"FLV"):
        return bool(head[4] & 1) if len(head) > 4 and head[4] & 5 else None
    return None


class _Reader:
    """The head, and what lies behind it by a bounded number of reads."""

    def __init__(self, head: bytes, reach: Reach | None) -> None:
        self._parts = [(0, head)]
        self._reach = reach
        self._left = MOST_READS

    def at(self, offset: int, length: int) -> bytes:
        for start, part in self._parts:
            if start <= offset and offset + length <= start + len(part):
                return part[offset - start : offset - start + length]
        if self._reach is None or not self._left:
            return b""
        self._left -= 1
        part = self._reach(offset, _STEP)
        self._parts.append((offset, part))
        return part[:length]


def _in_boxes(file: _Reader) -> bool | None:
    """By the handlers of the tracks (ISO/IEC 14496-12, 8.4.3)."""
    for kind, start, end in _boxes(file, 0, None):
        if kind == b"moov":
            handlers = list(_handlers(file, start, end))
            if b"vide" in handlers:
                return True
            return False if b"soun" in handlers else None
    return None


def _handlers(
    file: _Reader, start: int, end: int | None, into: tuple[bytes, ...] = (b"trak", b"mdia")
) -> Iterator[bytes]:
    for kind, inside, behind in _boxes(file, start, end):
        if into and kind == into[0]:
            yield from _handlers(file, inside, behind, into[1:])
        elif kind == b"hdlr":
            yield file.at(inside + 8, 4)


def _boxes(file: _Reader, at: int, end: int | None) -> Iterator[tuple[bytes, int, int | None]]:
    """The kind of each box, where its content begins, and where it ends (None: with the file)."""
    for _ in range(256):
        if end is not None and at + 8 > end:
            return
        head = file.at(at, 16) or file.at(at, 8)
        size, skip = int.from_bytes(head[:4]), 8
        if size == 1 and len(head) == 16:
            size, skip = int.from_bytes(head[8:]), 16
        if len(head) < 8 or (size < skip and size != 0):
            return
        behind = at + size if size else end
        if behind is not None and end is not None:
            behind = min(behind, end)  # or what follows would be read twice, and twice again
        yield head[4:8], at + skip, behind
        if size == 0:
            return
        at += size


_TYPE, _CLUSTER = 0x83, 0x1F43B675
_DOWN = (0x18538067, 0x1654AE6B, 0xAE)  # the segment, its tracks, each of them


def _in_matroska(head: bytes) -> bool | None:
    """By the tracks' types (RFC 9559, 5.1.4.1.3)."""
    types = list(_track_types(head, 0, len(head)))
    return True if 1 in types else (False if 2 in types else None)


def _track_types(head: bytes, at: int, end: int, into: tuple[int, ...] = _DOWN) -> Iterator[int]:
    for name, start, behind in elements(head, at, end):
        if name == _CLUSTER:
            return
        if into and name == into[0]:
            yield from _track_types(head, start, behind, into[1:])
        elif name == _TYPE:
            yield int.from_bytes(head[start : min(behind, start + 8)])
