"""The deployed API: who gets in, by a signature, by a token, or by neither; and what they get."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest
from made.pictures import jpeg
from made.pipeline import Pipeline, until
from made.web import Got, Issuer, call, issuer, signed

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def cat(pipeline: Pipeline) -> str:
    """The key of a picture that is complete."""
    key = "users/ann/größe & 100%.jpg"
    pipeline.put(key, jpeg(1200, 800))
    pipeline.settled(key)
    return key


def given(pipeline: Pipeline, **parameters: str) -> None:
    """The same stack with other parameters, once it has them."""
    pipeline.given(**parameters)


@pytest.fixture(scope="module")
def tokens(pipeline: Pipeline, cat: str) -> Iterator[Issuer]:
    """The stack takes tokens of this issuer, and each user sees their own folder."""
    before = pipeline.stack.parameters()
    with issuer() as made:
        given(
            pipeline,
            ApiAccess="jwt",
            JwtIssuer=made.address,
            JwtAudience="web,app",
            ApiPrefix="users/{sub}/",
        )
        yield made
        given(pipeline, **before)


# ── By a signature ───────────────────────────────────────────────────────────────────────────────


def test_nobody_gets_in_without_a_signature(pipeline: Pipeline, cat: str) -> None:
    for path in ("/assets", f"/assets/{quote(cat)}", f"/picture/{quote(cat)}", "/openapi.json"):
        for method in ("GET", "HEAD", "POST", "DELETE"):
            assert call(method, pipeline.stack.api + path).status == 403, (method, path)


def test_whoever_signs_finds_and_fetches_what_was_made(pipeline: Pipeline, cat: str) -> None:
    listed = signed(pipeline.stack, "GET", "/assets?limit=100&kind=image").json
    assert cat in [row["key"] for row in listed["assets"]]
    named = signed(pipeline.stack, "GET", f"/assets?prefix={quote('users/ann/', safe='')}").json
    assert [row["key"] for row in named["assets"]] == [cat]
    told = signed(pipeline.stack, "GET", f"/assets/{quote(cat)}").json
    assert (told["key"], told["status"]) == (cat, "complete")
    shown = signed(pipeline.stack, "GET", f"/picture/{quote(cat)}?w=300&dpr=2")
    assert shown.status == 302
    picture = call("GET", shown.headers["location"])
    assert (picture.status, picture.headers["content-type"]) == (200, "image/webp")
    assert picture.body == pipeline.result(f"medium/{cat}.webp")
    original = signed(pipeline.stack, "GET", f"/deliver/original/{quote(cat)}")
    assert call("GET", original.headers["location"]).body == jpeg(1200, 800)


def test_what_is_missing_is_told_from_what_is_forbidden(pipeline: Pipeline) -> None:
    answer = signed(pipeline.stack, "GET", "/picture/none.jpg")
    assert (answer.status, answer.json["code"]) == (404, "no_such_asset")


# ── Again, back, and what changed ────────────────────────────────────────────────────────────────


def test_a_day_of_an_asset_is_told_by_events(pipeline: Pipeline) -> None:
    """Signed calls to the functions' own roles, which may do what it takes and no more."""
    stack = pipeline.stack
    begun = signed(stack, "GET", "/events?prefix=day%2F")
    assert begun.status == 200, begun
    after = begun.json["after"]

    def told(status: str) -> None:
        """Wait until the picture is told to be so, meeting nothing twice on the way."""
        nonlocal after
        until_ = time.monotonic() + 60
        while time.monotonic() < until_:
            answer = signed(stack, "GET", f"/events?prefix=day%2F&wait=10&after={after}").json
            after = answer["after"]
            states = [(event["key"], event["status"]) for event in answer["events"]]
            assert {key for key, _ in states} <= {"day/a.jpg"}
            if ("day/a.jpg", status) in states:
                return
        raise AssertionError(f"day/a.jpg was never {status}")

    pipeline.put("day/a.jpg", jpeg(300, 200))
    told("complete")
    again = signed(stack, "POST", "/assets/day/a.jpg/reprocess")
    assert (again.status, again.json["status"]) == (202, "processing")
    told("complete")
    assert signed(stack, "GET", "/assets/day/a.jpg").json["steps"]["image"]["attempt"] == 1
    assert signed(stack, "DELETE", "/assets/day/a.jpg").status == 202
    told("deleted")
    assert signed(stack, "POST", "/assets/day/a.jpg/restore").status == 202
    told("complete")
    assert call("GET", f"{stack.api}/events").status == 403


# ── Content by region ────────────────────────────────────────────────────────────────────────────


def test_content_of_the_stacks_own_bucket_is_led_to_by_region(pipeline: Pipeline) -> None:
    stack = pipeline.stack
    assert signed(stack, "GET", "/content/top.txt").json["code"] == "no_content"
    before = stack.parameters()
    given(pipeline, ContentBucket="own")
    try:
        bucket = stack.output("ContentBucketName")
        for key in ("default/top.txt", "egypt/cairo/top.txt"):
            stack.s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
        for region, key in (("egypt-cairo", "egypt/cairo/top.txt"), ("chad", "default/top.txt")):
            led = signed(stack, "GET", f"/content/top.txt?region={region}")
            assert call("GET", led.headers["location"]).body.decode() == key
        missing = signed(stack, "GET", "/content/none.txt")
        assert (missing.status, missing.json["code"]) == (404, "no_such_content")
        assert call("GET", f"{stack.api}/content/top.txt").status == 403
    finally:
        given(pipeline, **before)


# ── By a token ───────────────────────────────────────────────────────────────────────────────────


def asked(pipeline: Pipeline, path: str, token: str | None) -> Got:
    headers: Mapping[str, str] = {} if token is None else {"Authorization": f"Bearer {token}"}
    return call("GET", pipeline.stack.api + path, headers=headers)


def test_a_token_opens_its_users_folder(pipeline: Pipeline, tokens: Issuer, cat: str) -> None:
    ann = tokens.token(sub="ann")
    assert [row["key"] for row in asked(pipeline, "/assets", ann).json["assets"]] == [cat]
    assert asked(pipeline, f"/assets/{quote(cat)}", ann).json["key"] == cat
    assert asked(pipeline, f"/picture/{quote(cat)}?w=100", ann).status == 302


@pytest.mark.parametrize("path", ["/assets", "/assets/{cat}", "/picture/{cat}", "/nothing"])
@pytest.mark.parametrize(
    "claims",
    [
        None,
        {"exp": int(time.time()) - 60},
        {"aud": "somebody else"},
        {"iss": "https://example.com"},
        {"nbf": int(time.time()) + 86_400},
    ],
    ids=["none", "expired", "audience", "issuer", "early"],
)
def test_no_other_token_opens_anything(
    pipeline: Pipeline, tokens: Issuer, cat: str, path: str, claims: Mapping[str, str] | None
) -> None:
    token = None if claims is None else tokens.token(sub="ann", **claims)
    answer = asked(pipeline, path.replace("{cat}", quote(cat)), token)
    assert answer.status == 401


def test_a_token_that_another_key_sealed_opens_nothing(
    pipeline: Pipeline, tokens: Issuer, cat: str
) -> None:
    forger = Issuer()
    forger.address = tokens.address
    assert asked(pipeline, "/assets", forger.token(sub="ann")).status == 401


def test_another_users_asset_is_forbidden(pipeline: Pipeline, tokens: Issuer, cat: str) -> None:
    bob = tokens.token(sub="bob")
    for path in (f"/assets/{quote(cat)}", f"/picture/{quote(cat)}", "/assets?prefix=users/ann/"):
        answer = asked(pipeline, path, bob)
        assert (answer.status, answer.json["code"]) == (403, "forbidden"), path
    assert asked(pipeline, "/assets", bob).json["assets"] == []


def begun(pipeline: Pipeline, token: str, **asked: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps(asked).encode()
    return call("POST", f"{pipeline.stack.api}/uploads", body=body, headers=headers).json


def test_a_user_without_credentials_of_aws_uploads_waits_looks_and_deletes(
    pipeline: Pipeline, tokens: Issuer
) -> None:
    token = tokens.token(sub="carol")
    picture = jpeg(900, 600)
    put = begun(
        pipeline,
        token,
        key="día 1.jpg",
        bytes=len(picture),
        content_type="image/jpeg",
        sha256=hashlib.sha256(picture).hexdigest(),
    )
    assert put["key"] == "users/carol/día 1.jpg"
    sent = call("PUT", put["put"]["url"], body=picture, headers=put["put"]["headers"])
    assert sent.status == 200
    path = f"/assets/{quote(put['key'])}"

    def complete() -> Any:
        answer = asked(pipeline, path, token)
        done = answer.status == 200 and answer.json["status"] == "complete"
        return answer.json if done else None

    told = until(complete, "the picture to be complete")
    address = told["srcset"]["image/webp"].split(" ")[0]
    assert call("GET", address).headers["content-type"] == "image/webp"
    gone = call("DELETE", pipeline.stack.api + path, headers={"Authorization": f"Bearer {token}"})
    assert gone.status == 202
    until(lambda: asked(pipeline, path, token).status == 404, "the asset to be gone")
    until(lambda: not pipeline.results(put["key"]), "what was made of it to be gone")


def test_a_link_takes_the_file_that_was_told_and_no_other(
    pipeline: Pipeline, tokens: Issuer
) -> None:
    body = b"exactly these bytes"
    put = begun(
        pipeline,
        tokens.token(sub="dave"),
        key="a.txt",
        bytes=len(body),
        content_type="text/plain",
        sha256=hashlib.sha256(body).hexdigest(),
    )["put"]

    def sent(body: bytes = body, url: str = put["url"], **other: str) -> int:
        headers = {name.replace("-", "_"): (name, value) for name, value in put["headers"].items()}
        for name, value in other.items():
            headers[name] = (name.replace("_", "-"), value)
        return call("PUT", url, body=body, headers=dict(headers.values())).status

    assert sent(body + b"!") == 403  # another size
    assert sent(b"EXACTLY these bytes") == 400  # another digest than was told
    assert sent(Content_Type="text/html") == 403
    assert sent(If_None_Match="x") == 403
    assert sent(url=put["url"].replace("a.txt", "b.txt")) == 403
    expired = re.sub(r"X-Amz-Date=\d{8}", "X-Amz-Date=20200101", put["url"])
    assert sent(url=expired) == 403
    assert pipeline.results("users/dave/a.txt") == set()
    assert sent() == 200
    assert sent() == 412  # it is there


# ── By neither ───────────────────────────────────────────────────────────────────────────────────


def test_what_is_open_to_read_is_not_open_to_write(pipeline: Pipeline, cat: str) -> None:
    before = pipeline.stack.parameters()
    given(pipeline, ApiAccess="public-read", ApiPrefix="")
    try:
        address = pipeline.stack.api
        assert call("GET", f"{address}/assets/{quote(cat)}").json["key"] == cat
        assert call("HEAD", f"{address}/picture/{quote(cat)}").status == 302
        assert call("GET", f"{address}/deliver/original/{quote(cat)}").status == 403
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert call(method, f"{address}/assets/{quote(cat)}").status == 403, method
    finally:
        given(pipeline, **before)
