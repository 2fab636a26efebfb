"""TIFF directories, as pictures and EXIF blocks hold them: tags to raw values.

After TIFF 6.0 and Exif 3.0, with BigTIFF's 64-bit offsets. Directories and values that point
nowhere are skipped, loops are cut, long values are never read.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeAlias

from mediamill.domain.metadata.reading.window import Window

Value: TypeAlias = "bytes | tuple[int, ...] | tuple[float | None, ...]"
Directory: TypeAlias = dict[int, Value]

# Type number: (bytes of one value, struct letter); ASCII, BYTE strings and UNDEFINED stay bytes.
_TYPES = {
    1: (1, "B"),
    2: (1, ""),
    3: (2, "H"),
    4: (4, "I"),
    5: (8, "II"),
    6: (1, "b"),
    7: (1, ""),
    8: (2, "h"),
    9: (4, "i"),
    10: (8, "ii"),
    11: (4, "f"),
    12: (8, "d"),
    13: (4, "I"),
    16: (8, "Q"),
    17: (8, "q"),
    18: (8, "Q"),
    129: (1, ""),
}
# TIFF's own, Panasonic's, and Olympus' two.
_VERSIONS = {42, 85, 0x4F52, 0x5352}
MOST_ENTRIES = 512
MOST_DIRECTORIES = 2_000
LONGEST_VALUE = 64 * 1024
# XMP, IPTC, Photoshop resources and ICC profiles stand whole in one entry.
BLOBS = {700, 33723, 34377, 34675}
LONGEST_BLOB = 4 * 1024 * 1024
# Never looked at: maker notes are undocumented, and hold serial numbers and faces.
SKIPPED = {37500, 50341, 59932}


class Tiff:
    """A TIFF structure in `window`; raises ValueError where its first bytes are none."""

    def __init__(self, window: Window) -> None:
        head = window.at(0, 16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 8:
            raise ValueError("not a TIFF structure")
        self.truncated = False  # a directory is not all there
        self._order = order
        self._window = window
        (version,) = struct.unpack(f"{order}H", head[2:4])
        self.big = version == 43
        if not self.big and version not in _VERSIONS:
            raise ValueError("not a TIFF structure")
        if self.big and len(head) < 16:
            raise ValueError("not a TIFF structure")
        form = f"{order}Q" if self.big else f"{order}I"
        start = 8 if self.big else 4
        (self.first,) = struct.unpack(form, head[start : start + struct.calcsize(form)])

    def chain(self) -> Iterator[int]:
        """The offsets of the main directories, one per page, without repeating one."""
        offset, seen = self.first, set[int]()
        while offset and offset not in seen and len(seen) < MOST_DIRECTORIES:
            seen.add(offset)
            yield offset
            offset = self._next(offset)

    def directory(self, offset: int) -> Directory:
        """The values of the directory at `offset` by tag number; empty where there is none."""
        count, at = self._entries(offset)
        size, form = (20, "HHQ8s") if self.big else (12, "HHI4s")
        raw = self._window.at(at, min(count, MOST_ENTRIES) * size)
        self.truncated = self.truncated or len(raw) < min(count, MOST_ENTRIES) * size
        found: Directory = {}
        for index in range(len(raw) // size):
            tag, type_, number, inline = struct.unpack_from(
                f"{self._order}{form}", raw, index * size
            )
            if tag not in found and tag not in SKIPPED:
                value = self._value(tag, type_, number, inline)
                if value:
                    found[tag] = value
        return found

    def _entries(self, offset: int) -> tuple[int, int]:
        form = f"{self._order}Q" if self.big else f"{self._order}H"
        try:
            (count,) = self._window.unpack(form, offset)
        except EOFError:
            self.truncated = True
            return 0, offset
        return count, offset + struct.calcsize(form)

    def _next(self, offset: int) -> int:
        count, at = self._entries(offset)
        size, form = (20, "Q") if self.big else (12, "I")
        try:
            return self._window.unpack(f"{self._order}{form}", at + count * size)[0]
        except EOFError:
            return 0

    def _value(self, tag: int, type_: int, number: int, inline: bytes) -> Value | None:
        if type_ not in _TYPES or number < 1:
            return None
        each, letter = _TYPES[type_]
        length = each * number
        if length > (LONGEST_BLOB if tag in BLOBS else LONGEST_VALUE):
            return None
        if length <= len(inline):
            raw = inline[:length]
        else:
            form = f"{self._order}{'Q' if self.big else 'I'}"
            raw = self._window.at(struct.unpack(form, inline)[0], length)
        if not letter or (letter == "B" and (number > 16 or tag in BLOBS)):
            return raw
        whole = len(raw) // each
        numbers = struct.unpack(f"{self._order}{letter * whole}", raw[: whole * each])
        if len(letter) == 1:
            return numbers
        return tuple(
            above / below if below else None
            for above, below in zip(numbers[::2], numbers[1::2], strict=True)
        )
