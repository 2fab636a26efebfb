"""A job split into parts: in whatever order they come, twice or not at all, it closes once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from made.flow import Flow, attempt
from made.pictures import jpeg

from mediamill.aws.records import Delivery
from mediamill.aws.topics import OwnQueue
from mediamill.aws.worker import Task, Worker
from mediamill.domain.derivative import Product
from mediamill.domain.errors import Broken
from mediamill.domain.kind import StepStatus
from mediamill.settings import Settings

PARTS = ("1-2", "3-4", "5-5")


def product(name: str, page: int | None = None) -> Product:
    return Product(name, f"{name} {page}".encode(), "webp", 1, 1, page)


def job(task: Task) -> Mapping[str, Any]:
    """A thumbnail, and pages in three parts."""
    if task.part is None:
        task.store(product("thumbnail"))
        for part in PARTS:
            task.leave(part)
        return {"width": 7}
    first, last = map(int, task.part.split("-"))
    for page in range(first, last + 1):
        task.store(product("pages", page))
    return {}


def fails(task: Task) -> Mapping[str, Any]:
    task.store(product("pages", 3))
    raise Broken("It cannot be read.", code="broken_document")


def never(task: Task) -> Mapping[str, Any]:
    raise AssertionError("this is done")


def worker(flow: Flow, work: Any = job) -> Worker:
    settings = Settings({**flow.settings.environment, "OWN_QUEUE": flow.fan_out})
    return Worker("image", settings, work)


def begun(flow: Flow, context: Any) -> list[Any]:
    """An asset whose job was split; the messages about its parts, in their order."""
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    flow.worker("metadata", lambda _: {}).handle(told, context)
    worker(flow).handle(told, context)
    parts = sorted(flow.told(), key=lambda message: str(message.body["part"]))
    assert [message.body["part"] for message in parts] == list(PARTS)
    return [told, *parts]


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 3, 1)])
def test_the_last_part_closes_the_step(
    flow: Flow, context: Any, order: tuple[int, int, int]
) -> None:
    messages = begun(flow, context)
    for number in order:
        assert flow.hand_overs() == []
        worker(flow).handle(messages[number], context)
    step = flow.record("a.jpg").steps["image"]
    assert step.status is StepStatus.COMPLETE and not step.parts
    assert [row.page for row in step.derivatives] == [None, 1, 2, 3, 4, 5]
    assert step.facts == {"width": 7}
    assert len(flow.hand_overs()) == 1


def test_a_part_that_comes_twice_is_made_once(flow: Flow, context: Any) -> None:
    _, first, second, third = begun(flow, context)
    worker(flow).handle(first, context)
    worker(flow, never).handle(attempt(first, 2), context)
    for message in (second, third):
        worker(flow).handle(message, context)
    worker(flow, never).handle(attempt(third, 2), context)
    assert len(flow.record("a.jpg").steps["image"].derivatives) == 6


def test_a_repeat_of_the_first_message_tells_only_what_is_missing(flow: Flow, context: Any) -> None:
    told, first, *_ = begun(flow, context)
    worker(flow).handle(first, context)
    worker(flow, never).handle(attempt(told, 2), context)
    assert sorted(str(message.body["part"]) for message in flow.told()) == ["3-4", "5-5"]


def test_a_crash_before_the_parts_were_told_is_made_good(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    with monkeypatch.context() as patch:
        patch.setattr(OwnQueue, "send", lambda *_: (_ for _ in ()).throw(ConnectionError()))
        with pytest.raises(ConnectionError):
            worker(flow).handle(told, context)
    worker(flow, never).handle(attempt(told, 2), context)
    assert len(flow.told()) == len(PARTS)


def test_a_crash_before_the_step_was_closed_is_made_good(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first, second, third = begun(flow, context)
    for message in (first, second):
        worker(flow).handle(message, context)
    with monkeypatch.context() as patch:
        patch.setattr(Worker, "_close", lambda *_: (_ for _ in ()).throw(ConnectionError()))
        with pytest.raises(ConnectionError):
            worker(flow).handle(third, context)
    worker(flow, never).handle(attempt(third, 2), context)
    assert flow.record("a.jpg").steps["image"].status is StepStatus.COMPLETE


def test_a_part_that_fails_closes_the_step_with_all_that_is_stored(
    flow: Flow, context: Any
) -> None:
    _, first, second, third = begun(flow, context)
    worker(flow).handle(first, context)
    worker(flow, fails).handle(second, context)
    step = flow.record("a.jpg").steps["image"]
    assert step.status is StepStatus.FAILED
    assert step.error is not None and step.error.code == "broken_document"
    assert [row.page for row in step.derivatives] == [None, 1, 2, 3]
    worker(flow, never).handle(third, context)


def test_a_part_that_ends_after_another_has_failed_leaves_nothing(flow: Flow, context: Any) -> None:
    _, _, second, third = begun(flow, context)

    def meanwhile(task: Task) -> Mapping[str, Any]:
        worker(flow, fails).handle(second, context)
        return job(task)

    worker(flow, meanwhile).handle(third, context)
    assert "pages/a.jpg/0005.webp" not in flow.results()
    assert "pages/a.jpg/0003.webp" in flow.results()


def test_the_last_try_of_one_part_gives_up_for_that_part_alone(flow: Flow, context: Any) -> None:
    _, first, *_ = begun(flow, context)
    last_try = attempt(first, flow.settings.max_receive_count)
    worker(flow).handle(last_try, context)
    asset_id = flow.record("a.jpg").asset.asset_id
    body = {"schema_version": "1.0", "key": "a.jpg", "asset_id": asset_id}
    overdue = {**body, "overdue": "image"}
    flow.finish().handle(Delivery("late", 1, {**overdue, "part": "1-2"}), context)
    assert not flow.record("a.jpg").steps["image"].is_terminal
    flow.finish().handle(Delivery("late", 1, {**overdue, "part": "3-4"}), context)
    step = flow.record("a.jpg").steps["image"]
    assert step.error is not None and step.error.code == "retries_exhausted"
    assert [row.page for row in step.derivatives] == [None, 1, 2]
