"""Files that end before their own structure says: told where decoders would not, and mended.

HEIF's decoder fills what is missing with green and says nothing; WebP's refuses the whole file.
What JPEG, PNG, GIF and TIFF lack their decoders tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from mediamill.domain.image.reading.containers import Container

# ISO base media boxes that frame the pictures of these (ISO/IEC 14496-12; 15444-1; 18181-2).
_BOXED = {Container.HEIF, Container.AVIF, Container.JPEG2000, Container.JXL}

_PIXELS = (b"VP8 ", b"VP8L")


def is_cut(original: bytes, container: Container) -> bool:
    """Whether the file ends inside a box, or a WebP before the size in its header."""
    if container is Container.WEBP:
        return len(original) < 8 + int.from_bytes(original[4:8], "little")
    if container not in _BOXED or original[4:8] not in (b"ftyp", b"jP  ", b"JXL "):
        return False
    return any(end > len(original) for end in _box_ends(original))


def _box_ends(original: bytes) -> Iterator[int]:
    """Where each box at the top says that it ends."""
    at = 0
    while at + 8 <= len(original):
        size = int.from_bytes(original[at : at + 4], "big")
        if size == 1 and at + 16 <= len(original):
            size = int.from_bytes(original[at + 8 : at + 16], "big")
        if size == 0:  # to the end of the file, wherever that is
            return
        at += max(8, size)
        yield at
    if at < len(original):
        yield at + 8


def mended_webp(original: bytes) -> bytes | None:
    """A still with what is missing as zeros, so that what is there is decoded; None for none.

    Only the bitstream stays: its alpha and profile may be what is missing.
    """
    at = 12
    while at + 8 <= len(original):
        kind, size = original[at : at + 4], int.from_bytes(original[at + 4 : at + 8], "little")
        if kind in _PIXELS:
            body = original[at + 8 : at + 8 + size]
            if len(body) < 32 or size > len(original) * 64:
                return None
            padded = body.ljust(size + (size & 1), b"\0")
            chunk = kind + size.to_bytes(4, "little") + padded
            return b"RIFF" + (4 + len(chunk)).to_bytes(4, "little") + b"WEBP" + chunk
        at += 8 + size + (size & 1)
    return None
