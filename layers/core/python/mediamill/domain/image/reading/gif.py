"""GIF frames as browsers compose them: on a canvas that begins transparent, and is cleared to that.

GIF89a clears to the screen's background colour; no browser does, and pictures are made for
browsers. So blocks are walked here, and each frame is decoded as a GIF of its own.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

_EXTENSION, _IMAGE, _END = 0x21, 0x2C, 0x3B
_GRAPHIC_CONTROL = 0xF9
_TO_BACKGROUND, _TO_PREVIOUS = 2, 3

# Frames of a hundredth of a second or less are shown for a tenth, as all browsers do.
_SHORTEST, _INSTEAD = 10, 100


@dataclass(frozen=True, slots=True)
class Block:
    """An image block: where it lies in the file, where it is shown, and its control's bytes."""

    start: int
    end: int
    left: int
    top: int
    width: int
    height: int
    control: bytes

    @property
    def disposal(self) -> int:
        """What becomes of it when its time is over."""
        return self.control[0] >> 2 & 7

    @property
    def duration(self) -> int:
        """Milliseconds on screen."""
        milliseconds = int.from_bytes(self.control[1:3], "little") * 10
        return _INSTEAD if milliseconds <= _SHORTEST else milliseconds


def blocks(original: bytes) -> Iterator[Block]:
    """The image blocks in order, the last one perhaps cut. Raises IndexError in a cut header."""
    at = 13 + colours(original[10])
    end, control = len(original), bytes(4)
    while at < end and (kind := original[at]) != _END:
        if kind == _IMAGE and at + 10 <= end:
            head = original[at + 1 : at + 10]
            data = at + 10 + colours(head[8]) + 1
            after = _after(original, data)
            left, top, width, height = struct.unpack("<4H", head[:8])
            yield Block(at, after, left, top, width, height, control)
            at, control = after, bytes(4)
        elif kind == _EXTENSION:
            if original[at + 1 : at + 3] == bytes((_GRAPHIC_CONTROL, 4)) and at + 7 <= end:
                control = original[at + 3 : at + 7]
            at = _after(original, at + 2)
        elif kind == _IMAGE:
            return
        else:
            at += 1  # stray bytes between blocks: decoders skip them


def composed(original: bytes, size: tuple[int, int]) -> Iterator[tuple[Image.Image, int]]:
    """Each frame in turn as RGBA, on a canvas of `size`, and its milliseconds on screen.

    Raises what Pillow raises for one that it cannot decode.
    """
    canvas = Image.new("RGBA", size)
    for block in blocks(original):
        before = canvas.copy() if block.disposal == _TO_PREVIOUS else None
        drawn = _decoded(original, block)
        place = block.left, block.top
        canvas.paste(drawn, place, drawn)
        yield canvas.copy(), block.duration
        if before is not None:
            canvas = before
        elif block.disposal == _TO_BACKGROUND:
            canvas.paste((0, 0, 0, 0), (*place, place[0] + block.width, place[1] + block.height))


def _decoded(original: bytes, block: Block) -> Image.Image:
    """The block alone, as a GIF whose screen it fills; RGBA."""
    size = original[block.start + 5 : block.start + 9]
    head = original[:6] + size + original[10 : 13 + colours(original[10])]
    control = b"!\xf9\x04" + block.control + b"\0"
    image = b",\0\0\0\0" + original[block.start + 5 : block.end]
    alone = Image.open(io.BytesIO(head + control + image + b";"), formats=["GIF"])
    return alone.convert("RGBA")


def _after(original: bytes, at: int) -> int:
    """Where the sub-blocks that begin at `at` have ended."""
    end = len(original)
    while at < end and (length := original[at]):
        at += 1 + length
    return min(at + 1, end)


def colours(flags: int) -> int:
    """The bytes of the colour table that a flags byte announces."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
