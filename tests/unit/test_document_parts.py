"""Ranges of pages: they cover every page once, evenly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediamill.domain.document import PageRange, page_ranges


@given(st.integers(1, 20_000), st.integers(1, 500))
def test_covers_every_page_once_and_none_is_too_long(count: int, per_range: int) -> None:
    ranges = page_ranges(count, per_range)
    covered = [page for part in ranges for page in range(part.first, part.last + 1)]
    assert covered == list(range(1, count + 1))
    assert max(map(len, ranges)) <= per_range
    assert max(map(len, ranges)) - min(map(len, ranges)) <= 1


def test_a_short_document_is_one_range() -> None:
    assert page_ranges(40, 40) == [PageRange(1, 40)]


@pytest.mark.parametrize(("count", "per_range"), [(0, 40), (40, 0)])
def test_refuses_nothing(count: int, per_range: int) -> None:
    with pytest.raises(ValueError, match="has pages"):
        page_ranges(count, per_range)
