"""Pictures whose first bytes say all that they say: bitmaps, icons, Photoshop, and old friends."""

from __future__ import annotations

import re
import struct

from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.pictures.containers.jpeg import read_jpeg
from mediamill.domain.metadata.pictures.containers.photoshop import read_resources
from mediamill.domain.metadata.reading.window import Window

_PSD_SPACES = {0: "gray", 1: "gray", 2: "rgb", 3: "rgb", 4: "cmyk", 8: "gray", 9: "lab"}
LONGEST_RESOURCES = 4 * 1024 * 1024


def read_bmp(window: Window) -> PictureHeader:
    """The header of a Windows bitmap."""
    header = PictureHeader("bmp", color_space="rgb", is_animated=False, frame_count=1)
    body = window.at(14, 16)
    if len(body) >= 12 and int.from_bytes(body[:4], "little") == 12:  # OS/2's first version
        header.width, header.height, _, header.bit_depth = struct.unpack_from("<HHHH", body, 4)
    elif len(body) == 16 and int.from_bytes(body[:4], "little") >= 16:
        width, height = struct.unpack_from("<ii", body, 4)
        header.width, header.height = abs(width), abs(height)
    else:
        header.truncated = len(body) < 16
    return header


def read_ico(window: Window) -> PictureHeader:
    """The largest picture of an icon or a cursor."""
    format_ = "cur" if window.at(2, 2) == b"\x02\0" else "ico"
    header = PictureHeader(format_, is_animated=False)
    count = int.from_bytes(window.at(4, 2), "little")
    body = window.at(6, 16 * min(count, 256))
    sizes = [(body[at] or 256, body[at + 1] or 256) for at in range(0, len(body) - 15, 16)]
    if sizes:
        header.width, header.height = max(sizes)
    return header


def read_psd(window: Window) -> PictureHeader:
    """The header and the image resources of a Photoshop document."""
    header = PictureHeader("psd", is_animated=False)
    head = window.at(0, 26)
    if len(head) < 26:
        header.truncated = True
        return header
    _, height, width, depth, mode = struct.unpack(">HIIHH", head[12:])
    header.width, header.height, header.bit_depth = width, height, depth
    header.color_space = _PSD_SPACES.get(mode)
    at = 26 + 4 + int.from_bytes(window.at(26, 4))
    size = int.from_bytes(window.at(at, 4))
    read_resources(window.at(at + 4, min(size, LONGEST_RESOURCES)), header)
    return header


def read_tga(window: Window) -> PictureHeader:
    """Truevision's header (TGA 2.0, 4 and 5)."""
    header = PictureHeader("tga", is_animated=False, frame_count=1)
    head = window.at(0, 18)
    if len(head) < 18:
        header.truncated = True
        return header
    kind, map_bits = head[2], head[7]
    header.width, header.height, depth, flags = struct.unpack_from("<HHBB", head, 12)
    header.color_space = "gray" if kind in (3, 11) else "rgb"
    header.bit_depth = 5 if depth in (15, 16) and kind in (2, 10) else 8
    mapped = map_bits == 32 if kind in (1, 9) else depth == 32
    header.has_alpha = mapped or (bool(flags & 15) and kind in (2, 10))
    return header


def read_dds(window: Window) -> PictureHeader:
    """Microsoft's surface (DDS_HEADER)."""
    return _sized("dds", window.at(12, 8), "<II", swapped=True)


def read_pcx(window: Window) -> PictureHeader:
    """ZSoft's header: the corners of the picture, and its planes."""
    header = PictureHeader("pcx", is_animated=False)
    head = window.at(0, 66)
    if len(head) < 66:
        header.truncated = True
        return header
    left, top, right, bottom = struct.unpack_from("<HHHH", head, 4)
    if right >= left and bottom >= top:
        header.width, header.height = right - left + 1, bottom - top + 1
    header.bit_depth = head[3]
    header.color_space = "gray" if head[3] * head[65] == 1 else "rgb"
    return header


def read_sgi(window: Window) -> PictureHeader:
    """Silicon Graphics' header: bytes of a channel, the size, and the channels."""
    header = _sized("sgi", window.at(6, 4), ">HH")
    channels = int.from_bytes(window.at(10, 2))
    header.bit_depth = 8 * int.from_bytes(window.at(3, 1)) or None
    header.color_space = "rgb" if channels > 2 else "gray"
    header.has_alpha = channels in (2, 4)
    return header


def read_xpm(window: Window) -> PictureHeader:
    """X11's pixmap: width and height are the first numbers of its first string."""
    header = PictureHeader("xpm", is_animated=False, color_space="rgb")
    if match := re.search(rb'"\s*(\d{1,6})\s+(\d{1,6})\s+\d', window.at(0, 4_096)):
        header.width, header.height = int(match[1]), int(match[2])
    return header


def read_raf(window: Window) -> PictureHeader:
    """Fujifilm's raw, by the JPEG preview that its header places; EXIF stands in that."""
    start, length = struct.unpack(">II", window.at(84, 8).ljust(8, b"\0"))
    header = read_jpeg(window.part(start, length))
    header.format = "raf"
    if not header.width:
        header.truncated = start + length > window.length
    return header


def _sized(format_: str, raw: bytes, form: str, *, swapped: bool = False) -> PictureHeader:
    header = PictureHeader(format_, is_animated=False)
    if len(raw) < struct.calcsize(form):
        header.truncated = True
        return header
    width, height = struct.unpack(form, raw)
    header.width, header.height = (height, width) if swapped else (width, height)
    return header
