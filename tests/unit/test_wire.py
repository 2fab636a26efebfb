"""JSON of typed values: unknown is absent, required is always there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

import pytest

from mediamill.domain.wire import to_json


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Inner:
    name: str
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Outer:
    rows: tuple[Inner, ...]
    colour: Colour | None = None
    at: datetime | None = None
    ratio: float | None = None
    flag: bool = False
    words: tuple[str, ...] = ()


def test_leaves_out_what_is_unknown_or_empty() -> None:
    assert to_json(Outer(rows=(Inner("a"),))) == {"rows": [{"name": "a"}], "flag": False}


def test_keeps_a_field_that_has_no_default_even_when_it_is_empty() -> None:
    assert to_json(Outer(rows=()))["rows"] == []


def test_says_enums_times_and_numbers_as_json_does() -> None:
    outer = Outer(rows=(), colour=Colour.RED, at=datetime(2026, 1, 2, tzinfo=UTC), ratio=0.0)
    assert to_json(outer) == {
        "rows": [],
        "colour": "red",
        "at": "2026-01-02T00:00:00+00:00",
        "ratio": 0.0,
        "flag": False,
    }
    assert to_json({"whole": Decimal("3"), "part": Decimal("0.5")}) == {"whole": 3, "part": 0.5}


def test_a_number_that_is_not_finite_is_unknown() -> None:
    assert to_json({"a": float("nan"), "b": float("inf"), "c": 1.5}) == {"c": 1.5}


def test_refuses_what_json_cannot_say() -> None:
    with pytest.raises(TypeError, match="bytes"):
        to_json({"raw": b"\x00"})
    with pytest.raises(TypeError, match="not a JSON object"):
        to_json([1])
