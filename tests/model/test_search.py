"""The search itself: what it plays, what it finds, and how short it says so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mediamill.aws.table import AssetsTable
from mediamill.aws.topics import CompletedTopic
from mediamill.domain.kind import Status
from model.check import Wrong, check
from model.contents import STEPS, Content
from model.drive import Drive
from model.histories import Deliver, Fault, Gate, Put, Tick, random_history
from model.inside import World, inside
from model.judge import explain, judge
from model.shorten import shortened


@pytest.fixture
def world() -> Iterator[World]:
    with inside() as world:
        yield world


@pytest.mark.parametrize("kind", STEPS)
def test_a_calm_upload_of_each_kind_comes_to_its_end(world: World, kind: str) -> None:
    content = Content(kind, serial=1, pages=4, parts=2)
    assert judge(world, (Put(0, content),), strict=True) is None
    assert judge(world, (Gate(), Put(0, content)), strict=True) is None


@pytest.mark.parametrize("fails", ["refuses", "raises", "crashes"])
def test_behind_a_shut_gate_nothing_is_made(world: World, fails: str) -> None:
    drive = Drive(world)
    drive.play(Gate())
    drive.play(Put(0, Content("image", serial=1, step="scan", fails=fails, times=99)))
    drive.settle()
    assert list(check(drive, redriven=True)) == []
    assert [key for key, _ in drive.cloud.s3.by_name["results"].standing()] == ["manifest/a.json"]


def test_an_upload_goes_through_every_step_of_its_kind(world: World) -> None:
    drive = Drive(world)
    drive.play(Put(0, Content("office", serial=1, pages=4, parts=2)))
    drive.settle()
    record = AssetsTable("assets").get("a")
    assert record is not None
    assert record.status is Status.COMPLETE
    assert {*record.steps} == {"metadata", "office", "document"}
    assert {key for key, _ in drive.cloud.s3.by_name["results"].standing()} == {
        "manifest/a.json",
        "metadata/a.json",
        "pdf/a.pdf",
        *(f"pages/a/000{page}.webp" for page in range(1, 5)),
    }


def test_a_seed_is_a_history_and_a_history_goes_the_same_way_each_time(world: World) -> None:
    history = random_history(7)
    assert history == random_history(7) != random_history(8)
    assert explain(world, history) == explain(world, history)


def test_a_crash_ends_a_delivery_in_its_middle_and_the_message_comes_again(world: World) -> None:
    drive = Drive(world, is_loud=True)
    drive.play(Put(0, Content("image", serial=1)))
    drive.play(Deliver(0, (Fault(2, "crash"),)))
    assert [line for line in drive.log if "dead" in line]
    assert AssetsTable("assets").get("a") is None
    drive.play(Deliver(0))
    assert AssetsTable("assets").get("a") is None  # still out of sight
    drive.play(Tick(180))
    drive.play(Deliver(0))
    assert AssetsTable("assets").get("a") is not None


def test_a_paused_delivery_waits_while_others_go_on(world: World) -> None:
    drive = Drive(world)
    drive.play(Put(0, Content("image", serial=1)))
    drive.play(Deliver(0, (Fault(2, "pause"),)))
    assert len(drive.paused) == 1
    drive.play(Put(0, Content("image", serial=2)))
    drive.play(Deliver(0))
    record = AssetsTable("assets").get("a")
    drive.settle()
    assert record is not None and not drive.paused


def test_what_goes_wrong_is_found_and_told_in_few_actions(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forgets(*_: object, **__: object) -> None:
        """Announce nothing."""

    monkeypatch.setattr(CompletedTopic, "publish", forgets)
    history = next(
        history
        for history in map(random_history, range(1, 100))
        if judge(world, history) == Wrong("not announced", "'a' is complete")
    )
    short = shortened(world, history, Wrong("not announced", ""))
    assert len(short) == 1 and isinstance(short[0], Put)
