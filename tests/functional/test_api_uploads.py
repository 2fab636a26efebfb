"""Uploads through the API against a real bucket: whole files, files in parts, and their end."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import pytest
from made import records
from made.calls import Api
from made.flow import Flow
from made.web import Got
from made.web import call as send

from mediamill.api import uploads
from mediamill.aws.clients import client
from mediamill.aws.items import to_item
from mediamill.domain.kind import Status
from mediamill.settings import Settings


@pytest.fixture
def api(flow: Flow) -> Api:
    return Api(flow.settings)


def told(flow: Flow, **variables: str) -> Settings:
    return Settings({**flow.settings.environment, **variables})


def stored(flow: Flow, key: str) -> bytes:
    return client("s3").get_object(Bucket=flow.uploads, Key=key)["Body"].read()


def sent(begun: Mapping[str, Any], body: bytes) -> Got:
    """The file, put where its upload says."""
    return send("PUT", begun["url"], body=body, headers=begun["headers"])


def opened(flow: Flow, key: str, status: Status = Status.COMPLETE) -> None:
    made = records.record(asset=records.asset(key), status=status, steps={})
    client("dynamodb").put_item(TableName=flow.settings.assets_table, Item=to_item(made))


def begin(api: Api, key: str, size: int, **more: Any) -> Any:
    answer = api("POST", "/uploads", body={"key": key, "bytes": size, **more})
    assert answer.status == 201, answer.text
    return answer.body


def test_a_file_goes_straight_into_the_bucket(api: Api, flow: Flow) -> None:
    body = b"a picture, say"
    digest = hashlib.sha256(body).hexdigest()
    begun = begin(
        api,
        "photos/größe 1.jpg",
        len(body),
        content_type="image/jpeg",
        sha256=digest,
        metadata={"focus": "0.3,0.4"},
    )
    assert begun["key"] == "photos/größe 1.jpg"
    assert begun["put"]["seconds"] == 900
    assert sent(begun["put"], body).status == 200
    found = client("s3").head_object(Bucket=flow.uploads, Key="photos/größe 1.jpg")
    assert (found["ContentType"], found["Metadata"]) == ("image/jpeg", {"focus": "0.3,0.4"})
    assert stored(flow, "photos/größe 1.jpg") == body


def test_nothing_is_overwritten_unless_it_is_asked_for(api: Api, flow: Flow) -> None:
    first = begin(api, "a.txt", 3)
    second = begin(api, "a.txt", 3)
    assert sent(first["put"], b"one").status == 200
    assert sent(second["put"], b"two").status == 412
    opened(flow, "a.txt")
    refused = api("POST", "/uploads", body={"key": "a.txt", "bytes": 3})
    assert (refused.status, refused.code) == (409, "exists")
    assert sent(begin(api, "a.txt", 5, overwrite=True)["put"], b"three").status == 200
    assert stored(flow, "a.txt") == b"three"


def test_a_key_that_was_deleted_is_free(api: Api, flow: Flow) -> None:
    opened(flow, "a.txt", Status.DELETED)
    assert begin(api, "a.txt", 3)["key"] == "a.txt"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("{", 400, "bad_body"),
        ("", 400, "bad_body"),
        ("[]", 400, "bad_body"),
        ({"key": "a.txt"}, 400, "bad_body"),
        ({"key": "", "bytes": 1}, 400, "bad_body"),
        ({"key": "a.txt", "bytes": -1}, 400, "bad_body"),
        ({"key": "a.txt", "bytes": "1"}, 400, "bad_body"),
        ({"key": "a.txt", "bytes": 1, "size": 1}, 400, "bad_body"),
        ({"key": "a.txt", "bytes": 1, "sha256": "x"}, 400, "bad_body"),
        ({"key": "a.txt", "bytes": 1, "content_type": "text"}, 400, "bad_body"),
        ({"key": "a.txt", "bytes": 1, "metadata": {"focus": "a\nb"}}, 400, "bad_body"),
        ({"key": "a/", "bytes": 1}, 400, "key_unusable"),
        ({"key": "a\u0001", "bytes": 1}, 400, "key_unusable"),
        ({"key": "é" * 503, "bytes": 1}, 400, "key_too_long"),
        ({"key": "a.txt", "bytes": 5_000_000_001}, 413, "too_large"),
        ({"key": "a.txt", "bytes": 200_000_000, "sha256": "0" * 64}, 400, "bad_body"),
    ],
)
def test_an_upload_that_cannot_be_is_refused(api: Api, body: Any, status: int, code: str) -> None:
    answer = api("POST", "/uploads", body=body)
    assert (answer.status, answer.code) == (status, code)


def test_a_prefix_is_put_before_whatever_key_a_user_gives(flow: Flow) -> None:
    api = Api(flow.settings, prefix="users/{sub}/")
    for key in ("cat.jpg", "users/ann/cat.jpg"):
        answer = api("POST", "/uploads", body={"key": key, "bytes": 1}, claims={"sub": "ann"})
        assert answer.body["key"] == "users/ann/cat.jpg"
    other = {"key": "users/bob/cat.jpg", "bytes": 1}
    answer = api("POST", "/uploads", body=other, claims={"sub": "ann"})
    assert answer.body["key"] == "users/ann/users/bob/cat.jpg"


# ── In parts ─────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> int:
    """Parts of the smallest size that S3 takes, and files that go in parts from 6 MB on."""
    size = 5 << 20
    monkeypatch.setattr(uploads, "SINGLE_BYTES", 6_000_000)
    monkeypatch.setattr(uploads, "_PART_BYTES", size)
    return size


def linked(api: Api, key: str, upload_id: str, *numbers: int) -> Mapping[str, str]:
    body = {"key": key, "upload_id": upload_id, "numbers": list(numbers)}
    urls: Mapping[str, str] = api("POST", "/uploads/parts", body=body).body["urls"]
    return urls


def test_a_large_file_goes_on_where_it_was_interrupted(
    api: Api, flow: Flow, small_parts: int
) -> None:
    whole = bytes(range(256)) * 50_000
    begun = begin(api, "film.mp4", len(whole), content_type="video/mp4")
    many = begun["multipart"]
    assert (many["part_bytes"], many["parts"]) == (small_parts, 3)
    pieces = [whole[start : start + small_parts] for start in range(0, len(whole), small_parts)]
    urls = linked(api, "film.mp4", many["upload_id"], 1, 3)
    for number in (1, 3):
        assert send("PUT", urls[str(number)], body=pieces[number - 1]).status == 200

    which = f"key=film.mp4&upload_id={many['upload_id']}"
    there = api("GET", f"/uploads/parts?{which}").body["parts"]
    assert [part["number"] for part in there] == [1, 3]
    asked = {"key": "film.mp4", "upload_id": many["upload_id"], "bytes": len(whole)}
    early = api("POST", "/uploads/complete", body=asked)
    assert (early.status, early.code) == (409, "incomplete")

    urls = linked(api, "film.mp4", many["upload_id"], 2)
    assert send("PUT", urls["2"], body=pieces[1]).status == 200
    done = api("POST", "/uploads/complete", body=asked)
    assert (done.status, done.body) == (201, {"key": "film.mp4"})
    assert stored(flow, "film.mp4") == whole
    again = api("POST", "/uploads/complete", body=asked)
    assert (again.status, again.code) == (404, "no_such_upload")


def test_parts_are_not_put_together_over_a_file_that_came_first(
    api: Api, flow: Flow, small_parts: int
) -> None:
    size = 6_000_000
    begun = begin(api, "a.bin", size)["multipart"]
    urls = linked(api, "a.bin", begun["upload_id"], 1, 2)
    send("PUT", urls["1"], body=bytes(small_parts))
    send("PUT", urls["2"], body=bytes(size - small_parts))
    client("s3").put_object(Bucket=flow.uploads, Key="a.bin", Body=b"first")
    asked = {"key": "a.bin", "upload_id": begun["upload_id"], "bytes": size}
    refused = api("POST", "/uploads/complete", body=asked)
    assert (refused.status, refused.code) == (409, "exists")
    assert api("POST", "/uploads/complete", body={**asked, "overwrite": True}).status == 201


def test_an_upload_that_is_given_up_leaves_nothing(api: Api, flow: Flow, small_parts: int) -> None:
    begun = begin(api, "a.bin", 6_000_000)["multipart"]
    urls = linked(api, "a.bin", begun["upload_id"], 1)
    send("PUT", urls["1"], body=bytes(small_parts))
    which = f"key=a.bin&upload_id={begun['upload_id']}"
    assert api("DELETE", f"/uploads?{which}").status == 204
    assert "Uploads" not in client("s3").list_multipart_uploads(Bucket=flow.uploads)
    gone = api("GET", f"/uploads/parts?{which}")
    assert (gone.status, gone.code) == (404, "no_such_upload")


def test_a_file_of_the_largest_size_has_no_more_parts_than_one_answer_tells(api: Api) -> None:
    many = begin(api, "huge.mp4", 5_000_000_000)["multipart"]
    assert many["parts"] <= 1000
    assert many["parts"] * many["part_bytes"] >= 5_000_000_000


# ── Deleting, and who may ────────────────────────────────────────────────────────────────────────


def test_an_original_is_deleted_and_its_versions_stay(api: Api, flow: Flow) -> None:
    client("s3").put_object(Bucket=flow.uploads, Key="a/b c.jpg", Body=b"x")
    opened(flow, "a/b c.jpg")
    answer = api("DELETE", "/assets/a/b%20c.jpg")
    assert (answer.status, answer.body) == (202, {"key": "a/b c.jpg"})
    versions = client("s3").list_object_versions(Bucket=flow.uploads, Prefix="a/b c.jpg")
    assert len(versions["Versions"]) == len(versions["DeleteMarkers"]) == 1
    missing = api("DELETE", "/assets/none.jpg")
    assert (missing.status, missing.code) == (404, "no_such_asset")


CHANGES: list[tuple[str, str, Any]] = [
    ("DELETE", "/assets/users/bob/cat.jpg", None),
    ("GET", "/uploads/parts?key=users/bob/cat.jpg&upload_id=u", None),
    ("DELETE", "/uploads?key=users/bob/cat.jpg&upload_id=u", None),
    ("POST", "/uploads/parts", {"key": "users/bob/cat.jpg", "upload_id": "u", "numbers": [1]}),
    ("POST", "/uploads/complete", {"key": "users/bob/cat.jpg", "upload_id": "u", "bytes": 1}),
]


@pytest.mark.parametrize(("method", "address", "body"), CHANGES)
def test_nobody_changes_what_is_another_users(
    flow: Flow, method: str, address: str, body: Any
) -> None:
    opened(flow, "users/bob/cat.jpg")
    api = Api(flow.settings, prefix="users/{sub}/")
    answer = api(method, address, body=body, claims={"sub": "ann"})
    assert (answer.status, answer.code) == (403, "forbidden")


@pytest.mark.parametrize(
    ("method", "address", "body"), [*CHANGES, ("POST", "/uploads", {"key": "a", "bytes": 1})]
)
def test_nobody_changes_anything_without_credentials_or_in_a_bucket_of_somebody_elses(
    api: Api, flow: Flow, method: str, address: str, body: Any
) -> None:
    public = api(method, address, body=body, is_signed=False)
    assert (public.status, public.code) == (403, "private")
    elsewhere = Api(told(flow, OWNS_UPLOADS="false"))(method, address, body=body)
    assert (elsewhere.status, elsewhere.code) == (403, "read_only")
