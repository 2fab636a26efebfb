"""WebP: the RIFF chunks (RFC 9649)."""

from __future__ import annotations

from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.reading.window import Window

_ALPHA, _ANIMATED = 0x10, 0x02
MOST_CHUNKS = 2_000
LONGEST_BLOCK = 4 * 1024 * 1024


def read_webp(window: Window) -> PictureHeader:
    """The header of a WebP: its canvas, frames and metadata, which may follow the pixels."""
    header = PictureHeader("webp", bit_depth=8, color_space="rgb", is_animated=False)
    frames = 0
    end = 8 + int.from_bytes(window.at(4, 4), "little")
    header.truncated = end > window.length
    at = 12
    for _ in range(MOST_CHUNKS):
        head = window.at(at, 8)
        if len(head) < 8 or at >= end:
            break
        if not window.affordable:
            header.cut_short = True
            break
        name, size = head[:4], int.from_bytes(head[4:], "little")
        if name == b"ANMF":
            frames += 1
        elif name in (b"VP8X", b"VP8 ", b"VP8L"):
            _size(name, window.at(at + 8, 10), header)
        elif size <= LONGEST_BLOCK and name in (b"ICCP", b"EXIF", b"XMP "):
            body = window.at(at + 8, size)
            if name == b"ICCP":
                header.icc = body
            elif name == b"EXIF":
                header.exif = body.removeprefix(b"Exif\0\0")
            else:
                header.xmp.append(body)
        at += 8 + size + size % 2
    else:
        header.cut_short = True
    header.frame_count = None if header.cut_short and frames else max(1, frames)
    return header


def _size(name: bytes, body: bytes, header: PictureHeader) -> None:
    if name == b"VP8X" and len(body) >= 10:
        header.width = 1 + int.from_bytes(body[4:7], "little")
        header.height = 1 + int.from_bytes(body[7:10], "little")
        header.has_alpha = bool(body[0] & _ALPHA)
        header.is_animated = bool(body[0] & _ANIMATED)
    elif header.width is not None:
        return
    elif name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        header.width = int.from_bytes(body[6:8], "little") & 0x3FFF
        header.height = int.from_bytes(body[8:10], "little") & 0x3FFF
        header.has_alpha = False
    elif name == b"VP8L" and body[:1] == b"\x2f":
        bits = int.from_bytes(body[1:5], "little")
        header.width = 1 + (bits & 0x3FFF)
        header.height = 1 + (bits >> 14 & 0x3FFF)
        header.has_alpha = bool(bits >> 28 & 1)
