"""Photos that come at once: no partition of DynamoDB is asked for more than it takes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mediamill.aws import items
from model.burst import Burst, burst
from model.inside import World, inside
from model.tables import WRITES

PHOTOS = 1_000  # twenty thousand end the same way, and take minutes to play
INSTANCES = 100
FILES_A_SECOND = 1_000  # what one kind of file is to come to in one month's list


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with inside() as world:
        yield world


@pytest.fixture(scope="module")
def photos(world: World) -> Burst:
    found = burst(world, PHOTOS, instances=INSTANCES)
    print(found)
    return found


def test_every_photo_of_a_burst_is_complete_without_an_error(photos: Burst) -> None:
    assert photos.errors == []
    assert photos.statuses == {"complete": PHOTOS}
    assert photos.throttled == 0


def test_a_photo_costs_few_write_units(photos: Burst) -> None:
    each = {name: units / PHOTOS for name, units in photos.units.items()}
    assert each["assets"] <= 5  # opened, closed twice, claimed, finished
    assert each["by_month"] <= 2 and each["by_state"] <= 2  # put, and changed or taken out
    assert each["made"] <= 2  # what each of two steps has made


def test_the_busiest_partition_leaves_room_for_a_thousand_files_a_second(photos: Burst) -> None:
    assert photos.busiest * FILES_A_SECOND < WRITES / 2


def test_lists_that_were_not_kept_in_parts_would_hold_everything_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(items, "shard_of", lambda _: 0)
    unsharded = burst(world, PHOTOS // 2, instances=INSTANCES)
    assert unsharded.busiest * FILES_A_SECOND > WRITES
