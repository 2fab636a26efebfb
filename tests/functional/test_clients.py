"""The clients in Python and JavaScript against the API's own code, and a real bucket behind it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from made import records
from made.calls import Api
from made.flow import Flow
from made.served import Served, served

from mediamill.aws.clients import client as aws
from mediamill.aws.items import to_item
from mediamill.domain.kind import Status
from mediamill_client import Client, NotDone, Problem, Unreachable, bearer, calls

ROOT = Path(__file__).parents[2]
LARGE = 105_000_000  # seven parts of 16 MB
PART = 16_000_000

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node is not here")


@pytest.fixture
def api(flow: Flow) -> Iterator[Served]:
    with served(Api(flow.settings, prefix="users/{sub}/")) as made:
        yield made


@pytest.fixture
def ann(api: Served, tmp_path: Path) -> Client:
    return Client(api.url, bearer("ann"), state=tmp_path / "state")


@pytest.fixture
def page(api: Served, tmp_path: Path) -> Callable[..., Any]:
    """Does one deed with the client for pages."""

    def do(deed: str, **given: Any) -> Any:
        told = json.dumps({"state": str(tmp_path / "storage.json"), **given})
        script = ROOT / "tests" / "made" / "client.mjs"
        run = subprocess.run(
            ["node", str(script), api.url, deed, told], capture_output=True, text=True, timeout=120
        )
        assert run.returncode == 0, run.stderr
        return json.loads(run.stdout)

    return do


def large(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(LARGE)
    return path


def stored(flow: Flow, key: str) -> Any:
    return aws("s3").head_object(Bucket=flow.uploads, Key=key)


def record(flow: Flow, key: str, status: Status = Status.COMPLETE, number: int = 0) -> None:
    """The record of an asset that came `number` minutes into a day."""
    asset = records.asset(key, created_at=f"2026-11-20T09:{number:02}:00.000Z")
    made = records.record(asset=asset, status=status, steps={"image": records.complete()})
    aws("dynamodb").put_item(TableName=flow.settings.assets_table, Item=to_item(made))


# ── Python ───────────────────────────────────────────────────────────────────────────────────────


def test_a_small_file_goes_whole_and_its_digest_is_checked(
    ann: Client, flow: Flow, tmp_path: Path
) -> None:
    (tmp_path / "größe 1.txt").write_text("hello")
    told: list[tuple[int, int]] = []
    key = ann.upload(tmp_path / "größe 1.txt", progress=lambda *each: told.append(each))
    assert key == "users/ann/größe 1.txt"
    found = stored(flow, key)
    assert (found["ContentLength"], found["ContentType"]) == (5, "text/plain")
    assert told[-1] == (5, 5)


def test_a_file_that_changes_on_its_way_is_refused(
    ann: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello")
    monkeypatch.setattr("mediamill_client.uploading._sha256", lambda _: "0" * 64)
    with pytest.raises(Problem) as refused:
        ann.upload(path)
    assert refused.value.status == 400


def test_a_key_that_has_a_file_is_kept_unless_the_caller_says_so(
    ann: Client, flow: Flow, tmp_path: Path
) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    ann.upload(path, "a.txt")
    path.write_text("another")
    with pytest.raises(Problem) as refused:
        ann.upload(path, "a.txt")
    assert refused.value.status in (409, 412)
    assert ann.upload(path, "a.txt", overwrite=True, content_type="text/x", metadata={"a": "b"})
    found = stored(flow, "users/ann/a.txt")
    assert (found["ContentLength"], found["ContentType"]) == (7, "text/x")
    assert found["Metadata"] == {"a": "b"}


class Closed(Exception):
    """The program ended here."""


def test_a_large_file_goes_on_where_it_was(
    api: Served, ann: Client, flow: Flow, tmp_path: Path
) -> None:
    path = large(tmp_path / "film.mp4")

    def stop(there: int, of: int) -> None:
        if there > 5.5 * PART:  # four are under way at once, so that one is surely there
            raise Closed

    with pytest.raises(Closed):
        ann.upload(path, progress=stop)
    told: list[int] = []
    again = Client(api.url, bearer("ann"), state=tmp_path / "state")
    key = again.upload(path, progress=lambda there, of: told.append(there))
    assert stored(flow, key)["ContentLength"] == LARGE
    assert told[0] >= PART  # what was there was not sent again
    assert told[-1] == LARGE
    begun = [call for call in api.calls if call == "POST /uploads"]
    assert len(begun) == 1
    assert list((tmp_path / "state").iterdir()) == []


def test_an_upload_that_was_cleared_up_meanwhile_begins_anew(
    ann: Client, flow: Flow, tmp_path: Path
) -> None:
    path = large(tmp_path / "film.mp4")

    def stop(there: int, of: int) -> None:
        raise Closed

    with pytest.raises(Closed):
        ann.upload(path, progress=stop)
    s3 = aws("s3")
    for upload in s3.list_multipart_uploads(Bucket=flow.uploads)["Uploads"]:
        s3.abort_multipart_upload(
            Bucket=flow.uploads, Key=upload["Key"], UploadId=upload["UploadId"]
        )
    assert stored(flow, ann.upload(path))["ContentLength"] == LARGE


def test_a_list_goes_through_all_its_pages(ann: Client, flow: Flow) -> None:
    for number in range(7):
        record(flow, f"users/ann/{number}.jpg", number=number)
        aws("s3").put_object(Bucket=flow.uploads, Key=f"users/ann/{number}.jpg", Body=b"x")
    record(flow, "users/bob/8.jpg", number=8)
    found = [row.key for row in ann.assets(page=3)]
    assert sorted(found) == [f"users/ann/{number}.jpg" for number in range(7)]


def test_waiting_ends_when_the_asset_is_done_and_not_before(ann: Client, flow: Flow) -> None:
    record(flow, "users/ann/a.jpg", Status.PROCESSING)
    with pytest.raises(NotDone, match="not done after 1 s"):
        ann.wait("users/ann/a.jpg", seconds=1)
    later = threading.Timer(1.5, record, (flow, "users/ann/a.jpg", Status.PARTIAL))
    later.start()
    started = time.monotonic()
    found = ann.wait("users/ann/a.jpg", seconds=60)
    assert (found.status, found.is_done) == ("partial", True)
    assert time.monotonic() - started > 1
    later.join()


def test_one_deletes_and_only_ones_own(ann: Client, flow: Flow) -> None:
    for user in ("ann", "bob"):
        record(flow, f"users/{user}/a.jpg")
        aws("s3").put_object(Bucket=flow.uploads, Key=f"users/{user}/a.jpg", Body=b"x")
    ann.delete("users/ann/a.jpg")
    with pytest.raises(Problem, match="403 forbidden"):
        ann.delete("users/bob/a.jpg")
    assert stored(flow, "users/bob/a.jpg")["ContentLength"] == 1


def test_who_is_busy_is_asked_again_and_who_refuses_is_not(
    api: Served, ann: Client, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    record(flow, "users/ann/a.jpg")
    pauses: list[int] = []
    monkeypatch.setattr(calls, "_pause", lambda attempt, asked: pauses.append(attempt))
    api.failing += [503, 429]
    assert ann.asset("users/ann/a.jpg").status == "complete"
    assert pauses == [1, 2]
    api.failing += [500]
    with pytest.raises(Problem, match="500"):  # it may have been done: nobody knows
        ann.reprocess("users/ann/a.jpg")
    with pytest.raises(Problem, match="Unauthorized"):
        Client(api.url).asset("users/ann/a.jpg")
    with pytest.raises(Unreachable):
        Client("http://127.0.0.1:9", bearer("ann")).asset("a")
    assert pauses == [1, 2, 1, 2, 3, 4]


def test_a_link_is_told_and_not_followed(ann: Client, flow: Flow) -> None:
    key = "users/ann/a.jpg"
    record(flow, key)
    aws("s3").put_object(Bucket=flow.uploads, Key=key, Body=b"original")
    with urllib.request.urlopen(ann.deliver(key, "original")) as answer:
        assert answer.read() == b"original"


def test_the_package_stands_alone_and_needs_nothing(tmp_path: Path) -> None:
    wheels, place = tmp_path / "wheels", tmp_path / "place"
    source = shutil.copytree(ROOT / "clients" / "python", tmp_path / "source")
    uv = Path(sys.executable).with_name("uv")
    build = [str(uv), "build", "--wheel", "--no-build-isolation", "--out-dir", str(wheels)]
    made = subprocess.run(
        [*build, "--python", sys.executable, str(source)], capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    (wheel,) = wheels.glob("*.whl")
    shutil.unpack_archive(wheel, place, "zip")
    assert {path.name.split("-")[0] for path in place.iterdir()} == {"mediamill_client"}
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); import mediamill_client as m;"
        "assert m.__file__.startswith(sys.argv[1]); m.Client('https://x', m.bearer('t'));"
        "assert not {n.partition('.')[0] for n in sys.modules} & {'boto3', 'botocore', 'msgspec'}"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code, str(place)], check=True)


# ── JavaScript ───────────────────────────────────────────────────────────────────────────────────


@needs_node
def test_a_page_uploads_a_small_file(page: Callable[..., Any], flow: Flow) -> None:
    done = page("upload", key="día 1.txt", size=5, type="text/plain")
    assert done == {"key": "users/ann/día 1.txt", "told": [[0, 5], [5, 5]]}
    found = stored(flow, "users/ann/día 1.txt")
    assert (found["ContentLength"], found["ContentType"]) == (5, "text/plain")
    again = page("upload", key="día 1.txt", size=5)
    assert again["error"]["status"] in (409, 412)


@needs_node
def test_a_page_that_was_closed_goes_on_where_it_was(
    page: Callable[..., Any], api: Served, flow: Flow
) -> None:
    stopped = page("upload", key="film.mp4", size=LARGE, stop=3 * PART)
    assert stopped["error"]["message"] == "the page was closed"
    done = page("upload", key="film.mp4", size=LARGE)
    assert stored(flow, done["key"])["ContentLength"] == LARGE
    assert done["told"][0][0] >= 3 * PART
    assert done["told"][-1] == [LARGE, LARGE]
    assert api.calls.count("POST /uploads") == 1


@needs_node
def test_a_page_lists_waits_and_deletes(page: Callable[..., Any], api: Served, flow: Flow) -> None:
    for number in range(5):
        record(flow, f"users/ann/{number}.jpg", number=number)
        aws("s3").put_object(Bucket=flow.uploads, Key=f"users/ann/{number}.jpg", Body=b"x")
    assert sorted(page("list", limit=2)) == [f"users/ann/{n}.jpg" for n in range(5)]
    assert page("wait", key="users/ann/1.jpg", seconds=5)["status"] == "complete"
    record(flow, "users/ann/new.jpg", Status.PROCESSING)
    assert page("wait", key="users/ann/new.jpg", seconds=1)["error"]["name"] == "NotDone"
    assert page("delete", key="users/ann/1.jpg") is None
    missing = page("asset", key="users/ann/none.jpg")["error"]
    assert (missing["status"], missing["code"]) == (404, "no_such_asset")
    assert page("asset", key="users/ann/2.jpg", token="none")["error"]["status"] == 401
    api.failing += [503]
    assert page("asset", key="users/ann/2.jpg")["key"] == "users/ann/2.jpg"
