"""Pictures whose first bytes say all that they say: BMP, ICO, PSD."""

from __future__ import annotations

import struct

from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.pictures.containers.photoshop import read_resources
from mediamill.domain.metadata.reading.window import Window

_PSD_SPACES = {0: "gray", 1: "gray", 2: "rgb", 3: "rgb", 4: "cmyk", 8: "gray", 9: "lab"}
LONGEST_RESOURCES = 4 * 1024 * 1024


def read_bmp(window: Window) -> PictureHeader:
    """The header of a Windows bitmap."""
    header = PictureHeader("bmp", color_space="rgb", is_animated=False, frame_count=1)
    body = window.at(14, 16)
    if len(body) == 16 and int.from_bytes(body[:4], "little") >= 16:
        width, height = struct.unpack_from("<ii", body, 4)
        header.width, header.height = abs(width), abs(height)
    else:
        header.truncated = len(body) < 16
    return header


def read_ico(window: Window) -> PictureHeader:
    """The largest picture of an icon."""
    header = PictureHeader("ico", is_animated=False)
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
