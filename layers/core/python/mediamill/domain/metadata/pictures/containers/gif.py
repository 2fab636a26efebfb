"""GIF: the blocks (GIF89a), for frames, transparency and an XMP packet."""

from __future__ import annotations

from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window

# Sub-blocks are 255 bytes: counting the frames is reading the file, so only the small are counted.
MOST_BYTES = 4 * 1024 * 1024
LONGEST_COMMENT = 8_192
_XMP = b"XMP DataXMP"


def read_gif(window: Window) -> PictureHeader:
    """The header of a GIF; `frame_count` is absent where the file is too long to be walked."""
    header = PictureHeader("gif", color_space="rgb", bit_depth=8, has_alpha=False)
    body = window.at(0, MOST_BYTES)
    if len(body) < 13:
        header.truncated = True
        return header
    header.width = int.from_bytes(body[6:8], "little")
    header.height = int.from_bytes(body[8:10], "little")
    at = 13 + _palette(body[10])
    frames, ended = 0, False
    while at < len(body):
        kind = body[at]
        if kind == 0x3B:
            ended = True
            break
        if kind == 0x2C and at + 10 < len(body):
            frames += 1
            at = _after_blocks(body, at + 11 + _palette(body[at + 9]))
        elif kind == 0x21 and at + 2 < len(body):
            if body[at + 1] == 0xF9 and at + 3 < len(body) and body[at + 3] & 1:
                header.has_alpha = True
            if body[at + 1] == 0xFF and body[at + 3 : at + 14] == _XMP:
                packet = body[at + 14 : body.find(b"\x01\xff\xfe", at)]
                header.xmp.append(packet)
            behind = _after_blocks(body, at + 2)
            if body[at + 1] == 0xFE and (text := clean(_joined(body[at + 2 : behind]))):
                header.texts.setdefault("Comment", text)
            at = behind
        elif kind in (0x2C, 0x21):
            break
        else:
            at += 1  # stray bytes between blocks: decoders skip them
    if ended or len(body) == window.length:
        header.frame_count = max(1, frames)
        header.is_animated = frames > 1
        header.truncated = not ended
    else:
        header.is_animated = True if frames > 1 else None
    return header


def _joined(blocks: bytes) -> bytes:
    """The content of a run of sub-blocks, as far as a comment may go."""
    parts, at = [], 0
    while at < min(len(blocks), LONGEST_COMMENT) and blocks[at]:
        parts.append(blocks[at + 1 : at + 1 + blocks[at]])
        at += 1 + blocks[at]
    return b"".join(parts)


def _palette(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _after_blocks(body: bytes, at: int) -> int:
    """Behind a run of sub-blocks, which ends with an empty one."""
    while at < len(body) and body[at]:
        at += 1 + body[at]
    return at + 1
