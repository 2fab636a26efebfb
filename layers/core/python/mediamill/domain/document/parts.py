"""Split a long document into parts, so that many functions work on it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

# Opening a document and starting a job cost what a few pages cost; 40 pages take about 1.5 s of
# one core, so the last range to finish is never far behind the first.
PAGES_PER_RANGE = 40


@dataclass(frozen=True, slots=True)
class PageRange:
    """Pages `first` to `last`, counted from 1, both included."""

    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first + 1

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"

    @classmethod
    def parse(cls, text: str) -> PageRange:
        """From `41-80`. Raises ValueError on any other form."""
        first, _, last = text.partition("-")
        return cls(int(first), int(last))


class Whole(StrEnum):
    """What is made of all pages together."""

    TEXT = "text"
    PDFS = "pdfs"
    PICTURES = "pictures"


Part = Whole | PageRange
"""`text`, `pdfs`, `pictures`, or the pages as in `41-80`: as a string, a part's name."""


def parse_part(name: str) -> Part:
    """A part from its name. Raises ValueError on any other."""
    return Whole(name) if name in tuple(Whole) else PageRange.parse(name)


def page_ranges(page_count: int, per_range: int = PAGES_PER_RANGE) -> Sequence[PageRange]:
    """Ranges of at most `per_range` pages that cover pages 1 to `page_count`.

    They are as even as can be: 81 pages by 40 are three ranges of 27.
    """
    if page_count < 1 or per_range < 1:
        raise ValueError("a document has pages, and so has a range")
    count = -(-page_count // per_range)
    edges = [page_count * part // count for part in range(count + 1)]
    return [PageRange(first + 1, last) for first, last in pairwise(edges)]
