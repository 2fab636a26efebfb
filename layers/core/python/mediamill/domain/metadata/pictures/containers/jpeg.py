"""JPEG: the segments before the first scan (ITU-T T.81, annex B; CIPA DC-007 for Exif)."""

from __future__ import annotations

import struct

from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.pictures.containers.photoshop import read_resources
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window

_FRAMES = {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
_ALONE = {0x01, *range(0xD0, 0xD9)}
MOST_RUBBISH = 64 * 1024
_LIKELY = _FRAMES | {0xC4, 0xDA, 0xDB, 0xDD, 0xFE, *range(0xE0, 0xF0)}
_SCAN, _END, _COMMENT = 0xDA, 0xD9, 0xFE
LONGEST_COMMENT = 8_192
_SPACES = {1: "gray", 3: "rgb", 4: "cmyk"}
MOST_SEGMENTS = 1_000
MOST_BLOCKS = 255  # of one profile or packet: their counters are one byte in ICC

_EXIF = b"Exif\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_MORE_XMP = b"http://ns.adobe.com/xmp/extension/\0"
_ICC = b"ICC_PROFILE\0"
_PHOTOSHOP = b"Photoshop 3.0\0"


def read_jpeg(window: Window) -> PictureHeader:
    """The header of a JPEG, as far as its segments go."""
    header = PictureHeader("jpeg", has_alpha=False, is_animated=False, frame_count=1)
    profile: dict[int, bytes] = {}
    more_xmp: dict[bytes, dict[int, bytes]] = {}
    resources = b""
    at = 2
    for _ in range(MOST_SEGMENTS):
        head = window.at(at, 4)
        if len(head) < 2:
            header.truncated = True
            break
        if head[0] != 0xFF:  # rubbish, or a segment that is longer than it says
            if (found := _marker(window.at(at, MOST_RUBBISH))) is None:
                break
            at += found
            continue
        marker = head[1]
        if marker == 0xFF:  # fill bytes may precede any marker
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        if marker in (_SCAN, _END):
            break
        if len(head) < 4:
            header.truncated = True
            break
        length = int.from_bytes(head[2:])
        if length < 2:
            break
        if marker in _FRAMES:
            _frame(window.at(at + 4, 6), header)
        elif marker == _COMMENT and "Comment" not in header.texts:
            if text := clean(window.at(at + 4, min(length - 2, LONGEST_COMMENT)).rstrip(b"\0")):
                header.texts["Comment"] = text
        elif marker in (0xE1, 0xE2, 0xED):
            body = window.at(at + 4, length - 2)
            if marker == 0xE1 and body.startswith(_EXIF) and not header.exif:
                header.exif = body[6:]
            elif marker == 0xE1 and body.startswith(_XMP):
                header.xmp.append(body[len(_XMP) :])
            elif marker == 0xE1 and body.startswith(_MORE_XMP):
                _extend(more_xmp, body[len(_MORE_XMP) :])
            elif marker == 0xE2 and body.startswith(_ICC) and len(body) > 14:
                profile[body[12]] = body[14:]
            elif marker == 0xED and body.startswith(_PHOTOSHOP):
                resources += body[len(_PHOTOSHOP) :]
        at += 2 + length
    header.icc = b"".join(profile[part] for part in sorted(profile))
    header.xmp += [b"".join(parts[at] for at in sorted(parts)) for parts in more_xmp.values()]
    read_resources(resources, header)
    return header


def _marker(rubbish: bytes) -> int | None:
    """Where the next marker stands in it, as decoders look for one."""
    for at in range(len(rubbish) - 1):
        if rubbish[at] == 0xFF and rubbish[at + 1] in _LIKELY:
            return at
    return None


def _frame(body: bytes, header: PictureHeader) -> None:
    if len(body) == 6 and header.width is None:
        depth, height, width, components = struct.unpack(">BHHB", body)
        # A height of 0 stands in a segment after the scan, which is not read.
        header.width, header.height = width or None, height or None
        header.bit_depth = depth
        header.color_space = _SPACES.get(components)


def _extend(packets: dict[bytes, dict[int, bytes]], body: bytes) -> None:
    """One piece of an extended packet: its digest's name, the whole length, its offset."""
    if len(body) > 40 and len(packets) <= 4:
        parts = packets.setdefault(body[:32], {})
        if len(parts) < MOST_BLOCKS:
            parts[int.from_bytes(body[36:40])] = body[40:]
