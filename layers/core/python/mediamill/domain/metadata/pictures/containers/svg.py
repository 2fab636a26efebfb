"""SVG: its size in CSS pixels and its title, from the root element's first bytes."""

from __future__ import annotations

import re

from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window
from mediamill.domain.signatures import svg_root

HEAD = 65_536
LARGEST = 1_000_000

# CSS pixels per unit (CSS Values and Units 4, 6.2).
_UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 96 / 25.4}
_LENGTH = re.compile(r"\s*\+?(\d{0,9}\.?\d{1,9}(?:e\d)?)\s*([a-z]{0,2})\s*", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"\s([\w:.-]{1,60})\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_NUMBER = re.compile(r"-?\d{1,9}\.?\d{0,9}")
_WORDS = re.compile(r"<(title|desc)\b[^>]*>([^<]{1,4000})</\1\s*>")
_DEFAULT = (300.0, 150.0)  # CSS 2.1, 10.3.2: a replaced element that says nothing


def read_svg(window: Window) -> PictureHeader:
    """The natural size: width and height, or else the view box, or what browsers take."""
    header = PictureHeader("svg", is_animated=False)
    text = svg_root(window.at(0, HEAD)) or ""
    end = text.find(">")
    if end < 0:
        header.truncated = window.length < HEAD
        return header
    attributes = {name: one or other for name, one, other in _ATTRIBUTE.findall(text[:end])}
    width, height = _length(attributes.get("width")), _length(attributes.get("height"))
    box = [float(part) for part in _NUMBER.findall(attributes.get("viewBox", ""))]
    shape = box[3] / box[2] if len(box) == 4 and box[2] > 0 and box[3] > 0 else None
    if width is None and height is None:
        width, height = (box[2], box[3]) if shape else _DEFAULT
    elif width is None and height is not None:
        width = height / shape if shape else _DEFAULT[0]
    elif height is None and width is not None:
        height = width * shape if shape else _DEFAULT[1]
    header.width, header.height = (
        max(1, min(LARGEST, round(side))) for side in (width or 1, height or 1)
    )
    names = {"title": "Title", "desc": "Description"}
    for name, words in _WORDS.findall(text):
        if cleaned := clean(words):
            header.texts.setdefault(names[name], cleaned)
    return header


def _length(stated: str | None) -> float | None:
    match = _LENGTH.fullmatch(stated or "")
    if match is None or match[2].lower() not in _UNITS:
        return None
    length = float(match[1]) * _UNITS[match[2].lower()]
    return length if 0 < length < LARGEST else None
