"""Pictures inside HTML, given a size that a page can show.

LibreOffice takes a width in per cent for a new shape, and lets a large picture run off the paper.
"""

from __future__ import annotations

import base64
import io
import re
import struct

import imagesize

# What stands between the margins of an A4 page, in pixels of 1/96 inch.
_ACROSS, _DOWN = 680, 940

_IMAGE = re.compile(r'<img\b(?:[^<>"]|"[^"]*")*+>')
_INLINE = re.compile(r'\ssrc="data:image/[\w.+-]+;base64,([^"]*)"')
_SIZES = re.compile(r'\s(?:width|height|style)="[^"]*"')
_SIZE = r'\s{}="\s*(\d{{1,5}})(?:\.\d*)?\s*(%|px)?\s*"'
_WIDTH, _HEIGHT = (re.compile(_SIZE.format(name)) for name in ("width", "height"))
_MAGIC = (b"\x89PNG", b"\xff\xd8", b"GIF8", b"RIFF")  # imagesize would parse the XML of an SVG


def fit(markup: str) -> str:
    """Clean HTML in which every inline picture has its own shape and fits a page.

    The width or height that its author gave it counts, as far as the page allows. Pictures whose
    headers cannot be read stay as they are.
    """
    return _IMAGE.sub(_fitted, markup)


def _fitted(match: re.Match[str]) -> str:
    tag = match[0]
    inline = _INLINE.search(tag)
    if inline is None:
        return tag
    try:
        picture = base64.b64decode(inline[1])
        size = imagesize.get(io.BytesIO(picture)) if picture.startswith(_MAGIC) else (0, 0)
    except (ValueError, struct.error):
        return tag
    if min(size) <= 0:
        return tag
    across, down = _wanted(tag, *size)
    scale = min(1.0, _ACROSS / across, _DOWN / down)
    width, height = max(round(across * scale), 1), max(round(down * scale), 1)
    return f'<img width="{width}" height="{height}"' + _SIZES.sub("", tag).removeprefix("<img")


def _wanted(tag: str, across: int, down: int) -> tuple[float, float]:
    """The size that the tag asks for, in pixels, the missing side by the picture's own shape."""
    width, height = _WIDTH.search(tag), _HEIGHT.search(tag)
    wide = high = 0.0
    if width:
        wide = int(width[1]) * (_ACROSS / 100 if width[2] == "%" else 1)
    if height and height[2] != "%":
        high = int(height[1])
    if wide and high:
        return wide, high
    if wide:
        return wide, wide * down / across
    if high:
        return high * across / down, high
    return across, down
