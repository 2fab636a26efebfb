"""Losses: a crash, a lost answer, a message that nobody could do; nothing is forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace as Namespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from made.flow import Flow, attempt
from made.photos import WHOLE, handed_over, nothing, opened, settle, stores
from made.pictures import jpeg

from mediamill.aws import intake as intake_room
from mediamill.aws.clients import client
from mediamill.aws.intake import Intake
from mediamill.aws.messages import UnknownMessage
from mediamill.aws.observe import ComeAgain
from mediamill.aws.results import Results
from mediamill.aws.storage import Unreadable
from mediamill.aws.sweep import Sweep
from mediamill.aws.table import AssetsTable
from mediamill.aws.task import Task
from mediamill.aws.topics import AssetsTopic, CompletedTopic
from mediamill.aws.worker import GivenUp
from mediamill.domain.derivative import Product
from mediamill.domain.detect import detect
from mediamill.domain.errors import Broken, TimedOut
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.protocol.overdue import ASKS, NUDGES


def _refused(*_: Any, **__: Any) -> None:
    raise ClientError({"Error": {"Code": "ThrottlingException"}}, "UpdateItem")


class Killed(BaseException):
    """The sandbox is gone."""


def then(error: BaseException, *names: str) -> Any:
    """A job that stores something, and ends otherwise than it should."""

    def job(task: Task) -> Mapping[str, Any]:
        stores("half", *names)(task)
        task.shelf.stored()
        raise error

    return job


LAST = 5


# ── Crashes ──────────────────────────────────────────────────────────────────────────────────────


def test_ingest_that_dies_before_it_tells_anybody_does_so_when_it_comes_again(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = flow.upload("a.jpg", jpeg(), "01")
    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(AssetsTopic, "publish", _dies)
        Intake(flow.settings).handle(event, context)
    flow.intake().handle(attempt(event, 2), context)
    (told,) = flow.told()
    flow.worker("metadata", nothing).handle(told, context)
    flow.intake().handle(attempt(event, 3), context)
    assert flow.told() == []


def test_closing_that_is_refused_is_no_crash_of_the_worker(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = opened(flow, context)
    flow.worker("metadata", nothing).handle(told, context)
    with monkeypatch.context() as ill:
        ill.setattr(AssetsTable, "close", _refused)
        for number in range(1, LAST):
            with pytest.raises(ClientError):
                flow.worker("image", stores("x")).handle(attempt(told, number), context)
    flow.worker("image", stores("x")).handle(attempt(told, LAST), context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE


def test_a_step_that_ran_out_of_time_once_is_tried_again(flow: Flow, context: Any) -> None:
    told = opened(flow, context)
    flow.worker("metadata", nothing).handle(told, context)

    def slow(task: Task) -> Mapping[str, Any]:
        task.store(Product("half", b"x", "webp", 1, 1))
        while True:
            time.sleep(0.01)

    hurried: Any = Namespace(get_remaining_time_in_millis=lambda: 300)
    with pytest.raises(TimedOut):
        flow.worker("image", slow).handle(told, hurried)
    assert flow.record("a.jpg").steps["image"].status is StepStatus.PENDING
    flow.worker("image", slow).handle(attempt(told, 2), hurried)
    error = flow.record("a.jpg").steps["image"].error
    assert error is not None and error.code == "timed_out"
    settle(flow, context)
    listed = {row["key"] for row in flow.manifest("a.jpg")["derivatives"]}
    assert set(flow.results()) == {*listed, "manifest/a.jpg.json"}


def test_a_redriven_message_whose_first_call_found_no_room_is_done_again(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    flow.worker("metadata", nothing).handle(told, context)
    with pytest.raises(ConnectionError):
        job = then(ConnectionError("no answer"))
        flow.worker("image", job).handle(attempt(told, LAST), context)
    given_up = flow.record("a.jpg").steps["image"].finished_at
    assert given_up is not None
    at = datetime.fromisoformat(given_up).timestamp()
    with pytest.raises(GivenUp):  # the message itself, on its way to the dead letters
        flow.worker("image", nothing).handle(replace(told, attempt=LAST, sent_at=at - 1), context)
    redriven = replace(told, message_id="new", attempt=2, sent_at=at + 1)
    flow.worker("image", stores("x")).handle(redriven, context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE


def test_what_a_killed_worker_stored_goes_with_its_original(flow: Flow, context: Any) -> None:
    told = opened(flow, context)
    with pytest.raises(Killed):
        flow.worker("image", then(Killed())).handle(told, context)
    flow.intake().handle(flow.remove("a.jpg", "02"), context)
    flow.worker("image", stores("x")).handle(attempt(told, 2), context)
    settle(flow, context)
    assert flow.results() == {}


def test_what_a_killed_worker_stored_goes_when_the_next_try_makes_less(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    with pytest.raises(Killed):
        flow.worker("image", then(Killed(), "thumbnail", "medium")).handle(told, context)
    flow.worker("image", stores("x")).handle(attempt(told, 2), context)
    flow.worker("metadata", nothing).handle(told, context)
    settle(flow, context)
    assert set(flow.results()) == WHOLE


def test_what_a_killed_worker_stored_goes_when_something_else_stands_there(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    with pytest.raises(Killed):
        flow.worker("image", then(Killed())).handle(told, context)
    opened(flow, context, "02", b"plain text now, no picture")
    flow.worker("image", stores("old")).handle(attempt(told, 2), context)
    flow.worker("metadata", nothing).handle(told, context)
    flow.intake().handle(flow.event("a.jpg", "02", version="?"), context)
    record = flow.record("a.jpg")
    flow.intake()._relay.tell(record, dict(record.steps), "again")
    settle(flow, context)
    assert set(flow.results()) == {"manifest/a.jpg.json"}


def test_a_finisher_that_dies_after_it_announced_repeats_itself_under_the_same_id(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = handed_over(flow, context)
    publish = CompletedTopic.publish

    def publish_and_die(topic: CompletedTopic, *rest: Any, **more: Any) -> None:
        publish(topic, *rest, **more)
        raise Killed

    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(CompletedTopic, "publish", publish_and_die)
        flow.finish().handle(message, context)
    flow.finish().handle(attempt(message, 2), context)
    first, second = flow.announced()
    assert first["id"] == second["id"]
    assert flow.record("a.jpg").status is Status.COMPLETE


@pytest.mark.parametrize("meanwhile", ["deleted", "overwritten"])
def test_the_manifest_of_a_finisher_that_died_does_not_outlive_its_version(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    message = handed_over(flow, context)
    put = Results.put_json

    def moved_then_put(results: Results, *rest: Any) -> str:
        with pytest.MonkeyPatch.context() as whole:
            whole.setattr(Results, "put_json", put)
            if meanwhile == "deleted":
                flow.intake().handle(flow.remove("a.jpg", "02"), context)
            else:
                flow.intake().handle(flow.upload("a.jpg", jpeg(), "02"), context)
            settle(flow, context)
        put(results, *rest)
        raise Killed

    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(Results, "put_json", moved_then_put)
        flow.finish().handle(message, context)
    flow.finish().handle(attempt(message, 2), context)
    settle(flow, context)
    if meanwhile == "deleted":
        assert flow.results() == {}
    else:
        assert flow.manifest("a.jpg")["asset_id"] == flow.record("a.jpg").asset.asset_id


def test_two_tries_that_crashed_are_enough(flow: Flow, context: Any) -> None:
    told = opened(flow, context)
    flow.worker("metadata", nothing).handle(told, context)
    for number in (1, 2, 3):
        with pytest.raises(Killed):
            flow.worker("image", then(Killed())).handle(attempt(told, number), context)
    with pytest.raises(GivenUp):
        flow.worker("image", stores("x")).handle(attempt(told, 4), context)
    with pytest.raises(GivenUp):  # on its way to the dead letters, to be redriven from there
        flow.worker("image", stores("x")).handle(attempt(told, 5), context)
    settle(flow, context)
    record = flow.record("a.jpg")
    assert record.steps["image"].error is not None
    assert (record.status, record.steps["image"].error.code) == (Status.PARTIAL, "crashed")
    assert set(flow.results()) == {"manifest/a.jpg.json"}


# ── Answers that were lost: the call took effect, and the SDK makes it again ─────────────────────


def lose_once(operation: str, when: Callable[[Mapping[str, Any]], bool]) -> list[bool]:
    """Make the next `operation` for which `when` holds twice, as the SDK does."""
    dynamodb = client("dynamodb")
    real = dynamodb._make_api_call  # type: ignore[attr-defined]
    lost: list[bool] = []

    def twice(name: str, request: Mapping[str, Any]) -> Any:
        if name == operation and not lost and when(request):
            lost.append(True)
            real(name, request)
        return real(name, request)

    dynamodb._make_api_call = twice  # type: ignore[attr-defined]
    return lost


@pytest.mark.parametrize(
    "expression",
    ["SET updated_at = :now, written_by = :token, steps.#step = :step", "finishing = :claim",
     "completed_at = :at", "arrived.#part = if_not_exists"],
)  # fmt: skip
def test_a_lost_answer_of_the_table_sticks_nothing(
    flow: Flow, context: Any, expression: str
) -> None:
    def job(task: Task) -> Mapping[str, Any]:
        if task.part is None:
            task.leave("1")
            task.leave("2")
        else:
            task.store(Product("pages", b"x", "webp", 1, 1, int(task.part)))
        return {}

    told = opened(flow, context)
    lost = lose_once("UpdateItem", lambda call: expression in call["UpdateExpression"])
    flow.worker("image", job).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    flow.settle(context, image=job, metadata=nothing)
    assert lost
    record = flow.record("a.jpg")
    assert (record.status, record.count) == (Status.COMPLETE, 2)
    assert len(flow.announced()) == 1


@pytest.mark.parametrize("again", [False, True])
def test_a_lost_answer_of_ingest_sticks_nothing(flow: Flow, context: Any, again: bool) -> None:
    event = flow.upload("a.jpg", jpeg(), "01")
    if again:
        flow.intake().handle(event, context)
        flow.told()
        event = flow.upload("a.jpg", jpeg(), "02")
    lost = lose_once("PutItem", lambda call: True)
    flow.intake().handle(event, context)
    assert lost
    assert len(flow.told()) == 1


def test_steps_asked_for_again_are_told_though_the_first_telling_failed(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = opened(flow, context)
    flow.worker("image", stores("x")).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    settle(flow, context)
    client("s3").delete_object(Bucket=flow.settings.results_bucket, Key="thumbnail/a.jpg.webp")
    flow.intake()._relay.disturbed("a.jpg")
    (message,) = flow.hand_overs()
    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(AssetsTopic, "publish", _dies)
        flow.finish().handle(message, context)
    flow.finish().handle(attempt(message, 2), context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE
    assert set(flow.results()) == WHOLE


# ── Tries that fail ──────────────────────────────────────────────────────────────────────────────


def test_a_file_that_cannot_be_processed_is_acknowledged_with_its_code(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    broken = then(Broken("It is broken.", code="broken_image"))
    flow.worker("image", broken).handle(told, context)
    step = flow.record("a.jpg").steps["image"]
    assert step.error is not None
    assert (step.status, step.error.code) == (StepStatus.FAILED, "broken_image")
    assert step.count == 1


def test_a_try_that_failed_is_told_until_another_ends(flow: Flow, context: Any) -> None:
    told = opened(flow, context)
    with pytest.raises(ConnectionError):
        flow.worker("image", then(ConnectionError("not today"))).handle(told, context)
    step = flow.record("a.jpg").steps["image"]
    assert step.status is StepStatus.PENDING and step.tries is not None
    assert (step.tries.number, step.tries.error) == (1, "ConnectionError: not today")


def test_the_last_try_that_fails_says_so_before_the_message_is_dead(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    with pytest.raises(ConnectionError):
        flow.worker("image", then(ConnectionError("not today"))).handle(
            attempt(told, LAST), context
        )
    error = flow.record("a.jpg").steps["image"].error
    assert error is not None and error.code == "retries_exhausted"
    assert "ConnectionError: not today" in error.message
    flow.worker("metadata", nothing).handle(told, context)
    settle(flow, context)
    assert set(flow.results()) == {"manifest/a.jpg.json"}  # what it stored is not listed: it goes
    flow.intake().handle(flow.remove("a.jpg", "02"), context)
    settle(flow, context)
    assert flow.results() == {}


def test_a_message_of_a_step_that_was_given_up_does_it_again_when_it_is_redriven(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    flow.worker("metadata", nothing).handle(told, context)
    with pytest.raises(ConnectionError):
        flow.worker("image", then(ConnectionError())).handle(attempt(told, LAST), context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.PARTIAL
    flow.worker("image", nothing).handle(attempt(told, 1), context)  # from the dead letters
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE
    assert set(flow.results()) == WHOLE
    assert [each["status"] for each in flow.announced()] == ["partial", "complete"]


def test_an_original_that_is_gone_is_waited_for_and_then_said_to_be_gone(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    version = told.body["asset"]["version_id"]
    client("s3").delete_object(Bucket=flow.uploads, Key="a.jpg", VersionId=version)

    def reads(task: Task) -> Mapping[str, Any]:
        task.read()
        return {}

    with pytest.raises(Exception, match="not there any more"):
        flow.worker("image", reads).handle(told, context)
    assert flow.record("a.jpg").steps["image"].status is StepStatus.PENDING
    with pytest.raises(Exception, match="not there any more"):
        flow.worker("image", reads).handle(attempt(told, LAST), context)
    error = flow.record("a.jpg").steps["image"].error
    assert error is not None and error.code == "original_gone"


def test_a_removal_that_hides_the_version_does_not_hide_it_from_its_workers(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    flow.remove("a.jpg", "02")

    def reads(task: Task) -> Mapping[str, Any]:
        with task.open() as file:
            assert file.read(2) == b"\xff\xd8"
        task.stored()
        return {}

    flow.worker("metadata", reads).handle(told, context)
    assert flow.record("a.jpg").steps["metadata"].status is StepStatus.COMPLETE


def test_a_message_of_another_major_version_is_refused(flow: Flow, context: Any) -> None:
    told = opened(flow, context)
    strange = attempt(told, 1)
    strange.body["schema_version"] = "9.0"  # type: ignore[index]
    with pytest.raises(UnknownMessage):
        flow.worker("image", stores("x")).handle(strange, context)


# ── Originals that cannot be read at the door ────────────────────────────────────────────────────


def test_an_original_that_may_not_be_read_ends_with_a_code_and_is_read_when_it_may(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = flow.upload("a.jpg", jpeg(), "01")

    def denied(*_: object) -> None:
        raise Unreadable("The file is archived.", code="archived_original")

    with monkeypatch.context() as closed:
        closed.setattr(intake_room, "look", denied)
        for number in range(1, LAST + 1):
            with pytest.raises(Unreadable):
                flow.intake().handle(attempt(event, number), context)
    settle(flow, context)
    record = flow.record("a.jpg")
    assert record.rejection is not None
    assert (record.status, record.rejection.code) == (Status.REJECTED, "archived_original")
    flow.intake().handle(attempt(event, 1), context)  # redriven, and restored meanwhile
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE


def archived(*_: object) -> None:
    raise Unreadable("The file is archived.", code="archived_original")


def test_what_stands_is_not_given_up_because_it_cannot_be_read_after_a_removal(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = flow.upload("a.jpg", jpeg(), "01")
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "02"), context)
    settle(flow, context)
    assert set(flow.results()) == WHOLE
    version = first.body["Records"][0]["s3"]["object"]["versionId"]
    client("s3").delete_object(Bucket=flow.uploads, Key="a.jpg", VersionId=version)
    removal = flow.event("a.jpg", "03", version=version, name="LifecycleExpiration:Delete")
    monkeypatch.setattr(intake_room, "look", archived)
    for number in range(1, LAST):
        with pytest.raises(Unreadable):
            flow.intake().handle(attempt(removal, number), context)
    with pytest.raises(Unreadable):  # what stands is the known version: HEAD says so
        flow.intake().handle(attempt(removal, LAST), context)
    monkeypatch.setattr(intake_room, "glance", _refused)
    removal = flow.event("a.jpg", "04", version=version, name="LifecycleExpiration:Delete")
    with pytest.raises(ClientError):  # nor where S3 does not even say what stands
        flow.intake().handle(attempt(removal, LAST), context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE
    assert set(flow.results()) == WHOLE


def test_a_file_that_stays_unreadable_is_told_of_once(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_room, "look", archived)
    event = flow.upload("a.jpg", jpeg(), "01")
    for twin in ("one", "two", "redriven"):
        with pytest.raises(Unreadable):
            flow.intake().handle(attempt(replace(event, message_id=twin), LAST), context)
        settle(flow, context)
    assert [told["status"] for told in flow.announced()] == ["rejected"]


def test_a_letter_without_an_order_about_what_cannot_be_read_is_kept(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_room, "look", archived)
    event = flow.upload("a.jpg", jpeg(), "")
    with pytest.raises(Unreadable):
        flow.intake().handle(attempt(event, LAST), context)
    assert flow.intake().bury(attempt(event, 1_000))


def test_a_file_that_confuses_its_recogniser_is_taken_by_its_name(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:

    def confused(head: bytes, *rest: Any) -> Any:
        if head:
            raise RecursionError
        return detect(head, *rest)

    monkeypatch.setattr(intake_room, "detect", confused)
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    assert flow.record("a.jpg").asset.content_type


def test_a_file_that_takes_its_recogniser_too_long_leaves_time_to_the_rest_of_its_batch(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def endless(head: bytes, *rest: Any) -> Any:
        while head:
            pass
        return detect(head, *rest)

    monkeypatch.setattr(intake_room, "detect", endless)
    monkeypatch.setattr(intake_room, "_RECOGNISE_SECONDS", 0.1)
    event = flow.upload("a.mp4", jpeg(), "01")
    for number in range(1, LAST + 1):
        with pytest.raises(TimedOut):
            flow.intake().handle(attempt(event, number), context)
    record = flow.record("a.mp4")
    assert record.rejection is not None and record.rejection.code == "intake_failed"


@pytest.mark.parametrize(
    "key", ["a\x01b.jpg", "a\ufffeb.jpg", "a\uffffb.jpg", "a\x0bb.jpg", "a\tb.jpg", "a\x7fb.jpg",
            "漢" * 230 + ".jpg", "漢" * 320 + ".jpg", "e" * 1000 + ".jpg", " " * 700 + ".jpg",
            "folder/"],
)  # fmt: skip
def test_every_key_that_s3_takes_is_processed_or_rejected_with_a_code(
    flow: Flow, context: Any, key: str
) -> None:
    flow.intake().handle(flow.upload(key, jpeg(), "01"), context)
    settle(flow, context)
    record = flow.record(key)
    if record.status is Status.REJECTED:
        assert record.rejection is not None
        assert record.rejection.code in ("key_unusable", "key_too_long")
    else:
        assert record.status is Status.COMPLETE
    flow.intake().handle(flow.remove(key, "02"), context)
    settle(flow, context)
    assert flow.record(key).status is Status.DELETED
    assert flow.results() == {}


# ── Dead letters and what is overdue ─────────────────────────────────────────────────────────────


def in_vain(flow: Flow) -> None:
    """The record has been overdue so often that nobody asks any more."""
    record = flow.record("a.jpg")
    assert AssetsTable(flow.settings.assets_table).change(record, {}, nudges=NUDGES) is not None


def test_a_letter_that_no_worker_ever_had_is_asked_for_again(flow: Flow, context: Any) -> None:
    told = opened(flow, context)
    flow.worker("metadata", nothing).handle(told, context)
    flow.die("image", told)
    flow.sweep().run(context)
    assert flow.messages(flow.settings.dead_letters["image"]) == []
    (again,) = flow.told()
    assert (again.body["steps"], again.body["attempt"]) == (["image"], told.body["attempt"])
    flow.worker("image", stores("x")).handle(again, context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE


def test_a_letter_that_is_asked_for_in_vain_fails_its_step_and_stays_to_be_redriven(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    flow.worker("metadata", nothing).handle(told, context)
    in_vain(flow)
    flow.die("image", told)
    flow.sweep().run(context)
    settle(flow, context)
    record = flow.record("a.jpg")
    assert record.steps["image"].error is not None
    assert (record.status, record.steps["image"].error.code) == (
        Status.PARTIAL,
        "retries_exhausted",
    )
    flow.sweep().run(context)
    (letter,) = flow.messages(flow.settings.dead_letters["image"])
    flow.worker("image", nothing).handle(letter, context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE


def test_a_letter_whose_last_tries_died_fails_its_step_with_what_the_one_before_said(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    with pytest.raises(ConnectionError):
        flow.worker("image", then(ConnectionError("no answer"))).handle(attempt(told, 2), context)
    flow.die("image", told)
    flow.sweep().run(context)
    error = flow.record("a.jpg").steps["image"].error
    assert error is not None and error.code == "retries_exhausted"
    assert "no answer" in error.message
    assert len(flow.messages(flow.settings.dead_letters["image"])) == 1


def test_a_letter_that_nobody_needs_any_more_is_deleted(flow: Flow, context: Any) -> None:
    told = opened(flow, context)
    flow.worker("image", stores("x")).handle(told, context)
    flow.die("image", told)
    flow.intake().handle(flow.remove("a.jpg", "02"), context)
    flow.sweep().run(context)
    assert flow.messages(flow.settings.dead_letters["image"]) == []
    settle(flow, context)
    assert flow.results() == {}


def test_a_letter_of_ingest_comes_back_three_times_and_then_opens_what_nobody_could_take_in(
    flow: Flow, context: Any
) -> None:
    event = flow.upload("a.jpg", jpeg(), "01")
    for _ in range(ASKS):
        flow.die("ingest", event)
        flow.sweep().run(context)
        (event,) = flow.messages(flow.settings.ingest_queue)
    assert AssetsTable(flow.settings.assets_table).get("a.jpg") is None
    flow.die("ingest", event)
    flow.sweep().run(context)
    record = flow.record("a.jpg")
    assert record.rejection is not None and record.rejection.code == "intake_failed"
    revision = record.revision
    flow.sweep().run(context)
    assert flow.record("a.jpg").revision == revision
    (letter,) = flow.messages(flow.settings.dead_letters["ingest"])
    flow.intake().handle(letter, context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE


def test_a_letter_about_a_removal_takes_the_derivatives_along(flow: Flow, context: Any) -> None:
    opened(flow, context)
    flow.die("ingest", flow.remove("a.jpg", "02"))
    flow.sweep().run(context)
    (again,) = flow.messages(flow.settings.ingest_queue)
    flow.intake().handle(again, context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.DELETED
    assert flow.messages(flow.settings.dead_letters["ingest"]) == []


def test_a_hand_over_that_no_finisher_ever_had_is_handed_over_again(
    flow: Flow, context: Any
) -> None:
    flow.die("manifest", handed_over(flow, context))
    flow.sweep().run(context)
    assert flow.messages(flow.settings.dead_letters["manifest"]) == []
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE


def test_a_manifest_that_could_not_be_written_is_a_failure_until_it_is_redriven(
    flow: Flow, context: Any
) -> None:
    message = handed_over(flow, context)
    in_vain(flow)
    flow.die("manifest", message)
    flow.sweep().run(context)
    record = flow.record("a.jpg")
    assert record.unfinished is not None
    assert (record.status, record.unfinished.code) == (Status.FAILED, "manifest_failed")
    (letter,) = flow.messages(flow.settings.dead_letters["manifest"])
    flow.finish().handle(letter, context)
    record = flow.record("a.jpg")
    assert (record.status, record.unfinished) == (Status.COMPLETE, None)


def test_a_manifest_whose_last_try_had_just_begun_is_a_failure_too(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = handed_over(flow, context)
    with monkeypatch.context() as broken, pytest.raises(ConnectionError):
        broken.setattr(CompletedTopic, "publish", _fails)
        flow.finish().handle(attempt(message, LAST), context)
    with pytest.raises(ComeAgain):  # redriven by hand at once: its claimant may still be alive
        flow.finish().handle(replace(message, message_id="another"), context)
    assert flow.finish().bury(replace(message, message_id="another"))
    assert flow.record("a.jpg").status is Status.PROCESSING
    assert not flow.finish().bury(attempt(message, LAST))  # it is handed over again
    assert len(flow.hand_overs()) == 1
    in_vain(flow)
    assert flow.finish().bury(attempt(message, LAST))  # SQS keeps the id of what it gives up
    record = flow.record("a.jpg")
    assert record.unfinished is not None and record.unfinished.code == "manifest_failed"


def test_a_refused_file_whose_manifest_could_not_be_written_stays_refused(
    flow: Flow, context: Any
) -> None:
    flow.intake().handle(flow.upload("folder\x00/a.jpg", jpeg(), "01"), context)
    (message,) = flow.hand_overs()
    record = flow.record("folder\x00/a.jpg")
    assert AssetsTable(flow.settings.assets_table).change(record, {}, nudges=NUDGES) is not None
    flow.die("manifest", message)
    flow.sweep().run(context)
    record = flow.record("folder\x00/a.jpg")
    assert record.reason is not None
    assert (record.status, record.reason.code) == (Status.FAILED, "manifest_failed")
    (letter,) = flow.messages(flow.settings.dead_letters["manifest"])
    flow.finish().handle(letter, context)
    record = flow.record("folder\x00/a.jpg")
    assert record.reason is not None
    assert (record.status, record.reason.code) == (Status.REJECTED, "key_unusable")
    assert [told["status"] for told in flow.announced()] == ["rejected"]


def test_an_original_that_s3_refuses_for_whatever_reason_ends_in_a_record(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = flow.upload("a.jpg", jpeg(), "01")
    customers_key = ClientError({"Error": {"Code": "InvalidRequest"}}, "GetObject")

    def refused(*_: Any) -> None:
        raise customers_key

    monkeypatch.setattr(intake_room, "look", refused)
    with pytest.raises(ClientError):
        flow.intake().handle(attempt(event, LAST), context)
    record = flow.record("a.jpg")
    assert record.rejection is not None and record.rejection.code == "intake_failed"
    flow.die("ingest", event)
    flow.sweep().run(context)
    assert len(flow.messages(flow.settings.dead_letters["ingest"])) == 1  # to be redriven


def test_dead_letters_keep_nobody_from_what_is_overdue(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(flow, context)  # and the message is lost
    impatient = flow.sweep()
    impatient.settings.__dict__["overdue_seconds"] = -1
    monkeypatch.setattr(Sweep, "_letters", _dies)
    with pytest.raises(Killed):
        impatient.run(context)
    assert {step for message in flow.told() for step in message.body["steps"]} == {
        "image",
        "metadata",
    }


def test_what_is_overdue_is_asked_for_again_and_closed_in_the_end(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened(flow, context)  # and the message is lost
    impatient = flow.sweep()
    impatient.settings.__dict__["overdue_seconds"] = -1
    for _ in range(2):
        impatient.run(context)
        (again,) = {tuple(message.body["steps"]) for message in flow.told()} - {("metadata",)}
        assert again == ("image",)
    impatient.run(context)
    settle(flow, context)
    record = flow.record("a.jpg")
    assert record.status is Status.FAILED
    assert {step.error.code for step in record.steps.values() if step.error} == {"overdue"}


def test_a_tombstone_that_nobody_came_to_tidy_is_tidied_in_the_end(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    flow.worker("image", stores("x")).handle(told, context)
    flow.intake().handle(flow.remove("a.jpg", "02"), context)
    flow.hand_overs()  # lost for good
    impatient = flow.sweep()
    impatient.settings.__dict__["overdue_seconds"] = -1
    impatient.run(context)
    settle(flow, context)
    assert flow.results() == {}
    impatient.run(context)
    assert flow.hand_overs() == []


def test_an_event_without_an_order_is_told_though_its_first_delivery_died(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.upload("a.jpg", jpeg(), "01")  # its own event is lost
    announced = flow.event("a.jpg", "", version="?")
    with monkeypatch.context() as broken, pytest.raises(Killed):
        broken.setattr(AssetsTopic, "publish", _dies)
        flow.intake().handle(announced, context)
    flow.intake().handle(attempt(announced, 2), context)
    assert len(flow.told()) == 1


def _dies(*_: object, **__: object) -> None:
    raise Killed


def _fails(*_: object, **__: object) -> None:
    raise ConnectionError("not today")


def test_a_record_that_nobody_can_read_keeps_nobody_from_the_others(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("a.jpg", "b.jpg"):
        flow.intake().handle(flow.upload(key, jpeg(), "01"), context)
    flow.told()  # and the messages are lost
    get = AssetsTable.get

    def unreadable(table: AssetsTable, key: str) -> Any:
        if key == "a.jpg":
            raise ValueError("'model3d' is not a valid Kind")
        return get(table, key)

    monkeypatch.setattr(AssetsTable, "get", unreadable)
    impatient = flow.sweep()
    impatient.settings.__dict__["overdue_seconds"] = -1
    impatient.run(context)
    assert {told.body["asset"]["key"] for told in flow.told()} == {"b.jpg"}


def test_a_gate_holds_though_a_worker_knows_a_plan_without_it(flow: Flow, context: Any) -> None:
    deployed = flow.planned("scan:*! rights:*! image:image")
    old = flow.planned("scan:*! image:image")
    deployed.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    old.worker("scan", nothing).handle(told, context)
    assert flow.record("a.jpg").steps["image"].status is StepStatus.WAITING
    deployed.worker("rights", nothing).handle(told, context)
    assert flow.record("a.jpg").steps["image"].status is StepStatus.PENDING


def test_what_somebody_may_have_told_last_is_put_right(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow.finish().handle(handed_over(flow, context), context)
    flow.announced()
    table = AssetsTable(flow.settings.assets_table)
    noted = table.telling(flow.record("a.jpg"), Status.PARTIAL)  # by a finisher that died then
    assert noted is not None
    steps = flow.settings.plan.reset({"image"}, noted)
    again = table.change(noted, steps, again=True)
    assert again is not None
    flow.intake()._relay.tell(again, dict(again.steps), "again")
    settle(flow, context)
    assert [told["status"] for told in flow.announced()] == ["complete"]
    assert flow.record("a.jpg").telling is None
