"""Camera raw: the JPEG preview that the camera put into the file.

DNG, CR2, NEF, ARW, PEF, ORF and RW2 are TIFF directories; RAF has the preview's place in its
header. Only directories are read here; the preview then goes the way of any JPEG.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_DIRECTORIES = 64
_MOST_ENTRIES = 1_000

_NEW_SUBFILE, _COMPRESSION, _PHOTOMETRIC = 0x00FE, 0x0103, 0x0106
_STRIP_OFFSETS, _ORIENTATION, _STRIP_BYTES = 0x0111, 0x0112, 0x0117
_SUB_DIRECTORIES, _JPEG_OFFSET, _JPEG_BYTES = 0x014A, 0x0201, 0x0202
_PANASONIC_JPEG = 0x002E
_DNG_VERSION = 0xC612

# Photometric interpretations that only raw has: colour filter array, linear raw (DNG 1.7).
_RAW_PHOTOMETRIC = {32803, 34892}
# Nikon's, Sony's, Pentax's and Canon's own compressions.
_RAW_COMPRESSION = {34713, 32767, 65535, 65000}
_JPEG_COMPRESSION = {6, 7}

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 7: 1, 9: 4, 13: 4}
_LETTERS = {3: "H", 4: "I", 9: "i", 13: "I"}

Directory = dict[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Preview:
    """Where the largest preview lies, and how the raw says it is to be turned."""

    start: int
    length: int
    orientation: int


def find(original: bytes) -> Preview | None:
    """The preview of a raw, None for a TIFF that is none or a raw that has no JPEG in it."""
    if original.startswith(b"FUJIFILMCCD-RAW"):
        if len(original) < 92:
            return None
        start, length = struct.unpack_from(">II", original, 84)
        return _largest(original, [(start, length)], 1)
    directories = list(_directories(original))
    if not directories or not _is_raw(original, directories):
        return None
    turn = next((d[_ORIENTATION][0] for d in directories if d.get(_ORIENTATION)), 1)
    return _largest(original, _candidates(directories), turn if 1 <= turn <= 8 else 1)


def _is_raw(original: bytes, directories: list[Directory]) -> bool:
    """Whether it is more than a TIFF: raw's own magic, tags or compressions."""
    if original[:4] not in (b"II*\0", b"MM\0*") or original[8:10] == b"CR":
        return True
    return any(
        _DNG_VERSION in directory
        or directory.get(_PHOTOMETRIC, (0,))[0] in _RAW_PHOTOMETRIC
        or directory.get(_COMPRESSION, (0,))[0] in _RAW_COMPRESSION
        for directory in directories
    )


def _candidates(directories: list[Directory]) -> list[tuple[int, int]]:
    """(start, length) of all that may be a JPEG."""
    found = []
    for directory in directories:
        if _JPEG_OFFSET in directory and _JPEG_BYTES in directory:
            found.append((directory[_JPEG_OFFSET][0], directory[_JPEG_BYTES][0]))
        starts, lengths = directory.get(_STRIP_OFFSETS, ()), directory.get(_STRIP_BYTES, ())
        jpeg = directory.get(_COMPRESSION, (0,))[0] in _JPEG_COMPRESSION
        if jpeg and len(starts) == len(lengths) == 1:
            found.append((starts[0], lengths[0]))
        if _PANASONIC_JPEG in directory and len(directory[_PANASONIC_JPEG]) == 2:
            found.append((directory[_PANASONIC_JPEG][0], directory[_PANASONIC_JPEG][1]))
    return found


def _largest(original: bytes, places: list[tuple[int, int]], turn: int) -> Preview | None:
    """The place whose JPEG has the most pixels; raw data as lossless JPEG is no preview."""
    best, most = None, 0
    for start, length in places:
        pixels = _jpeg_pixels(original, start, length)
        if pixels > most:
            best, most = Preview(start, length, turn), pixels
    return best


def _jpeg_pixels(original: bytes, start: int, length: int) -> int:
    """Width × height of a baseline or progressive JPEG there, 0 for anything else."""
    end = min(len(original), start + length)
    if original[start : start + 3] != b"\xff\xd8\xff":
        return 0
    at = start + 2
    while at + 9 <= end and original[at] == 0xFF:
        marker = original[at + 1]
        if marker in (0xC0, 0xC1, 0xC2):
            height, width = struct.unpack_from(">HH", original, at + 5)
            return int(width * height)
        if marker in (0xC3, 0xDA, 0xD9):
            return 0
        if marker == 0xFF:  # padding
            at += 1
            continue
        at += 2 + int.from_bytes(original[at + 2 : at + 4], "big")
    return 0


def _directories(original: bytes) -> Iterator[Directory]:
    """The main chain of directories, each followed by those inside it."""
    order = {b"II": "<", b"MM": ">"}.get(original[:2])
    if order is None or len(original) < 8:
        return
    waiting = [struct.unpack_from(order + "I", original, 4)[0]]
    seen = set[int]()
    while waiting and len(seen) < _MOST_DIRECTORIES:
        at = waiting.pop(0)
        if at in seen or not 0 < at <= len(original) - 2:
            continue
        seen.add(at)
        directory, following = _directory(original, order, at)
        waiting += [*directory.get(_SUB_DIRECTORIES, ()), following]
        # Panasonic keeps the preview's own EXIF elsewhere; Olympus' makernotes are not read.
        yield directory


def _directory(original: bytes, order: str, at: int) -> tuple[Directory, int]:
    """The numeric tags of one directory and the offset of the next (0: none)."""
    (count,) = struct.unpack_from(order + "H", original, at)
    directory: Directory = {}
    at += 2
    for _ in range(min(count, _MOST_ENTRIES)):
        if at + 12 > len(original):
            return directory, 0
        tag, kind, values = struct.unpack_from(order + "HHI", original, at)
        if tag == _PANASONIC_JPEG and kind == 7:
            directory[tag] = (struct.unpack_from(order + "I", original, at + 8)[0], values)
        elif tag == _DNG_VERSION:
            directory[tag] = ()
        elif kind in _LETTERS and 0 < values <= 64:
            size = _SIZES[kind] * values
            place = at + 8
            if size > 4:
                (place,) = struct.unpack_from(order + "I", original, place)
            if place + size <= len(original):
                directory[tag] = struct.unpack_from(
                    f"{order}{values}{_LETTERS[kind]}", original, place
                )
        at += 12
    if at + 4 > len(original):
        return directory, 0
    return directory, struct.unpack_from(order + "I", original, at)[0]
