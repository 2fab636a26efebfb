"""How large the pictures of a document's pages are, as a template parameter writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

_POINTS_PER_INCH = 72
_WRITTEN = re.compile(r"([1-9][0-9]{1,4})(dpi|px)")


@dataclass(frozen=True, slots=True)
class PageSize:
    """`150dpi`: so many pixels an inch; `1600px`: so many pixels across, whatever the page has."""

    number: int = 150
    unit: str = "dpi"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for any other form."""
        match = _WRITTEN.fullmatch(text.strip())
        if match is None:
            raise ValueError("it is not like 150dpi or 1600px")
        return cls(int(match[1]), match[2])

    def scale(self, width: float) -> float:
        """Pixels a point, for a page of `width` points as displayed."""
        return self.number / (_POINTS_PER_INCH if self.unit == "dpi" else width)


AT_150_DPI = PageSize()
