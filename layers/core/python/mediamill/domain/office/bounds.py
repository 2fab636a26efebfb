"""What one conversion may cost, with defaults for a function of 2 GB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from mediamill.domain.derivative import Product

MEGA = 1_000_000
MEBI = 1 << 20
# What the function needs while LibreOffice runs: Python and its wheels, and the original.
_OWN_BYTES = 250 * MEGA


@dataclass(frozen=True, slots=True)
class Bounds:
    """Upper bounds of one conversion; each is checked before, or enforced while, it runs.

    `seconds` is wall clock; `pages` is what is kept of the PDF, the rest is cut and marked as
    truncated; `memory_bytes` bounds the address space of the LibreOffice process, which is 440 MB
    at the least, of which 120 MB are used; `output_bytes` any file that it writes.

    A package (docx, odt, …) is a ZIP: `entries`, `expanded_bytes` and `ratio` (expanded over
    packed) bound it. 100 is the ratio that Apache Tika refuses; real spreadsheets reach 60. Small
    ones may exceed it: a sheet of blanks is no bomb, so `ratio` counts from `ratio_from_bytes`.
    """

    seconds: float = 60.0
    pages: int = 500
    memory_bytes: int = 2_048 * MEBI - _OWN_BYTES
    output_bytes: int = 500 * MEGA
    entries: int = 10_000
    expanded_bytes: int = 500 * MEGA
    ratio: int = 100
    ratio_from_bytes: int = 20 * MEGA

    @classmethod
    def within(cls, function_bytes: int, *, pages: int) -> Self:
        """The bounds where LibreOffice shares so much memory with the function that starts it."""
        return cls(pages=pages, memory_bytes=function_bytes - _OWN_BYTES)

    def facts(self, made: Product) -> dict[str, Any]:
        """The office step's share of the manifest: a warning where the PDF was cut."""
        if not made.truncated:
            return {}
        message = f"The document has more than {self.pages:,} pages; its PDF has the first of them."
        return {"warnings": [{"code": "truncated", "message": message}]}
