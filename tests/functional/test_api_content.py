"""Content by region against a real bucket: the nearest file, and nothing outside of the bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from made.calls import Answered, Api
from made.flow import Flow
from typer.testing import CliRunner

from mediamill.aws.clients import client
from mediamill.settings import BadSetting, Settings
from mediamill_cli.commands import content
from mediamill_cli.local.account import local_stack
from mediamill_cli.local.folder import Server
from mediamill_cli.main import app

CAIRO = "egypt/cairo/tiles/1.png"
EGYPT = "egypt/tiles/1.png"
DEFAULT = "default/tiles/1.png"


@pytest.fixture
def bucket(flow: Flow) -> str:
    name = flow.uploads.replace("uploads", "content")
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def api(flow: Flow, bucket: str) -> Api:
    return Api(Settings({**flow.settings.environment, "CONTENT_BUCKET": bucket}))


def put(bucket: str, *keys: str) -> None:
    for key in keys:
        client("s3").put_object(Bucket=bucket, Key=key, Body=key.encode())


def led_to(answer: Answered) -> str:
    """The key that a redirect leads to."""
    assert answer.status == 302, answer.text
    return unquote(urlsplit(answer.location).path).split("/", 2)[2]


@pytest.mark.parametrize(
    ("there", "region", "nearest"),
    [
        ([CAIRO, EGYPT, DEFAULT], "egypt-cairo", CAIRO),
        ([EGYPT, DEFAULT], "egypt-cairo", EGYPT),
        ([DEFAULT], "egypt-cairo", DEFAULT),
        ([CAIRO, EGYPT, DEFAULT], "egypt", EGYPT),
        ([CAIRO, EGYPT, DEFAULT], "egypt-luxor", EGYPT),
        ([CAIRO, EGYPT, DEFAULT], "chad", DEFAULT),
        ([CAIRO, "egypt/cairo/zamalek/tiles/1.png"], "egypt-cairo-zamalek", None),
    ],
)
def test_the_nearest_file_is_delivered(
    api: Api, bucket: str, there: list[str], region: str, nearest: str | None
) -> None:
    put(bucket, *there)
    answer = api("GET", f"/content/tiles/1.png?region={region}")
    assert led_to(answer) == (nearest or "egypt/cairo/zamalek/tiles/1.png")
    assert "vary" not in answer.headers
    assert answer.headers["cache-control"] == "private, max-age=600"


def test_without_a_region_it_is_everybodys(api: Api, bucket: str) -> None:
    put(bucket, CAIRO, DEFAULT)
    assert led_to(api("GET", "/content/tiles/1.png")) == DEFAULT


def test_what_is_nowhere_is_said(api: Api, bucket: str) -> None:
    put(bucket, CAIRO)
    answer = api("GET", "/content/tiles/1.png?region=chad")
    assert (answer.status, answer.code) == (404, "no_such_content")


def viewer(country: str, city: str) -> dict[str, str]:
    return {"CloudFront-Viewer-Country-Name": country, "CloudFront-Viewer-City": city}


@pytest.mark.parametrize(
    ("country", "city", "key"),
    [
        ("Egypt", "Cairo", CAIRO),
        ("Egypt", "Luxor", EGYPT),
        ("Brazil", "S%C3%A3o Paulo", "brazil/sao_paulo/tiles/1.png"),
        ("Brazil", "São Paulo", "brazil/sao_paulo/tiles/1.png"),
        ("", "Cairo", DEFAULT),
        ("Default", "Cairo", DEFAULT),
        ("../Egypt", "..%2F..", EGYPT),  # what is no letter or digit is gone
        ("مصر", "القاهرة", DEFAULT),
        ("x" * 5000, "", DEFAULT),
    ],
)
def test_cloudfront_may_say_where_the_viewer_is(
    api: Api, bucket: str, country: str, city: str, key: str
) -> None:
    put(bucket, CAIRO, EGYPT, DEFAULT, "brazil/sao_paulo/tiles/1.png")
    answer = api("GET", "/content/tiles/1.png", headers=viewer(country, city), is_signed=False)
    assert led_to(answer) == key
    assert {"CloudFront-Viewer-Country-Name", "CloudFront-Viewer-City"} <= set(
        answer.headers["vary"].split(", ")
    )
    assert answer.headers["cache-control"] == "public, max-age=600"


@pytest.mark.parametrize(
    ("claims", "key"),
    [
        ({"region": "egypt-cairo"}, CAIRO),
        ({"custom:region": "egypt"}, EGYPT),
        ({"region": "../../secret"}, "chad/tiles/1.png"),
        ({}, "chad/tiles/1.png"),
    ],
)
def test_a_users_own_region_goes_before_where_they_are(
    api: Api, bucket: str, claims: dict[str, str], key: str
) -> None:
    put(bucket, CAIRO, EGYPT, DEFAULT, "chad/tiles/1.png")
    there = viewer("Chad", "")
    answer = api("GET", "/content/tiles/1.png", claims={"sub": "a", **claims}, headers=there)
    assert led_to(answer) == key
    assert answer.headers["cache-control"].startswith("private")
    asked = api("GET", "/content/tiles/1.png?region=chad", claims=claims, headers=there)
    assert led_to(asked) == "chad/tiles/1.png"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.png",
        "a/../../secret.png",
        "..%2Fsecret.png",
        "..%252Fsecret.png",
        "%252e%252e/secret.png",
        "..%255Csecret.png",
        "..\\secret.png",
        "\uff0e\uff0e/secret.png",
        "\u2024\u2024/secret.png",
        "a\u2215b",
        "/secret.png",
        "a//b",
        "a/",
        ".hidden",
        "a/.hidden",
        "a..b",
        "a%00.png",
        "a%0Ab",
        "x" * 513,
    ],
)
def test_no_path_leads_outside(api: Api, bucket: str, path: str) -> None:
    put(bucket, "secret.png", "default/secret.png", "egypt/secret.png", "../secret.png")
    answer = api("GET", f"/content/{path}?region=egypt")
    assert (answer.status, answer.code) == (400, "bad_path")


@pytest.mark.parametrize(
    "region", ["", "..", "../x", "Egypt", "default", "default-x", "a-b-c-d", "a/b", "é", "a--b"]
)
def test_no_region_leads_outside(api: Api, region: str) -> None:
    answer = api("GET", f"/content/a.png?region={region}")
    assert (answer.status, answer.code) == (400, "bad_query")


def test_a_deployment_without_content_says_so(flow: Flow) -> None:
    answer = Api(flow.settings)("GET", "/content/a.png")
    assert (answer.status, answer.code) == (404, "no_content")


@pytest.mark.parametrize("name", ["UPLOADS_BUCKET", "RESULTS_BUCKET"])
def test_no_bucket_of_assets_is_one_of_content(flow: Flow, name: str) -> None:
    """Regions would be folders there, and everybody could read every user's."""
    variables = flow.settings.environment
    wrong = Settings({**variables, "CONTENT_BUCKET": variables[name]})
    with pytest.raises(BadSetting, match="has assets"):
        _ = wrong.content_bucket
    answer = Api(wrong)("GET", "/content/ann/a.jpg?region=users")
    assert (answer.status, answer.code) == (500, "internal")


def test_what_the_command_puts_is_delivered(
    api: Api, bucket: str, endpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = local_stack(Server(port=int(endpoint.rpartition(":")[2]), pid=0))
    stack.__dict__["outputs"] = {"ContentBucketName": bucket}
    monkeypatch.setattr(content, "find_stack", lambda *_: stack)
    monkeypatch.chdir(tmp_path)
    Path("tiles").mkdir()
    Path("tiles/1.png").write_bytes(b"tile")
    Path("tiles/é.png").write_bytes(b"no name")

    def ran(*words: str) -> Any:
        return CliRunner().invoke(app, ["content", *words])

    assert ran("put", "tiles/1.png", "--for", "egypt-cairo").exit_code == 0
    assert ran("put", "tiles/1.png").exit_code == 0
    assert ran("ls").stdout.split() == ["4", "B", DEFAULT, "4", "B", CAIRO]
    assert ran("ls", "--for", "egypt", "--json").stdout.count("key") == 1
    assert led_to(api("GET", "/content/tiles/1.png?region=egypt-cairo")) == CAIRO
    head = client("s3").head_object(Bucket=bucket, Key=CAIRO)
    assert (head["ContentType"], head["CacheControl"]) == ("image/png", "public, max-age=86400")
    for wrong in (["put", "tiles"], ["put", "tiles/1.png", "--for", "Egypt"]):
        refused = ran(*wrong)
        assert refused.exit_code == 2, refused.stdout
    stack.__dict__["outputs"] = {}
    assert "ContentBucket=own" in ran("ls").output
