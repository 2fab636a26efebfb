"""Races and crashes: whoever comes late, twice or never again, each effect is there once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from made.flow import Flow, attempt
from made.pictures import jpeg

from mediamill.aws.clients import client
from mediamill.aws.intake import Intake
from mediamill.aws.topics import AssetsTopic, CompletedTopic
from mediamill.aws.worker import Task
from mediamill.domain.derivative import Product
from mediamill.domain.errors import Broken
from mediamill.domain.kind import Status, StepStatus


def stores(text: str) -> Any:
    """A job that stores one derivative and knows one fact."""

    def job(task: Task) -> Mapping[str, Any]:
        task.store(Product("thumbnail", text.encode(), "webp", 1, 1))
        return {"width": 1}

    return job


def nothing(task: Task) -> Mapping[str, Any]:
    return {}


def run_to_the_end(flow: Flow, context: Any, told: Any, text: str) -> None:
    """Both workers and the manifest, for one fan-out message."""
    flow.worker("image", stores(text)).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    for message in flow.hand_overs():
        flow.finish().handle(message, context)


def test_whoever_closes_the_last_step_hands_over(flow: Flow, context: Any) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    flow.worker("metadata", nothing).handle(told, context)
    assert flow.hand_overs() == []
    flow.worker("image", stores("x")).handle(told, context)
    (message,) = flow.hand_overs()
    flow.finish().handle(message, context)
    assert flow.record("a.jpg").status is Status.COMPLETE
    assert set(flow.results()) == {"thumbnail/a.jpg.webp", "manifest/a.jpg.json"}
    (announced,) = flow.announced()
    assert (announced["key"], announced["status"]) == ("a.jpg", "complete")


def test_a_worker_that_comes_again_does_nothing_but_hand_over_again(
    flow: Flow, context: Any
) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    flow.worker("metadata", nothing).handle(told, context)
    flow.worker("image", stores("x")).handle(told, context)
    flow.hand_overs()  # lost: say the worker died before it could send it

    def never(task: Task) -> Mapping[str, Any]:
        raise AssertionError("the step is closed")

    flow.worker("image", never).handle(attempt(told, 2), context)
    assert len(flow.hand_overs()) == 1


def test_a_late_worker_has_a_newer_versions_step_done_again(flow: Flow, context: Any) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (old,) = flow.told()

    def overtaken(task: Task) -> Mapping[str, Any]:
        """While the old version is worked on, the new one goes all the way to its manifest."""
        flow.intake().handle(flow.upload("a.jpg", jpeg(), "02"), context)
        (new,) = flow.told()
        run_to_the_end(flow, context, new, "new")
        return stores("old")(task)  # type: ignore[no-any-return]

    flow.worker("image", overtaken).handle(old, context)
    assert flow.results()["thumbnail/a.jpg.webp"] == b"old"
    record = flow.record("a.jpg")
    assert (record.status, record.steps["image"].status) == (Status.PROCESSING, StepStatus.PENDING)

    (again,) = flow.told()
    run_to_the_end(flow, context, again, "new")
    assert flow.results()["thumbnail/a.jpg.webp"] == b"new"
    assert flow.record("a.jpg").status is Status.COMPLETE


def test_a_worker_still_at_an_overwritten_attempt_cannot_close_it(flow: Flow, context: Any) -> None:
    """The newer version's own worker was writing while the late one wrote over it."""
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (old,) = flow.told()

    def old_job(task: Task) -> Mapping[str, Any]:
        flow.intake().handle(flow.upload("a.jpg", jpeg(), "02"), context)
        return stores("old")(task)  # type: ignore[no-any-return]

    flow.worker("image", old_job).handle(old, context)
    new, again = flow.told()
    assert flow.record("a.jpg").steps["image"].attempt == 1

    def new_job(task: Task) -> Mapping[str, Any]:
        return stores("written before the late one")(task)  # type: ignore[no-any-return]

    flow.worker("image", new_job).handle(new, context)
    flow.worker("image", stores("new")).handle(again, context)
    assert flow.record("a.jpg").steps["image"].is_terminal


def test_a_late_worker_deletes_what_it_wrote_for_an_original_that_is_gone(
    flow: Flow, context: Any
) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()

    def overtaken(task: Task) -> Mapping[str, Any]:
        stores("x")(task)
        flow.intake().handle(flow.remove("a.jpg", "02"), context)
        return {}

    flow.worker("image", overtaken).handle(told, context)
    assert flow.results() == {}
    assert flow.record("a.jpg").status is Status.DELETED


def test_an_event_that_arrives_after_the_removal_revives_nothing(flow: Flow, context: Any) -> None:
    uploaded = flow.upload("a.jpg", jpeg(), "01")
    removed = flow.remove("a.jpg", "02")
    flow.intake().handle(uploaded, context)
    flow.told()
    flow.intake().handle(removed, context)
    flow.intake().handle(uploaded, context)
    assert flow.record("a.jpg").status is Status.DELETED
    assert flow.told() == []


def test_a_removal_that_arrives_before_its_upload_wins(flow: Flow, context: Any) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    flow.told()
    uploaded = flow.upload("a.jpg", jpeg(), "02")
    removed = flow.remove("a.jpg", "03")
    flow.intake().handle(removed, context)
    flow.intake().handle(uploaded, context)
    assert flow.record("a.jpg").status is Status.DELETED
    assert flow.told() == []


def test_ingest_that_dies_before_it_tells_anybody_does_so_when_it_comes_again(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = flow.upload("a.jpg", jpeg(), "01")

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(AssetsTopic, "publish", crash)
        Intake(flow.settings).handle(event, context)
    assert flow.record("a.jpg").is_published is False

    flow.intake().handle(attempt(event, 2), context)
    assert len(flow.told()) == 1
    flow.intake().handle(attempt(event, 3), context)
    assert flow.told() == []


def test_two_hand_overs_at_once_make_one_announcement(flow: Flow, context: Any) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    flow.worker("image", stores("x")).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    first, second = flow.hand_overs()
    flow.finish().handle(first, context)
    flow.finish().handle(second, context)
    flow.finish().handle(first, context)
    assert len(flow.announced()) == 1


def test_a_manifest_function_that_dies_after_it_announced_repeats_itself_under_the_same_id(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    flow.worker("image", stores("x")).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    (message,) = flow.hand_overs()

    publish = CompletedTopic.publish

    def publish_and_crash(topic: CompletedTopic, *rest: Any) -> None:
        publish(topic, *rest)
        raise KeyboardInterrupt

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        broken.setattr(CompletedTopic, "publish", publish_and_crash)
        flow.finish().handle(message, context)
    flow.finish().handle(attempt(message, 2), context)
    first, second = flow.announced()
    assert first["id"] == second["id"]
    assert flow.record("a.jpg").status is Status.COMPLETE


def test_a_file_that_cannot_be_processed_is_acknowledged_with_its_code(
    flow: Flow, context: Any
) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()

    def broken(task: Task) -> Mapping[str, Any]:
        stores("half")(task)
        raise Broken("It is broken.", code="broken_image")

    flow.worker("image", broken).handle(told, context)
    step = flow.record("a.jpg").steps["image"]
    assert step.error is not None
    assert (step.status, step.error.code) == (StepStatus.FAILED, "broken_image")
    assert [row.key for row in step.derivatives] == ["thumbnail/a.jpg.webp"]


def test_another_failure_is_raised_for_the_queue_to_try_again(flow: Flow, context: Any) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()

    def fails(task: Task) -> Mapping[str, Any]:
        raise ConnectionError("not today")

    with pytest.raises(ConnectionError):
        flow.worker("image", fails).handle(attempt(told, 4), context)
    assert flow.record("a.jpg").steps["image"].status is StepStatus.PENDING


def test_the_last_try_that_fails_says_so_before_the_message_is_dead(
    flow: Flow, context: Any
) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()

    def fails(task: Task) -> Mapping[str, Any]:
        raise ConnectionError("not today")

    with pytest.raises(ConnectionError):
        flow.worker("image", fails).handle(attempt(told, 5), context)
    error = flow.record("a.jpg").steps["image"].error
    assert error is not None
    assert error.code == "retries_exhausted"
    assert "ConnectionError" in error.message


def test_the_last_try_that_ends_without_a_word_is_given_up_by_the_manifest_function(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    flow.worker("metadata", nothing).handle(told, context)

    delays = []
    send = type(flow.worker("image", nothing).manifest_queue).send

    def send_now(queue: Any, message: Any, *, delay_seconds: int = 0) -> None:
        delays.append(delay_seconds)
        send(queue, message)

    monkeypatch.setattr(type(flow.worker("image", nothing).manifest_queue), "send", send_now)

    def killed(task: Task) -> Mapping[str, Any]:
        raise SystemExit

    with pytest.raises(SystemExit):
        flow.worker("image", killed).handle(attempt(told, 5), context)
    assert delays[0] >= 60  # not before the function's own time is over
    (overdue, *_) = flow.hand_overs()
    flow.finish().handle(overdue, context)
    record = flow.record("a.jpg")
    assert record.status is Status.PARTIAL
    error = record.steps["image"].error
    assert error is not None
    assert error.code == "retries_exhausted"


def test_an_original_that_is_gone_before_it_is_read_is_no_error(flow: Flow, context: Any) -> None:
    event = flow.upload("a.jpg", jpeg(), "01")
    flow.intake().handle(event, context)
    (told,) = flow.told()
    version = told.body["asset"]["version_id"]
    client("s3").delete_object(Bucket=flow.uploads, Key="a.jpg", VersionId=version)

    def reads(task: Task) -> Mapping[str, Any]:
        task.read()
        return {}

    flow.worker("image", reads).handle(told, context)
    assert flow.record("a.jpg").steps["image"].status is StepStatus.PENDING
