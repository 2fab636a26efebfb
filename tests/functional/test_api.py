"""The API against a real table and real buckets: lists, assets, deliveries, and what it refuses."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from made import records
from made.calls import Answered, Api
from made.flow import Flow

from mediamill.aws.clients import client
from mediamill.aws.items import to_item
from mediamill.aws.listing import Listing
from mediamill.domain.asset import Record
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill.domain.manifest import StepError

NOW = datetime.now(UTC)


@pytest.fixture
def api(flow: Flow) -> Api:
    return Api(flow.settings)


@pytest.fixture(autouse=True)
def in_one_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """Assets are some days old, which may be last month; the table is as old as they are."""
    monkeypatch.setattr(Listing, "_since", NOW - timedelta(days=5))


def at(number: int) -> str:
    """A time `number` minutes ago."""
    then = (NOW - timedelta(minutes=number)).isoformat(timespec="milliseconds")
    return then.replace("+00:00", "Z")


def put(flow: Flow, key: str, number: int = 1, **more: Any) -> Record:
    """An asset that is `number` minutes old, with its original in the bucket."""
    asset = {name: more.pop(name) for name in ("kind", "bytes") if name in more}
    made = records.record(
        asset=records.asset(key, created_at=at(number), **asset),
        **{"status": Status.COMPLETE, "steps": {"image": records.complete()}, **more},
    )
    table = flow.settings.assets_table
    client("dynamodb").put_item(TableName=table, Item=to_item(made))
    client("s3").put_object(Bucket=flow.uploads, Key=key, Body=b"original")
    return made


def derive(flow: Flow, made: Record, *rows: Mapping[str, Any], **facts: Any) -> None:
    """Results of an asset, and the manifest that lists them."""
    results = flow.settings.results_bucket
    for row in rows:
        client("s3").put_object(Bucket=results, Key=row["key"], Body=row["key"].encode())
    manifest = {
        "schema_version": "1.1",
        "asset_id": made.asset.asset_id,
        "key": made.asset.key,
        "derivatives": list(rows),
        **facts,
    }
    body = json.dumps(manifest).encode()
    client("s3").put_object(Bucket=results, Key=f"manifest/{made.asset.key}.json", Body=body)


def picture(name: str, key: str, width: int, form: str = "webp", **more: Any) -> dict[str, Any]:
    extension = {"jpeg": "jpg"}.get(form, form)
    return {
        "name": name,
        "key": f"{name}/{key}.{extension}",
        "content_type": f"image/{form}",
        "format": form,
        "bytes": 10,
        "sha256": "0" * 64,
        "width": width,
        "height": width // 2,
        **more,
    }


def fetched(url: str) -> str:
    """What stands at a link, without any credentials."""
    with urllib.request.urlopen(url) as answer:
        text: str = answer.read().decode()
    return text


def keys(answer: Answered) -> list[str]:
    return [row["key"] for row in answer.body["assets"]]


def paged(api: Api, address: str) -> list[list[str]]:
    """The keys of every page of a list."""
    pages, following = [], ""
    while True:
        answer = api("GET", address + following)
        assert answer.status == 200, answer.text
        pages.append(keys(answer))
        if "next" not in answer.body:
            return pages
        following = f"{'&' if '?' in address else '?'}cursor={answer.body['next']}"


# ── Lists ────────────────────────────────────────────────────────────────────────────────────────


def test_a_list_has_the_newest_first_and_goes_on_where_its_page_ended(api: Api, flow: Flow) -> None:
    for number in range(25):
        put(flow, f"{number:02}.jpg", number, kind=list(Kind)[number % 3])
    pages = paged(api, "/assets?limit=10")
    assert [len(page) for page in pages] == [10, 10, 5]
    assert [key for page in pages for key in page] == [f"{n:02}.jpg" for n in range(25)]


def test_assets_of_the_same_millisecond_are_each_listed_once(api: Api, flow: Flow) -> None:
    for number in range(40):
        put(flow, f"{number:02}.jpg", 1)
    pages = paged(api, "/assets?limit=7")
    assert sorted(key for page in pages for key in page) == [f"{n:02}.jpg" for n in range(40)]


def test_what_comes_between_two_pages_changes_nothing_of_the_second(api: Api, flow: Flow) -> None:
    for number in range(10, 20):
        put(flow, f"{number}.jpg", number)
    first = api("GET", "/assets?limit=5")
    put(flow, "new.jpg", 0)
    second = api("GET", f"/assets?limit=5&cursor={first.body['next']}")
    assert keys(first) + keys(second) == [f"{n}.jpg" for n in range(10, 20)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=video", ["film.mp4"]),
        ("status=failed", ["torn.jpg"]),
        ("status=complete", ["film.mp4", "old.jpg"]),
        ("status=failed&kind=video", []),
        ("status=deleted", []),
        (f"day={NOW - timedelta(days=2):%Y-%m-%d}", ["old.jpg"]),
        (f"day={NOW - timedelta(days=3):%Y-%m-%d}", []),
        (f"day={NOW - timedelta(days=2):%Y-%m-%d}&status=failed", []),
    ],
)
def test_a_list_has_what_its_filters_say(
    api: Api, flow: Flow, query: str, expected: list[str]
) -> None:
    put(flow, "film.mp4", 1, kind=Kind.VIDEO)
    put(flow, "torn.jpg", 2, status=Status.FAILED)
    put(flow, "gone.jpg", 3, status=Status.DELETED)
    put(flow, "old.jpg", 2 * 24 * 60)
    assert [key for page in paged(api, f"/assets?{query}") for key in page] == expected


def test_a_prefix_lists_what_lies_below_it_by_name(api: Api, flow: Flow) -> None:
    for number, key in enumerate(("b/2.jpg", "a/1.jpg", "b/1.jpg", "b/c/3.jpg", "b.jpg")):
        put(flow, key, number)
    assert paged(api, "/assets?prefix=b/&limit=2") == [["b/1.jpg", "b/2.jpg"], ["b/c/3.jpg"]]
    answer = api("GET", "/assets?prefix=b/&folders=true")
    assert (keys(answer), answer.body["folders"]) == (["b/1.jpg", "b/2.jpg"], ["b/c/"])
    root = api("GET", "/assets?folders=true")
    assert (keys(root), root.body["folders"]) == (["b.jpg"], ["a/", "b/"])


def test_a_prefix_and_a_filter_hold_together_over_pages(api: Api, flow: Flow) -> None:
    for number in range(12):
        status = Status.FAILED if number % 4 == 0 else Status.COMPLETE
        put(flow, f"a/{number:02}.jpg", number, status=status)
    put(flow, "a/tombstone.jpg", 1, status=Status.DELETED)
    client("s3").put_object(Bucket=flow.uploads, Key="a/unheard-of.jpg", Body=b"")
    pages = paged(api, "/assets?prefix=a/&status=failed&limit=2")
    assert [key for page in pages for key in page] == ["a/00.jpg", "a/04.jpg", "a/08.jpg"]
    everything = [key for page in paged(api, "/assets?prefix=a/") for key in page]
    assert everything == [f"a/{n:02}.jpg" for n in range(12)]


@pytest.mark.parametrize("cursor", ["", "x", "W10", "bnVsbA", "WyJhIiwiYiIsImMiXQ", "%ff", "é"])
def test_a_cursor_that_is_none_is_refused(api: Api, flow: Flow, cursor: str) -> None:
    answer = api("GET", f"/assets?cursor={cursor}")
    assert (answer.status, answer.code) == (400, "bad_cursor")


def test_a_cursor_of_another_list_is_refused(api: Api, flow: Flow) -> None:
    for number in range(3):
        put(flow, f"{number}.jpg", number)
    following = api("GET", "/assets?limit=1").body["next"]
    for other in ("kind=image", "status=failed", "prefix=a", "day=2026-11-01", "folders=true"):
        answer = api("GET", f"/assets?{other}&cursor={following}")
        assert (answer.status, answer.code) == (400, "bad_cursor"), other


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "kind=painting", "day=2026-02-30", "page=1"]
)
def test_a_query_that_cannot_be_is_refused_in_words(api: Api, query: str) -> None:
    answer = api("GET", f"/assets?{query}")
    assert (answer.status, answer.code) == (400, "bad_query")
    assert query.partition("=")[0] in answer.body["detail"]


# ── One asset ────────────────────────────────────────────────────────────────────────────────────


def test_an_asset_is_told_with_links_that_need_no_credentials(api: Api, flow: Flow) -> None:
    made = put(flow, "photos/cat.jpg", bytes=8)
    rows = [picture("thumbnail", "photos/cat.jpg", 256), picture("large", "photos/cat.jpg", 1920)]
    derive(flow, made, *rows, width=4000, height=2000)
    told = api("GET", "/assets/photos/cat.jpg").body
    assert told["status"] == "complete"
    assert told["steps"] == {"image": {"status": "complete", "duration_ms": 1000}}
    assert told["manifest"]["derivatives"] == rows
    assert fetched(told["links"]["large/photos/cat.jpg.webp"]) == "large/photos/cat.jpg.webp"
    assert json.loads(fetched(told["links"]["manifest/photos/cat.jpg.json"])) == told["manifest"]
    assert fetched(told["original"]) == "original"
    addresses = [each.split(" ") for each in told["srcset"]["image/webp"].split(", ")]
    assert [width for _, width in addresses] == ["256w", "1920w"]
    assert fetched(addresses[0][0]) == "thumbnail/photos/cat.jpg.webp"


def test_a_failure_is_told_in_words(api: Api, flow: Flow) -> None:
    error = StepError("broken_image", "The file ends too early.")
    step = records.complete(status=StepStatus.FAILED, error=error)
    put(flow, "torn.jpg", status=Status.FAILED, steps={"image": step})
    told = api("GET", "/assets/torn.jpg").body
    assert told["steps"]["image"]["error"] == {"code": error.code, "message": error.message}
    assert "manifest" not in told


def test_a_manifest_of_the_version_before_is_not_told(api: Api, flow: Flow) -> None:
    made = put(flow, "cat.jpg")
    older = replace(made, asset=replace(made.asset, asset_id="0" * 32))
    derive(flow, older, picture("thumbnail", "cat.jpg", 256))
    told = api("GET", "/assets/cat.jpg").body
    assert "manifest" not in told and "links" not in told


def test_an_asset_that_stands_is_not_told_twice(api: Api, flow: Flow) -> None:
    made = put(flow, "cat.jpg")
    tag = api("GET", "/assets/cat.jpg").headers["etag"]
    again = api("GET", "/assets/cat.jpg", headers={"If-None-Match": tag})
    assert (again.status, again.headers["etag"]) == (304, tag)
    later = to_item(replace(made, revision=made.revision + 1))
    client("dynamodb").put_item(TableName=flow.settings.assets_table, Item=later)
    assert api("GET", "/assets/cat.jpg", headers={"If-None-Match": tag}).status == 200


@pytest.mark.parametrize(
    ("key", "asked"),
    [
        ("100% größer & 'schöner'.png", "100%25%20gr%C3%B6%C3%9Fer%20&%20'sch%C3%B6ner'.png"),
        ("a%2Fb/%25.jpg", "a%252Fb/%2525.jpg"),
        ("a/b c+d.jpg", "a%2Fb%20c+d.jpg"),
        ("a?b#c.jpg", "a%3Fb%23c.jpg"),
        ("reprocess/events", "reprocess/events"),
        ("a/../b.jpg", "a/../b.jpg"),
        ('x"<y>\\z.jpg', "x%22%3Cy%3E%5Cz.jpg"),
    ],
)
def test_any_key_can_be_asked_for(api: Api, flow: Flow, key: str, asked: str) -> None:
    put(flow, key)
    assert api("GET", f"/assets/{asked}").body["key"] == key


@pytest.mark.parametrize("key", ["none.jpg", "gone.jpg"])
def test_what_is_not_there_is_said(api: Api, flow: Flow, key: str) -> None:
    put(flow, "gone.jpg", status=Status.DELETED)
    for address in (f"/assets/{key}", f"/picture/{key}", f"/deliver/original/{key}"):
        answer = api("GET", address)
        assert (answer.status, answer.code) == (404, "no_such_asset"), address


@pytest.mark.parametrize("key", ["%00", "a%0Ab%01", "x" * 1025])
def test_a_key_that_cannot_be_is_refused(api: Api, key: str) -> None:
    for address in (f"/assets/{key}", f"/picture/{key}", f"/deliver/text/{key}"):
        assert (api("GET", address).status, api("GET", address).code) == (403, "key_unusable")


# ── Deliveries ───────────────────────────────────────────────────────────────────────────────────


def test_a_derivative_is_delivered_by_a_redirect_to_it(api: Api, flow: Flow) -> None:
    derive(flow, put(flow, "cat.jpg"), picture("medium", "cat.jpg", 800))
    answer = api("GET", "/deliver/medium/cat.jpg")
    assert answer.status == 302
    assert fetched(answer.location) == "medium/cat.jpg.webp"
    assert answer.headers["cache-control"] == "private, max-age=600"
    assert answer.headers["vary"] == "Accept"
    assert fetched(api("GET", "/deliver/original/cat.jpg").location) == "original"
    assert "derivatives" in fetched(api("GET", "/deliver/manifest/cat.jpg").location)


def test_a_page_is_delivered_by_its_number(api: Api, flow: Flow) -> None:
    rows = [
        picture("pages", "a.pdf", 800, page=page) | {"key": f"pages/a.pdf/{page:04}.webp"}
        for page in (1, 2)
    ]
    derive(flow, put(flow, "a.pdf"), *rows)
    assert fetched(api("GET", "/deliver/pages/a.pdf").location) == "pages/a.pdf/0001.webp"
    assert fetched(api("GET", "/deliver/pages/a.pdf?page=2").location) == "pages/a.pdf/0002.webp"
    third = api("GET", "/deliver/pages/a.pdf?page=3")
    assert (third.status, third.code) == (404, "no_such_derivative")


def test_a_download_is_named_as_the_file_is(api: Api, flow: Flow) -> None:
    put(flow, 'größe "a".pdf')
    answer = api("GET", "/deliver/original/gr%C3%B6%C3%9Fe%20%22a%22.pdf?download=true")
    with urllib.request.urlopen(answer.location) as file:
        said = file.headers["Content-Disposition"]
    assert said == "attachment; filename*=UTF-8''gr%C3%B6%C3%9Fe%20%22a%22.pdf"


def test_a_format_is_chosen_by_name_or_as_the_caller_takes_it(api: Api, flow: Flow) -> None:
    rows = [picture("medium", "cat.jpg", 800, form) for form in ("webp", "jpeg")]
    derive(flow, put(flow, "cat.jpg"), *rows)

    def delivered(query: str = "", accept: str = "*/*") -> str:
        answer = api("GET", f"/deliver/medium/cat.jpg{query}", headers={"Accept": accept})
        return fetched(answer.location) if answer.status == 302 else answer.code

    assert delivered("?format=webp") == "medium/cat.jpg.webp"
    assert delivered("?format=avif") == "not_acceptable"
    assert delivered() == "medium/cat.jpg.jpg"
    assert delivered(accept="image/webp,*/*;q=0.8") == "medium/cat.jpg.webp"
    assert delivered(accept="image/png") == "not_acceptable"


def test_a_picture_suits_the_screen(api: Api, flow: Flow) -> None:
    rows = [
        picture("thumbnail", "cat.jpg", 256),
        picture("medium", "cat.jpg", 800),
        picture("large", "cat.jpg", 1920),
        picture("square", "cat.jpg", 1000, height=1000),
    ]
    derive(flow, put(flow, "cat.jpg"), *rows)

    def shown(query: str) -> str:
        return fetched(api("GET", f"/picture/cat.jpg?{query}").location).partition("/")[0]

    assert shown("w=200") == "thumbnail"
    assert shown("w=256") == "thumbnail"
    assert shown("w=300") == "medium"
    assert shown("w=640&dpr=2") == "large"
    assert shown("w=5000") == "large"


def test_what_has_no_picture_says_so(api: Api, flow: Flow) -> None:
    derive(flow, put(flow, "a.zip"))
    answer = api("GET", "/picture/a.zip")
    assert (answer.status, answer.code) == (404, "no_picture")


def test_what_is_being_made_is_to_be_asked_for_again(api: Api, flow: Flow) -> None:
    put(flow, "cat.jpg", status=Status.PROCESSING)
    for address in ("/picture/cat.jpg", "/deliver/thumbnail/cat.jpg"):
        answer = api("GET", address)
        assert (answer.status, answer.code) == (404, "processing")
        assert answer.headers["retry-after"] == "2"


def test_what_was_rejected_says_why(api: Api, flow: Flow) -> None:
    error = StepError("too_large", "The file has too many bytes.")
    put(flow, "huge.bin", status=Status.REJECTED, rejection=error, steps={})
    answer = api("GET", "/picture/huge.bin")
    assert (answer.code, answer.body["detail"]) == (error.code, error.message)


# ── Who may ──────────────────────────────────────────────────────────────────────────────────────


def test_a_public_caller_gets_nothing_that_privacy_keeps(api: Api, flow: Flow) -> None:
    made = put(flow, "cat.jpg")
    metadata = picture("metadata", "cat.jpg", 1) | {"key": "metadata/cat.jpg.json"}
    derive(flow, made, metadata, picture("medium", "cat.jpg", 800))
    for name in ("metadata", "original"):
        answer = api("GET", f"/deliver/{name}/cat.jpg", is_signed=False)
        assert (answer.status, answer.code) == (403, "private")
    told = api("GET", "/assets/cat.jpg", is_signed=False).body
    assert "original" not in told
    assert set(told["links"]) == {"medium/cat.jpg.webp", "manifest/cat.jpg.json"}
    shown = api("GET", "/picture/cat.jpg", is_signed=False)
    assert shown.headers["cache-control"] == "public, max-age=600"


def test_users_see_their_own_alone(flow: Flow) -> None:
    api = Api(flow.settings, prefix="users/{sub}/")
    for user in ("ann", "bob"):
        derive(flow, put(flow, f"users/{user}/cat.jpg"), picture("medium", "cat.jpg", 800))
    ann: dict[str, Any] = {"claims": {"sub": "ann"}}
    assert keys(api("GET", "/assets", **ann)) == ["users/ann/cat.jpg"]
    assert keys(api("GET", "/assets?prefix=users/ann/c", **ann)) == ["users/ann/cat.jpg"]
    assert api("GET", "/assets/users/ann/cat.jpg", **ann).status == 200
    for address in (
        "/assets?prefix=users/",
        "/assets?prefix=users/bob/",
        "/assets/users/bob/cat.jpg",
        "/assets/users/ann",
        "/picture/users/bob/cat.jpg",
        "/deliver/original/users/bob/cat.jpg",
        "/deliver/medium/users%2Fbob/cat.jpg",
    ):
        answer = api("GET", address, **ann)
        assert (answer.status, answer.code) == (403, "forbidden"), address


@pytest.mark.parametrize("sub", ["", "..", "a/b", "a\nb", "é", "x" * 129, None])
def test_a_claim_that_is_no_folder_gets_nothing(flow: Flow, sub: str | None) -> None:
    api = Api(flow.settings, prefix="users/{sub}/")
    answer = api("GET", "/assets", claims={"sub": sub} if sub is not None else {})
    assert (answer.status, answer.code) == (403, "no_prefix")


# ── The rest ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", ["/", "/nothing", "/assets/", "/deliver/thumbnail", "/picture/"])
def test_a_path_that_is_none_is_a_problem_in_words(api: Api, path: str) -> None:
    answer = api("GET", path)
    assert (answer.status, answer.code) == (404, "not_found")
    assert answer.body["instance"]


def test_a_method_that_is_none_is_refused(api: Api) -> None:
    assert (api("PATCH", "/assets").status, api("PATCH", "/assets").code) == (
        405,
        "method_not_allowed",
    )


@pytest.mark.parametrize("path", ["/assets", "/uploads", "/assets/users/ann/cat.jpg", "/nothing"])
def test_a_browser_is_answered_that_asks_first_and_has_no_credentials_yet(
    flow: Flow, path: str
) -> None:
    answer = Api(flow.settings, prefix="users/{sub}/")("OPTIONS", path, is_signed=False)
    assert (answer.status, answer.text) == (204, "")


def test_head_answers_as_get_does_without_a_body(api: Api, flow: Flow) -> None:
    derive(flow, put(flow, "cat.jpg"), picture("medium", "cat.jpg", 800))
    for address in ("/assets/cat.jpg", "/picture/cat.jpg", "/assets/none.jpg", "/assets"):
        head, get = api("HEAD", address), api("GET", address)
        assert (head.status, head.text) == (get.status, "")
        assert head.headers.keys() == get.headers.keys()


def test_throttling_behind_it_is_no_fault_of_the_caller(
    api: Api, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = client("dynamodb").exceptions.ProvisionedThroughputExceededException(
        {"Error": {"Code": "ProvisionedThroughputExceededException"}}, "GetItem"
    )

    def throttled(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(client("dynamodb"), "get_item", throttled)
    answer = api("GET", "/assets/cat.jpg")
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "busy", "2")


def test_a_fault_of_ours_tells_nothing_of_it(
    api: Api, flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(client("dynamodb"), "get_item", broken)
    answer = api("GET", "/assets/cat.jpg")
    assert (answer.status, answer.code) == (500, "internal")
    assert "secret" not in answer.text


def test_the_document_is_served(api: Api) -> None:
    assert api("GET", "/openapi.json").body == json.loads(json.dumps(api.document))
