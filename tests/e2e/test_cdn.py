"""CloudFront before the results: what is open to read is read there, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from made.pictures import jpeg
from made.pipeline import Pipeline
from made.web import Got, call, signed

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", autouse=True)
def opened(pipeline: Pipeline) -> Iterator[None]:
    pipeline.given(Cdn="public")
    yield
    pipeline.given(Cdn="off")


def read(pipeline: Pipeline, path: str, method: str = "GET") -> Got:
    """What a reader gets of the distribution, whose name no resolver here knows."""
    headers = {"Host": pipeline.stack.output("CdnDomain"), "X-Forwarded-Proto": "https"}
    return call(method, f"{pipeline.stack.endpoint}{path}", headers=headers)


def test_the_api_leads_to_the_distribution_which_has_what_was_made(pipeline: Pipeline) -> None:
    pipeline.put("cdn/cat.jpg", jpeg(300, 200))
    pipeline.settled("cdn/cat.jpg")
    led = signed(pipeline.stack, "GET", "/deliver/thumbnail/cdn/cat.jpg").headers["location"]
    address = urlsplit(led)
    assert (address.scheme, address.netloc) == ("https", pipeline.stack.output("CdnDomain"))
    picture = read(pipeline, f"{address.path}?{address.query}")
    assert (picture.status, picture.headers["content-type"]) == (200, "image/webp")
    assert picture.headers["x-content-type-options"] == "nosniff"
    assert picture.headers["content-security-policy"] == "script-src 'none'"
    assert read(pipeline, address.path, "PUT").status == 403


def test_all_of_a_files_metadata_is_not_there(pipeline: Pipeline) -> None:
    pipeline.put("cdn/dog.jpg", jpeg(300, 200))
    pipeline.settled("cdn/dog.jpg")
    assert read(pipeline, "/manifest/cdn/dog.jpg.json").status == 200
    assert read(pipeline, "/metadata/cdn/dog.jpg.json").status == 403
    led = signed(pipeline.stack, "GET", "/deliver/metadata/cdn/dog.jpg").headers["location"]
    assert pipeline.stack.output("CdnDomain") not in led
    assert call("GET", led).status == 200


def test_what_nobody_made_is_not_told_from_what_is_forbidden(pipeline: Pipeline) -> None:
    assert read(pipeline, "/thumbnail/cdn/none.jpg.webp").status == 403
