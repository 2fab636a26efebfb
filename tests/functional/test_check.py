"""`mediamill check` over real buckets and a real table: each sort of wrong is found, none else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from made.flow import Flow
from made.photos import WHOLE, nothing, settle, stores
from made.pictures import jpeg
from typer.testing import CliRunner

from mediamill.aws.clients import client
from mediamill.aws.table import AssetsTable
from mediamill.domain.kind import Status
from mediamill_cli import check as checking
from mediamill_cli.letters import DeadLetters
from mediamill_cli.main import app
from mediamill_cli.stack import Stack

Check = Callable[..., dict[str, Any]]


@pytest.fixture
def check(flow: Flow, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Check:
    """What the command says of that flow, with no patience unless told: (exit code, answer)."""
    stack = Stack("flow", boto3.Session(), endpoint)
    vars(stack)["outputs"] = {
        "UploadsBucketName": flow.uploads,
        "ResultsBucketName": flow.settings.results_bucket,
        "AssetsTableName": flow.settings.assets_table,
        "IngestQueueUrl": flow.settings.ingest_queue,
    }
    monkeypatch.setattr("mediamill_cli.commands.check.find_stack", lambda *_: stack)
    monkeypatch.setattr(checking, "dead_letters", lambda _: [])
    monkeypatch.setattr(checking, "_SETTLING", 0)

    def asked(*words: str, patience: str = "0") -> dict[str, Any]:
        done = CliRunner().invoke(app, ["check", "--json", "--patience", patience, *words])
        found: dict[str, Any] = json.loads(done.stdout)
        assert done.exit_code == (1 if found["findings"] else 0)
        return found

    return asked


def photo(flow: Flow, context: Any, key: str = "a.jpg", sequencer: str = "01") -> None:
    """A photo that is complete."""
    flow.intake().handle(flow.upload(key, jpeg(), sequencer), context)
    settle(flow, context)
    assert flow.record(key).status is Status.COMPLETE


def findings(answer: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    return sorted((each["code"], each["key"], each["result"]) for each in answer["findings"])


def test_an_empty_stack_is_as_it_should_be(check: Check) -> None:
    assert findings(check()) == []


def test_what_is_complete_is_as_it_should_be_to_the_last_byte(
    flow: Flow, check: Check, context: Any
) -> None:
    photo(flow, context, "a b/é+%.jpg")
    photo(flow, context)
    answer = check("--contents")
    assert findings(answer) == []
    assert (answer["originals"], answer["assets"], answer["results"]) == (2, 2, 2 * len(WHOLE))


def test_what_was_deleted_leaves_nothing_to_tell(flow: Flow, check: Check, context: Any) -> None:
    photo(flow, context)
    flow.intake().handle(flow.remove("a.jpg", "02"), context)
    settle(flow, context)
    assert findings(check()) == []


@pytest.mark.parametrize("patience", ["0", "60"])
def test_an_original_whose_event_was_lost_is_found_once_its_time_is_over(
    flow: Flow, check: Check, patience: str
) -> None:
    flow.upload("lost.jpg", jpeg(), "01")
    lost = [("unknown_original", "lost.jpg", None)]
    answer = check(patience=patience)
    assert (findings(answer), answer["under_way"]) == ((lost, 0) if patience == "0" else ([], 1))


def test_a_version_whose_event_was_lost_is_found_and_announced(
    flow: Flow, check: Check, context: Any
) -> None:
    photo(flow, context)
    flow.upload("a.jpg", b"another", "02")
    assert findings(check("--announce")) == [("unknown_original", "a.jpg", None)]
    for message in flow.messages(flow.settings.ingest_queue):
        flow.intake().handle(message, context)
    settle(flow, context)
    assert findings(check("--contents")) == []


def test_an_asset_whose_original_went_without_a_word_is_found(
    flow: Flow, check: Check, context: Any
) -> None:
    photo(flow, context)
    flow.remove("a.jpg", "02")
    assert findings(check()) == [("no_original", "a.jpg", None)]


def test_what_is_stuck_is_found_and_what_is_under_way_is_counted(
    flow: Flow, check: Check, context: Any
) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    flow.worker("image", stores("x")).handle(told, context)
    assert flow.results()  # which no manifest lists yet
    answer = check(patience="60")
    assert (findings(answer), answer["under_way"]) == ([], 1)
    assert findings(check()) == [("stuck", "a.jpg", None)]


def test_a_derivative_that_is_gone_is_found(flow: Flow, check: Check, context: Any) -> None:
    photo(flow, context)
    client("s3").delete_object(Bucket=flow.settings.results_bucket, Key="thumbnail/a.jpg.webp")
    assert findings(check()) == [("no_derivative", "a.jpg", "thumbnail/a.jpg.webp")]


def test_a_manifest_that_is_gone_is_found_and_its_derivatives_belong_to_nobody(
    flow: Flow, check: Check, context: Any
) -> None:
    photo(flow, context)
    client("s3").delete_object(Bucket=flow.settings.results_bucket, Key="manifest/a.jpg.json")
    assert ("no_manifest", "a.jpg", None) in findings(check())


@pytest.mark.parametrize(("body", "words"), [(b"longer than it was", []), (b"NEW", ["--contents"])])
def test_a_derivative_of_other_bytes_is_found(
    flow: Flow, check: Check, context: Any, body: bytes, words: list[str]
) -> None:
    photo(flow, context)
    bucket = flow.settings.results_bucket
    client("s3").put_object(Bucket=bucket, Key="thumbnail/a.jpg.webp", Body=body)
    assert findings(check(*words)) == [("other_bytes", "a.jpg", "thumbnail/a.jpg.webp")]


def test_a_result_of_nobody_is_found_once_it_is_old_and_reports_are_no_results(
    flow: Flow, check: Check, context: Any
) -> None:
    photo(flow, context)
    for key in ("medium/gone.jpg.webp", "reports/2026-11-22.json"):
        client("s3").put_object(Bucket=flow.settings.results_bucket, Key=key, Body=b"x")
    stranger = "medium/gone.jpg.webp"
    assert findings(check()) == [("nobodys_result", stranger, stranger)]
    assert findings(check(patience="60")) == []


@pytest.mark.parametrize("step", ["uploads", "manifests"])
def test_what_moves_while_it_is_looked_at_is_not_wrong(
    flow: Flow, check: Check, context: Any, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    photo(flow, context)
    real = getattr(checking, step)

    def overtaken(*given: Any) -> Any:
        looked = list(real(*given)) if step == "uploads" else real(*given)
        flow.intake().handle(flow.remove("a.jpg", "02"), context)
        settle(flow, context)
        return looked

    monkeypatch.setattr(checking, step, overtaken)
    assert findings(check()) == []


def test_dead_letters_are_told(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    dead = DeadLetters("image", "url", "arn", "source", waiting=2, hidden=0)
    monkeypatch.setattr(checking, "dead_letters", lambda _: [dead])
    assert findings(check()) == [("dead_letters", "image", None)]


def test_what_failed_and_said_so_is_as_it_should_be(flow: Flow, check: Check, context: Any) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    (told,) = flow.told()
    with pytest.raises(ConnectionError):
        flow.worker("image", _fails).handle(told.__class__(told.message_id, 5, told.body), context)
    flow.worker("metadata", nothing).handle(told, context)
    settle(flow, context)
    record = AssetsTable(flow.settings.assets_table).get("a.jpg")
    assert record is not None
    assert record.status in (Status.FAILED, Status.PARTIAL)
    assert findings(check("--contents")) == []


def _fails(_: object) -> dict[str, Any]:
    raise ConnectionError("the network is gone")
