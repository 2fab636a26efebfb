"""A job split into parts: in whatever order they come, twice or not at all, it closes once."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import pytest
from made.flow import Flow, attempt
from made.pictures import jpeg

from mediamill.aws.made import MadeTable
from mediamill.aws.table import AssetsTable
from mediamill.aws.task import Task
from mediamill.aws.topics import AssetsTopic
from mediamill.aws.worker import Worker
from mediamill.domain.derivative import Derivative, Product
from mediamill.domain.errors import Broken
from mediamill.domain.keys import derivative_key
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.made import Stored

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
    return flow.worker("image", work)


def begun(flow: Flow, context: Any) -> list[Any]:
    """An asset whose job was split; the messages about its parts, in their order."""
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    flow.worker("metadata", lambda _: {}).handle(told, context)
    worker(flow).handle(told, context)
    parts = sorted(flow.told(), key=lambda message: str(message.body["part"]))
    assert [message.body["part"] for message in parts] == list(PARTS)
    return [told, *parts]


def rows(flow: Flow) -> list[Any]:
    """The derivatives that the record's image step counts."""
    record = flow.record("a.jpg")
    made = MadeTable(flow.settings.made_table).of(record)
    assert record.steps["image"].count == len(made["image"].rows)
    return [stored.row for stored in made["image"].rows]


def settle(flow: Flow, context: Any) -> None:
    flow.settle(context, image=job, metadata=lambda _: {})


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
    assert [row.page for row in rows(flow)] == [None, 1, 2, 3, 4, 5]
    (message,) = flow.hand_overs()
    flow.finish().handle(message, context)
    manifest = flow.manifest("a.jpg")
    assert (manifest["width"], len(manifest["derivatives"])) == (7, 6)


def test_a_part_that_comes_twice_is_made_once(flow: Flow, context: Any) -> None:
    _, first, second, third = begun(flow, context)
    worker(flow).handle(first, context)
    worker(flow, never).handle(attempt(first, 2), context)
    for message in (second, third):
        worker(flow).handle(message, context)
    worker(flow, never).handle(attempt(third, 2), context)
    assert len(rows(flow)) == 6


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
        patch.setattr(AssetsTopic, "publish_all", lambda *_: (_ for _ in ()).throw(OSError()))
        with pytest.raises(OSError):
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
        patch.setattr(AssetsTable, "close", lambda *_, **__: (_ for _ in ()).throw(OSError()))
        with pytest.raises(OSError):
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
    assert [row.page for row in rows(flow)] == [None, 1, 2, 3]
    worker(flow, never).handle(third, context)
    settle(flow, context)
    assert set(flow.results()) == {row.key for row in rows(flow)} | {"manifest/a.jpg.json"}


def test_a_part_that_ends_after_another_has_failed_leaves_nothing(flow: Flow, context: Any) -> None:
    _, _, second, third = begun(flow, context)

    def meanwhile(task: Task) -> Mapping[str, Any]:
        worker(flow, fails).handle(second, context)
        settle(flow, context)
        return job(task)

    worker(flow, meanwhile).handle(third, context)
    assert "pages/a.jpg/0005.webp" in flow.results()
    settle(flow, context)
    assert "pages/a.jpg/0005.webp" not in flow.results()
    assert "pages/a.jpg/0003.webp" in flow.results()


def test_a_part_that_is_noted_while_another_fails_is_listed_or_gone(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first, second, third = begun(flow, context)
    close = AssetsTable.close
    once: list[bool] = []

    def racing(table: AssetsTable, *rest: Any, **more: Any) -> Any:
        if not once:
            once.append(True)
            worker(flow).handle(second, context)
        return close(table, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(AssetsTable, "close", racing)
        worker(flow, fails).handle(first, context)
    worker(flow).handle(third, context)
    settle(flow, context)
    listed = {row["key"] for row in flow.manifest("a.jpg")["derivatives"]}
    assert set(flow.results()) == listed | {"manifest/a.jpg.json"}


def test_a_part_that_makes_nothing_is_in(flow: Flow, context: Any) -> None:
    _, *parts = begun(flow, context)
    for message in parts:
        worker(flow, lambda _: {}).handle(message, context)
    step = flow.record("a.jpg").steps["image"]
    assert (step.status, step.count) == (StepStatus.COMPLETE, 1)


def test_parts_that_could_never_be_told_are_told_by_the_sweep(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    flow.worker("metadata", lambda _: {}).handle(told, context)
    with monkeypatch.context() as patch:
        patch.setattr(AssetsTopic, "publish_all", lambda *_: (_ for _ in ()).throw(OSError()))
        for number in range(1, 6):
            with pytest.raises(OSError):
                worker(flow).handle(attempt(told, number), context)
    flow.die("image", told)
    flow.sweep().run(context)
    settle(flow, context)
    assert len(rows(flow)) == 6
    assert flow.record("a.jpg").status is Status.COMPLETE


def test_a_part_that_was_given_up_has_the_whole_step_done_again_when_it_is_redriven(
    flow: Flow, context: Any
) -> None:
    def unlucky(task: Task) -> Mapping[str, Any]:
        raise ConnectionError

    _, first, second, third = begun(flow, context)
    worker(flow).handle(first, context)
    with pytest.raises(ConnectionError):
        worker(flow, unlucky).handle(attempt(second, 5), context)
    worker(flow, never).handle(third, context)
    settle(flow, context)
    assert [row.page for row in rows(flow)] == [None, 1, 2]
    worker(flow, never).handle(second, context)
    settle(flow, context)
    assert [row.page for row in rows(flow)] == [None, 1, 2, 3, 4, 5]


def test_a_hundred_parts_of_forty_pages_fit(flow: Flow, context: Any) -> None:
    names = [f"{number * 40 + 1}-{number * 40 + 40}" for number in range(100)]

    def long(task: Task) -> Mapping[str, Any]:
        if task.part is None:
            for name in names:
                task.leave(name)
            return {}
        first = int(task.part.partition("-")[0])
        for page in range(first, first + 40):
            task.shelf._pending.append(_done(product("pages", page)))
        return {}

    def _done(made: Product) -> Any:
        """Nothing is stored: what counts here are the rows."""
        key = derivative_key(made.name, "a.jpg", made.format, made.page)
        row = Derivative(made.name, key, "image/webp", "webp", 1, "0" * 64, 1240, 1754, made.page)
        future: Future[Stored] = Future()
        future.set_result(Stored(row, "0" * 32, "0" * 32))
        return future

    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    flow.worker("metadata", lambda _: {}).handle(told, context)
    worker(flow, long).handle(told, context)
    for message in flow.told():
        worker(flow, long).handle(message, context)
    step = flow.record("a.jpg").steps["image"]
    assert (step.status, step.count) == (StepStatus.COMPLETE, 4000)


def test_a_part_with_more_than_an_item_holds_is_kept_in_several_and_deleted_with_the_original(
    flow: Flow, context: Any
) -> None:
    pages = range(1, 2501)  # 260 bytes of each: one item would have 650 KB

    def split(task: Task) -> Mapping[str, Any]:
        for page in pages:
            task.shelf._pending.append(_unstored(page))
        return {"width": 7}

    def _unstored(page: int) -> Any:
        key = derivative_key("pages", "a.jpg", "webp", page)
        row = Derivative("pages", key, "image/webp", "webp", 1, "0" * 64, 1240, 1754, page)
        future: Future[Stored] = Future()
        future.set_result(Stored(row, "0" * 32, "0" * 36))
        return future

    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    worker(flow, split).handle(told, context)
    assert flow.record("a.jpg").steps["image"].status is StepStatus.COMPLETE
    assert [row.page for row in rows(flow)] == [*pages]
    made = MadeTable(flow.settings.made_table)
    made.keep_only(flow.record("a.jpg"), stands=lambda: flow.record("a.jpg"))
    assert len(rows(flow)) == len(pages)
    flow.intake().handle(flow.remove("a.jpg", "02"), context)
    settle(flow, context)
    assert not [*made._items("a.jpg", "")]
