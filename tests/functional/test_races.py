"""Races: whoever comes late, twice or out of order, each effect is there once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from made.flow import Flow, attempt
from made.photos import WHOLE, done, never, nothing, opened, settle, stores
from made.pictures import jpeg

from mediamill.aws.clients import client
from mediamill.aws.observe import ComeAgain
from mediamill.aws.results import Results
from mediamill.aws.task import Task
from mediamill.aws.topics import CompletedTopic
from mediamill.domain.derivative import Product
from mediamill.domain.kind import Status, StepStatus


def overtaken_while_deleting(flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tidy up, and have a third version put and done just before the first delete."""
    delete = Results.delete
    overtaken: list[bool] = []

    def slow(results: Results, keys: Any) -> None:
        if not overtaken:
            overtaken.append(True)
            done(flow, context, opened(flow, context, "03"), "v3")
        delete(results, keys)

    monkeypatch.setattr(Results, "delete", slow)
    settle(flow, context, "v3")
    assert overtaken


def test_whoever_closes_the_last_step_hands_over(flow: Flow, context: Any) -> None:
    told = opened(flow, context)
    flow.worker("metadata", nothing).handle(told, context)
    assert flow.hand_overs() == []
    flow.worker("image", stores("x")).handle(told, context)
    (message,) = flow.hand_overs()
    flow.finish().handle(message, context)
    assert flow.record("a.jpg").status is Status.COMPLETE
    assert set(flow.results()) == WHOLE
    (announced,) = flow.announced()
    assert (announced["key"], announced["status"]) == ("a.jpg", "complete")


def test_a_worker_that_comes_again_does_nothing_but_hand_over_again(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    flow.worker("metadata", nothing).handle(told, context)
    flow.worker("image", stores("x")).handle(told, context)
    flow.hand_overs()  # lost: say the worker died before it could send it
    flow.worker("image", never).handle(attempt(told, 2), context)
    assert len(flow.hand_overs()) == 1


def test_what_a_late_worker_wrote_over_is_made_again(flow: Flow, context: Any) -> None:
    old = opened(flow, context)

    def overtaken(task: Task) -> Mapping[str, Any]:
        """While the old version is worked on, the new one goes all the way to its manifest."""
        done(flow, context, opened(flow, context, "02"), "new")
        return stores("old")(task)

    flow.worker("image", overtaken).handle(old, context)
    assert flow.results()["thumbnail/a.jpg.webp"] == b"old"
    assert flow.record("a.jpg").is_untidy
    settle(flow, context)
    assert flow.results()["thumbnail/a.jpg.webp"] == b"new"
    record = flow.record("a.jpg")
    assert (record.status, record.is_untidy) == (Status.COMPLETE, False)
    assert len(flow.announced()) == 1  # it is what it was: nobody is told again


def test_a_worker_still_at_an_earlier_attempt_cannot_close_it(flow: Flow, context: Any) -> None:
    told = opened(flow, context)
    done(flow, context, told, "x")
    client("s3").delete_object(Bucket=flow.settings.results_bucket, Key="thumbnail/a.jpg.webp")
    table = flow.intake()._table
    marked = table.mark_untidy(flow.record("a.jpg"))
    assert marked is not None
    flow.intake()._relay.hand_over(marked.asset)
    (message,) = flow.hand_overs()
    flow.finish().handle(message, context)
    (again,) = flow.told()
    assert flow.record("a.jpg").steps["image"].attempt == 1
    flow.worker("image", never).handle(told, context)
    assert flow.record("a.jpg").steps["image"].status is StepStatus.PENDING
    done(flow, context, again, "x")
    assert set(flow.results()) == WHOLE


def test_a_late_worker_leaves_nothing_of_an_original_that_is_gone(flow: Flow, context: Any) -> None:
    told = opened(flow, context)

    def overtaken(task: Task) -> Mapping[str, Any]:
        stores("x")(task)
        flow.intake().handle(flow.remove("a.jpg", "02"), context)
        settle(flow, context)
        return {}

    flow.worker("image", overtaken).handle(told, context)
    settle(flow, context)
    assert flow.results() == {}
    assert flow.record("a.jpg").status is Status.DELETED


@pytest.mark.parametrize("known", [False, True], ids=["unknown key", "known key"])
def test_a_removal_that_arrives_before_its_upload_wins(
    flow: Flow, context: Any, known: bool
) -> None:
    if known:
        opened(flow, context)
    uploaded = flow.upload("a.jpg", jpeg(), "02")
    removed = flow.remove("a.jpg", "03")
    flow.intake().handle(removed, context)
    flow.intake().handle(uploaded, context)
    assert flow.record("a.jpg").status is Status.DELETED
    assert flow.told() == []


def test_an_event_that_arrives_after_the_removal_revives_nothing(flow: Flow, context: Any) -> None:
    uploaded = flow.upload("a.jpg", jpeg(), "01")
    flow.intake().handle(uploaded, context)
    flow.told()
    flow.intake().handle(flow.remove("a.jpg", "02"), context)
    flow.intake().handle(uploaded, context)
    assert flow.record("a.jpg").status is Status.DELETED
    assert flow.told() == []


def test_an_upload_that_is_gone_before_its_event_came_is_buried_at_once(
    flow: Flow, context: Any
) -> None:
    uploaded = flow.upload("a.jpg", jpeg(), "01")
    removed = flow.remove("a.jpg", "02")
    flow.intake().handle(uploaded, context)
    assert flow.told() == []
    flow.intake().handle(removed, context)
    assert flow.record("a.jpg").status is Status.DELETED


def test_an_expiration_without_a_sequencer_takes_the_derivatives_along(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    done(flow, context, told, "x")
    marker = client("s3").delete_object(Bucket=flow.uploads, Key="a.jpg")
    expired = flow.event(
        "a.jpg", "", version=marker["VersionId"], name="LifecycleExpiration:DeleteMarkerCreated"
    )
    flow.intake().handle(expired, context)
    settle(flow, context)
    assert (flow.record("a.jpg").status, flow.results()) == (Status.DELETED, {})
    done(flow, context, opened(flow, context, "02"), "back")
    assert set(flow.results()) == WHOLE


def test_an_event_of_another_bucket_is_not_taken(flow: Flow, context: Any) -> None:
    event = flow.upload("a.jpg", jpeg(), "01")
    event.body["Records"][0]["s3"]["bucket"]["name"] = "somebody-elses"
    flow.intake().handle(event, context)
    assert flow.told() == []
    assert flow.intake()._table.get("a.jpg") is None


def test_an_upload_during_the_tombstones_deletes_keeps_its_derivatives(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(flow, context, opened(flow, context), "v1")
    flow.intake().handle(flow.remove("a.jpg", "02"), context)
    overtaken_while_deleting(flow, context, monkeypatch)
    assert flow.record("a.jpg").status is Status.COMPLETE
    assert set(flow.results()) == WHOLE


def test_tidying_after_an_older_version_takes_nothing_of_a_newer_one(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    done(flow, context, opened(flow, context), "v1")
    text = opened(flow, context, "02", b"just text, no picture")
    flow.worker("metadata", nothing).handle(text, context)
    overtaken_while_deleting(flow, context, monkeypatch)
    assert flow.record("a.jpg").status is Status.COMPLETE
    assert set(flow.results()) == WHOLE


def test_an_overwritten_original_leaves_nothing_that_the_new_one_does_not_make(
    flow: Flow, context: Any
) -> None:
    told = opened(flow, context)
    flow.worker("image", stores("x", "thumbnail", "medium", "large")).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    settle(flow, context)
    done(flow, context, opened(flow, context, "02"), "new")
    assert set(flow.results()) == WHOLE


def test_the_manifest_of_a_version_that_was_overtaken_is_written_over(
    flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = opened(flow, context)
    flow.worker("image", stores("old")).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    put = Results.put_json
    overtaken: list[bool] = []

    def slow(results: Results, *rest: Any) -> str:
        if not overtaken:
            overtaken.append(True)
            done(flow, context, opened(flow, context, "02"), "new")
        return put(results, *rest)

    monkeypatch.setattr(Results, "put_json", slow)
    settle(flow, context)
    record = flow.record("a.jpg")
    assert record.status is Status.COMPLETE
    assert flow.manifest("a.jpg")["asset_id"] == record.asset.asset_id


def test_two_hand_overs_at_once_make_one_announcement(flow: Flow, context: Any) -> None:
    told = opened(flow, context)
    flow.worker("image", stores("x")).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    first, second = flow.hand_overs()
    publish = CompletedTopic.publish
    once: list[bool] = []

    def meanwhile(topic: CompletedTopic, *rest: Any, **more: Any) -> None:
        if not once:
            once.append(True)
            with pytest.raises(ComeAgain):
                flow.finish().handle(second, context)
        publish(topic, *rest, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(CompletedTopic, "publish", meanwhile)
        flow.finish().handle(first, context)
    flow.finish().handle(attempt(second, 2), context)
    flow.finish().handle(first, context)
    settle(flow, context)
    assert len(flow.announced()) == 1


def test_a_document_made_from_an_overtaken_pdf_does_not_count(flow: Flow, context: Any) -> None:
    """A late worker of version 1 writes over version 2's PDF while that is being read."""
    flow = flow.planned("metadata:* document:document,office>pdf office:office")
    number = 0

    def pdf(task: Task) -> Mapping[str, Any]:
        nonlocal number
        number += 1
        task.store(Product("pdf", f"{task.asset.sequencer[:2]} {number}".encode(), "pdf"))
        return {}

    def reads(task: Task) -> Mapping[str, Any]:
        return {"document": {"title": task.read().decode()}}

    document = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    flow.intake().handle(flow.upload("a.doc", document, "01"), context)
    (old,) = flow.told()

    def late(task: Task) -> Mapping[str, Any]:
        flow.intake().handle(flow.upload("a.doc", document + b"2", "02"), context)
        flow.settle(context, office=pdf, document=reads, metadata=nothing)
        return pdf(task)

    flow.worker("office", late).handle(old, context)
    flow.settle(context, office=pdf, document=reads, metadata=nothing)
    record = flow.record("a.doc")
    assert record.status is Status.COMPLETE
    title = flow.manifest("a.doc")["document"]["title"]
    assert title.startswith("02 ")
    assert flow.results()["pdf/a.doc.pdf"].decode() == title
