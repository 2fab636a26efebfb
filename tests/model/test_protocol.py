"""The protocol, held against what may happen: it holds, and each of its mends is needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from model.found import FOUND
from model.histories import told
from model.inside import World, inside
from model.judge import explain, judge
from model.mends import MENDS, without
from model.search import searched
from model.shorten import shortened

HISTORIES = 2_000
PORTION = 250


@pytest.fixture
def world() -> Iterator[World]:
    with inside() as world:
        yield world


@pytest.mark.parametrize("first", range(1, HISTORIES + 1, PORTION))
def test_whatever_happens_everything_comes_to_its_end(first: int) -> None:
    _many, failures = searched(range(first, first + PORTION))
    for failure in failures:
        with inside() as world:
            short = shortened(world, failure.history, failure.wrong)
            pytest.fail(f"seed {failure.seed}: {told(short)}\n{explain(world, short)}")


@pytest.mark.parametrize("name", FOUND)
def test_what_went_wrong_once_ends_as_it_should(world: World, name: str) -> None:
    assert judge(world, FOUND[name]) is None, explain(world, FOUND[name])


@pytest.mark.parametrize("name", MENDS)
def test_without_a_mend_its_hole_is_found(world: World, name: str) -> None:
    mend = MENDS[name]
    assert judge(world, mend.history) is None
    with without(mend):
        wrong = judge(world, mend.history)
    assert wrong is not None, "nobody misses it"
    assert wrong.what == mend.hole
