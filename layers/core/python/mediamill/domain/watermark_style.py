"""How a watermark is laid over a picture, as a template parameter writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_STYLE = re.compile(r"(?P<place>[a-z-]+),(?P<size>[0-9]{1,3})%,(?P<opacity>[0-9]{1,3})%")


class Place(StrEnum):
    """Where in the picture it stands; `tiled` is all over."""

    TOP_LEFT = "top-left"
    TOP = "top"
    TOP_RIGHT = "top-right"
    LEFT = "left"
    CENTER = "center"
    RIGHT = "right"
    BOTTOM_LEFT = "bottom-left"
    BOTTOM = "bottom"
    BOTTOM_RIGHT = "bottom-right"
    TILED = "tiled"


@dataclass(frozen=True, slots=True)
class WatermarkStyle:
    """How it is laid over: it fits in a box of `size` of the picture's sides; both are 0 to 1."""

    place: Place = Place.BOTTOM_RIGHT
    size: float = 0.25
    opacity: float = 0.6

    @classmethod
    def parse(cls, text: str) -> WatermarkStyle:
        """As in `bottom-right,25%,60%`. Raises ValueError naming what is wrong."""
        match = _STYLE.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not like bottom-right,25%,60%")
        if match["place"] not in list(Place):
            raise ValueError(f"{match['place']!r} is none of {', '.join(Place)}")
        size, opacity = int(match["size"]), int(match["opacity"])
        if not (1 <= size <= 100 and 1 <= opacity <= 100):
            raise ValueError("size and opacity are from 1% to 100%")
        return cls(Place(match["place"]), size / 100, opacity / 100)
