"""PNG's chunks beside the pixels: what Pillow would refuse, or decode the whole picture to find.

Pillow takes a file with a megabyte of text for an attack; sound files have it (editors' histories,
print profiles). So chunks that inflate to more are taken out before it looks.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any

_SIGNATURE = 8  # bytes
_FRAME = 12  # bytes of a chunk around its payload

# Below PngImagePlugin.MAX_TEXT_CHUNK and MAX_TEXT_MEMORY, which are 2**20 and 2**26.
_LARGEST_TEXT = 1_000_000
_MOST_TEXT = 32_000_000
_LARGEST_PROFILE = 16_000_000

# Keyword, no compression, no language, no translated keyword (XMP part 3, 1.1.5).
_XMP_KEYWORD = b"XML:com.adobe.xmp\0\0\0\0\0"

Chunk = tuple[bytes, int, int]


def chunks(original: bytes) -> Iterator[Chunk]:
    """(type, start of the payload, length) of each chunk."""
    at = _SIGNATURE
    while at + 8 <= len(original):
        length = int.from_bytes(original[at : at + 4], "big")
        yield original[at + 4 : at + 8], at + 8, length
        at += _FRAME + length


def without_oversized(original: bytes) -> bytes:
    """The same picture without text and profiles that Pillow refuses to inflate."""
    left_out, inflated = [], 0
    for kind, start, length in chunks(original):
        if kind in (b"zTXt", b"iTXt", b"tEXt", b"iCCP"):
            size = _inflated_size(original[start : start + length], kind)
            inflated += size
            if size > _LARGEST_TEXT or inflated > _MOST_TEXT:
                left_out.append((start - 8, start + length + 4))
    if not left_out:
        return original
    kept, at = bytearray(), 0
    for start, end in left_out:
        kept += original[at:start]
        at = end
    return bytes(kept + original[at:])


def _inflated_size(body: bytes, kind: bytes) -> int:
    """How long the text or profile is, up to just past the largest that is let in."""
    if kind == b"tEXt":
        return len(body)
    packed = _packed(body, kind)
    if packed is None:
        return len(body)
    try:
        return len(zlib.decompressobj().decompress(packed, _LARGEST_TEXT + 1))
    except zlib.error:
        return 0


def _packed(body: bytes, kind: bytes) -> bytes | None:
    """The deflated part of a chunk; None where the chunk says that it is not."""
    _, _, rest = body.partition(b"\0")
    if kind != b"iTXt":
        return rest[1:]
    if rest[:1] != b"\1":
        return None
    return rest[2:].partition(b"\0")[2].partition(b"\0")[2]


def beside_the_pixels(original: bytes) -> dict[str, Any]:
    """EXIF, XMP and the profile under Pillow's names, wherever in the file they stand.

    EXIF is None where there is none: Pillow would decode all pixels to look behind them.
    """
    found: dict[str, Any] = {"exif": None}
    for kind, start, length in chunks(original):
        if kind == b"IDAT":
            continue
        body = original[start : start + length]
        if kind == b"eXIf" and not found["exif"]:
            found["exif"] = b"Exif\0\0" + body
        elif kind == b"iTXt" and body.startswith(_XMP_KEYWORD):
            found.setdefault("xmp", body[len(_XMP_KEYWORD) :])
        elif kind == b"iCCP" and (packed := _packed(body, kind)):
            try:
                profile = zlib.decompressobj().decompress(packed, _LARGEST_PROFILE)
            except zlib.error:
                continue
            found.setdefault("icc_profile", profile)
    return found
