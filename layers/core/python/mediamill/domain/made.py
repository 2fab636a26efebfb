"""What a try has made: the derivatives that it stored, and the facts that it found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mediamill.domain.asset import Step
from mediamill.domain.derivative import Derivative


@dataclass(frozen=True, slots=True)
class Stored:
    """A derivative as S3 has it: `etag` tells whether it still is what was stored."""

    row: Derivative
    etag: str
    version_id: str | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A try's derivatives, and its share of the manifest, JSON-ready.

    `is_derived` says that the try read another step's derivative: what it tells is of that, and
    never of the original.
    """

    rows: tuple[Stored, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_derived: bool = False

    @property
    def bytes(self) -> int:
        """The size of all derivatives together."""
        return sum(stored.row.bytes for stored in self.rows)


def counting(step: Step, names: Iterable[str], rows: Iterable[Stored]) -> Step:
    """The step with the items that count for it, and how much is in them."""
    rows = tuple(rows)
    return replace(
        step,
        made=tuple(names),
        count=len(rows),
        bytes=sum(stored.row.bytes for stored in rows),
    )


def joined(parts: Iterable[Made]) -> Made:
    """What several tries of one step have made together: rows by page, facts of the first."""
    parts = tuple(parts)
    rows = [stored for made in parts for stored in made.rows]
    facts: dict[str, Any] = {}
    for made in reversed(parts):
        facts |= made.facts
    return Made(
        rows=tuple(sorted(rows, key=lambda stored: stored.row.page or 0)),
        facts=facts,
        is_derived=any(made.is_derived for made in parts),
    )
