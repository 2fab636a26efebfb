"""Done again by the API: processed once more, or brought back, against the flow's own rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from made.calls import Answered, Api
from made.flow import Flow
from made.photos import WHOLE, nothing, settle
from made.pictures import jpeg
from made.refusals import refused

from mediamill.api import again, manifests
from mediamill.aws.clients import client
from mediamill.aws.intake import Intake
from mediamill.aws.task import Task
from mediamill.domain.errors import Broken, Refusal
from mediamill.domain.kind import Status, StepStatus
from mediamill.settings import Settings

USERS = "users/{sub}/"


@pytest.fixture
def api(flow: Flow) -> Api:
    return Api(flow.settings)


def complete(flow: Flow, context: Any, text: str = "old") -> None:
    """The photo `a.jpg`, complete."""
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    settle(flow, context, text)
    assert flow.record("a.jpg").status is Status.COMPLETE


def steps(flow: Flow) -> list[str]:
    """The steps that workers were told of since the last look, as often as they were."""
    return sorted(step for message in flow.told() for step in message.body["steps"])


def broken(_: Task) -> Mapping[str, Any]:
    """A job for a file that cannot be read."""
    raise Broken("It is broken.")


# ── Processed again ──────────────────────────────────────────────────────────────────────────────


def test_an_asset_is_processed_again_with_what_is_deployed_now(
    api: Api, flow: Flow, context: Any
) -> None:
    complete(flow, context)
    before = flow.record("a.jpg")
    answer = api("POST", "/assets/a.jpg/reprocess")
    assert (answer.status, answer.body) == (202, {"key": "a.jpg", "status": "processing"})
    settle(flow, context, "new")
    after = flow.record("a.jpg")
    assert (after.status, after.asset) == (Status.COMPLETE, before.asset)
    assert flow.results()["thumbnail/a.jpg.webp"] == b"new"
    assert set(flow.results()) == WHOLE


def test_whoever_asks_while_it_is_processed_begins_nothing(
    api: Api, flow: Flow, context: Any
) -> None:
    complete(flow, context)
    for _ in range(3):
        assert api("POST", "/assets/a.jpg/reprocess").body["status"] == "processing"
    assert steps(flow) == ["image", "metadata"]


def test_many_who_ask_at_once_begin_it_once(
    api: Api, flow: Flow, context: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete(flow, context)
    together, seen = Barrier(4), manifests.standing

    def standing(*given: Any) -> Any:
        found = seen(*given)
        if found.status is Status.COMPLETE:
            together.wait(30)
        return found

    monkeypatch.setattr(again, "standing", standing)
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(Api(flow.settings), "POST", "/assets/a.jpg/reprocess") for _ in "1234"]
    assert {each.result().status for each in asked} == {202}
    assert steps(flow) == ["image", "metadata"]


def test_what_failed_is_tried_again(api: Api, flow: Flow, context: Any) -> None:
    flow.intake().handle(flow.upload("a.jpg", jpeg(), "01"), context)
    flow.settle(context, image=broken, metadata=nothing)
    assert flow.record("a.jpg").status is Status.PARTIAL
    api("POST", "/assets/a.jpg/reprocess")
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE


def test_a_step_that_was_deployed_since_is_done_too(flow: Flow, context: Any) -> None:
    complete(flow, context)
    grown = flow.planned("image:image metadata:* words:image")
    Api(grown.settings)("POST", "/assets/a.jpg/reprocess")
    assert steps(flow) == ["image", "metadata", "words"]


def test_a_step_that_has_no_worker_here_is_not_waited_for(flow: Flow, context: Any) -> None:
    complete(flow, context)
    less = flow.planned("image:image metadata:*?")
    Api(less.settings)("POST", "/assets/a.jpg/reprocess")
    assert steps(flow) == ["image"]
    assert flow.record("a.jpg").steps["metadata"].status is StepStatus.UNAVAILABLE


def test_what_is_past_a_limit_now_comes_to_its_end_at_once(flow: Flow, context: Any) -> None:
    complete(flow, context)
    flow.hand_overs()
    variables = {**flow.settings.environment, "PLAN": "image:image", "MAX_IMAGE_MEGABYTES": "0"}
    Api(Settings(variables))("POST", "/assets/a.jpg/reprocess")
    assert flow.record("a.jpg").steps["image"].error.code == "too_large"  # type: ignore[union-attr]
    # `metadata` is no step of that deployment: what was complete of it stays.
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.PARTIAL


def test_what_was_refused_at_the_door_stays_refused_and_says_why(flow: Flow, context: Any) -> None:
    tiny = Settings({**flow.settings.environment, "MAX_MEGABYTES": "0"})
    Intake(tiny).handle(flow.upload("a.jpg", jpeg(), "01"), context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.REJECTED
    answer = Api(flow.settings)("POST", "/assets/a.jpg/reprocess")
    assert (answer.status, answer.code) == (409, "too_large")
    assert steps(flow) == []


def infected(_: Task) -> Mapping[str, Any]:
    """A gate that lets nothing through."""
    raise Refusal("The file is infected: Test.", code="infected")


def test_what_a_gate_refused_is_for_no_worker_once_the_gate_is_taken_away(
    flow: Flow, context: Any
) -> None:
    gated = flow.planned("scan:*! image:image metadata:*")
    gated.intake().handle(gated.upload("a.jpg", jpeg(), "01"), context)
    gated.settle(context, scan=infected)
    assert flow.record("a.jpg").status is Status.REJECTED
    answer = Api(flow.settings)("POST", "/assets/a.jpg/reprocess")
    assert (answer.status, answer.code) == (409, "infected")
    assert steps(flow) == []
    assert Api(gated.settings)("POST", "/assets/a.jpg/reprocess").status == 202
    assert steps(flow) == ["scan"]


def test_an_original_that_is_deleted_meanwhile_leaves_nothing(
    api: Api, flow: Flow, context: Any
) -> None:
    complete(flow, context)
    api("POST", "/assets/a.jpg/reprocess")
    flow.intake().handle(flow.remove("a.jpg", "02"), context)
    settle(flow, context)
    assert flow.results() == {}
    answer = api("POST", "/assets/a.jpg/reprocess")
    assert (answer.status, answer.code) == (404, "no_such_asset")


# ── Brought back ─────────────────────────────────────────────────────────────────────────────────


def removed(flow: Flow, *keys: str) -> None:
    for key in keys:
        client("s3").put_object(Bucket=flow.uploads, Key=key, Body=key.encode())
        client("s3").delete_object(Bucket=flow.uploads, Key=key)


def stored(flow: Flow, key: str) -> bytes:
    return client("s3").get_object(Bucket=flow.uploads, Key=key)["Body"].read()


@pytest.mark.parametrize("key", ["a.jpg", "größe & 100%.jpg", "a b/c+d/restore"])
def test_a_deleted_original_is_brought_back_with_what_was_said_of_it(
    api: Api, flow: Flow, key: str
) -> None:
    put: dict[str, Any] = {"ContentType": "image/jpeg", "Metadata": {"focus": "0.1,0.2"}}
    client("s3").put_object(Bucket=flow.uploads, Key=key, Body=b"first")
    client("s3").put_object(Bucket=flow.uploads, Key=key, Body=b"last", **put)
    client("s3").delete_object(Bucket=flow.uploads, Key=key)
    client("s3").delete_object(Bucket=flow.uploads, Key=key)  # as by somebody impatient
    removed(flow, f"{key}.other", key[:1])
    asked = key.replace("%", "%25").replace(" ", "%20").replace("&", "%26").replace("+", "%2B")
    assert api("POST", f"/assets/{asked}/restore").status == 202
    back = client("s3").get_object(Bucket=flow.uploads, Key=key)
    assert back["Body"].read() == b"last"
    assert (back["ContentType"], back["Metadata"]) == ("image/jpeg", {"focus": "0.1,0.2"})


def test_an_asset_that_was_brought_back_is_made_anew(api: Api, flow: Flow, context: Any) -> None:
    complete(flow, context)
    flow.intake().handle(flow.remove("a.jpg", "02"), context)
    settle(flow, context)
    assert api("POST", "/assets/a.jpg/restore").status == 202
    version = client("s3").head_object(Bucket=flow.uploads, Key="a.jpg")["VersionId"]
    flow.intake().handle(flow.event("a.jpg", "03", version=version, size=1), context)
    settle(flow, context)
    assert flow.record("a.jpg").status is Status.COMPLETE
    assert set(flow.results()) == WHOLE


def test_what_stands_is_not_overwritten_by_what_stood(api: Api, flow: Flow) -> None:
    client("s3").put_object(Bucket=flow.uploads, Key="a.jpg", Body=b"old")
    client("s3").put_object(Bucket=flow.uploads, Key="a.jpg", Body=b"new")
    answer = api("POST", "/assets/a.jpg/restore")
    assert (answer.status, answer.code) == (409, "exists")
    assert stored(flow, "a.jpg") == b"new"


def test_what_comes_while_it_is_brought_back_stays(
    api: Api, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 refuses the copy then; the emulator does not know the condition, so it is played."""
    removed(flow, "a.jpg")

    def refuse(**asked: Any) -> None:
        assert asked["IfNoneMatch"] == "*"
        raise refused("CopyObject", "PreconditionFailed", "It is there.")

    monkeypatch.setattr(client("s3"), "copy_object", refuse)
    answer = api("POST", "/assets/a.jpg/restore")
    assert (answer.status, answer.code) == (409, "exists")


def test_what_never_was_cannot_be_brought_back(api: Api, flow: Flow) -> None:
    removed(flow, "a.jpg.bak")
    answer = api("POST", "/assets/a.jpg/restore")
    assert (answer.status, answer.code) == (404, "no_such_asset")


def test_a_file_that_is_too_large_to_copy_at_once_says_what_to_do(
    api: Api, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(again, "_COPIED_BYTES", 2)
    removed(flow, "a.jpg")
    answer = api("POST", "/assets/a.jpg/restore")
    assert (answer.status, answer.code) == (409, "too_large")
    assert "delete marker" in answer.body["detail"]


# ── By whom ──────────────────────────────────────────────────────────────────────────────────────


def codes(answers: Sequence[Answered]) -> set[tuple[int, str]]:
    return {(answer.status, answer.code) for answer in answers}


@pytest.mark.parametrize("what", ["reprocess", "restore"])
def test_only_who_it_belongs_to_has_it_done_again(flow: Flow, what: str) -> None:
    removed(flow, "users/ann/a.jpg")
    api = Api(flow.settings, USERS)
    path = f"/assets/users/ann/a.jpg/{what}"
    assert codes([api("POST", path, claims={"sub": "bob"})]) == {(403, "forbidden")}
    assert codes([api("POST", path)]) == {(403, "no_prefix")}
    public = Api(flow.settings)("POST", path, is_signed=False)
    assert codes([public]) == {(403, "private")}


def test_nothing_is_brought_back_in_a_bucket_of_somebody_elses(flow: Flow) -> None:
    others = Settings({**flow.settings.environment, "OWNS_UPLOADS": "false"})
    removed(flow, "a.jpg")
    answer = Api(others)("POST", "/assets/a.jpg/restore")
    assert (answer.status, answer.code) == (403, "read_only")
