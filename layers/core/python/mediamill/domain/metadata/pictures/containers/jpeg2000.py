"""JPEG 2000 and JPEG XL in their boxes (ISO/IEC 15444-1, 18181-2)."""

from __future__ import annotations

import struct

from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.reading.boxes import boxes
from mediamill.domain.metadata.reading.window import Window

_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_EXIF = b"JpgTiffExif->JP2"
_SPACES = {16: "rgb", 17: "gray", 18: "rgb", 12: "cmyk"}
LONGEST_BLOCK = 4 * 1024 * 1024


def read_jp2(window: Window) -> PictureHeader:
    """The header of a JP2 or JPX file."""
    header = PictureHeader("jp2", is_animated=False, frame_count=1)
    for box in boxes(window):
        if box.kind == b"jp2h":
            for inner in boxes(box.window):
                body = inner.body(64)
                if inner.kind == b"ihdr" and len(body) >= 12:
                    header.height = int.from_bytes(body[:4])
                    header.width = int.from_bytes(body[4:8])
                    header.bit_depth = None if body[10] == 255 else (body[10] & 0x7F) + 1
                elif inner.kind == b"colr" and body[:1] == b"\1":
                    header.color_space = _SPACES.get(int.from_bytes(body[3:7]))
                elif inner.kind == b"colr" and body[:1] == b"\2":
                    header.icc = inner.body(LONGEST_BLOCK)[3:]
                elif inner.kind == b"cdef":
                    kinds = [body[at + 3] for at in range(2, len(body) - 5, 6)]
                    header.has_alpha = any(kind in (1, 2) for kind in kinds)
        elif box.kind == b"uuid":
            name = box.body(16)
            if name == _XMP:
                header.xmp.append(box.body(LONGEST_BLOCK)[16:])
            elif name == _EXIF:
                header.exif = box.body(LONGEST_BLOCK)[16:]
        elif box.kind == b"jp2c" and header.width is None:  # a header without its box
            inside = read_codestream(box.window)
            header.width, header.height = inside.width, inside.height
            header.bit_depth = inside.bit_depth
        header.truncated = header.truncated or not box.whole
    return header


def read_codestream(window: Window) -> PictureHeader:
    """The size in a JPEG 2000 codestream without boxes (ISO/IEC 15444-1, A.5.1)."""
    header = PictureHeader("jp2", is_animated=False, frame_count=1)
    body = window.at(0, 43)
    if len(body) < 43:
        header.truncated = True
        return header
    right, bottom, left, top = struct.unpack_from(">4I", body, 8)
    header.width, header.height = max(0, right - left), max(0, bottom - top)
    header.bit_depth = (body[42] & 0x7F) + 1
    return header


def read_jxl(window: Window) -> PictureHeader:
    """The metadata boxes of a JPEG XL file, and the size in its codestream."""
    header = PictureHeader("jxl")
    if window.at(0, 2) == b"\xff\x0a":
        _size(window.at(2, 16), header)
        return header
    for box in boxes(window):
        if box.kind == b"Exif":
            body = box.body(LONGEST_BLOCK)
            header.exif = body[4 + int.from_bytes(body[:4]) :]
        elif box.kind == b"xml ":
            header.xmp.append(box.body(LONGEST_BLOCK))
        elif box.kind in (b"jxlc", b"jxlp") and header.width is None:
            body = box.body(32)[4 if box.kind == b"jxlp" else 0 :]
            if body[:2] == b"\xff\x0a":
                _size(body[2:], header)
        header.truncated = header.truncated or not box.whole
    return header


# JPEG XL's fixed aspect ratios (ISO/IEC 18181-1, SizeHeader).
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def _size(body: bytes, header: PictureHeader) -> None:
    bits = int.from_bytes(body, "little")
    at = 0

    def take(count: int) -> int:
        nonlocal at
        value = bits >> at & (1 << count) - 1
        at += count
        return value

    def side(small: int) -> int:
        return (take(5) + 1) * 8 if small else take((9, 13, 18, 30)[take(2)]) + 1

    small = take(1)
    height = side(small)
    ratio = take(3)
    if ratio:
        above, below = _RATIOS[ratio]
        width = height * above // below
    else:
        width = side(small)
    header.width, header.height = width, height
