"""Long documents, end to end: split by page range over the queue, closed by the last range."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from made.pdf import document, line
from made.pipeline import Pipeline, until

from mediamill.domain.document.parts import PAGES_PER_RANGE

pytestmark = pytest.mark.e2e

PAGES = 2 * PAGES_PER_RANGE + 10
LONG = document([line(f"Page {number}.") for number in range(1, PAGES + 1)])
SHORT = document([line("Only this page.")])


def test_a_long_document_is_complete_with_every_page_in_order(pipeline: Pipeline) -> None:
    pipeline.put("long.pdf", LONG)
    manifest = pipeline.manifest("long.pdf")
    assert manifest["status"] == "complete", manifest["steps"]
    pages = [row["page"] for row in manifest["derivatives"] if row["name"] == "pages"]
    assert pages == list(range(1, PAGES + 1))
    assert pipeline.result("text/long.pdf.txt").decode().count("\f") == PAGES - 1
    record = pipeline.settled("long.pdf")
    assert not record.steps["document"].parts
    assert record.steps["document"].duration_ms


def test_a_long_document_that_comes_many_times_is_made_once(pipeline: Pipeline) -> None:
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: pipeline.put("again.pdf", LONG), range(3)))
    manifest = pipeline.manifest("again.pdf")
    assert manifest["status"] == "complete", manifest["steps"]
    names = [row["key"] for row in manifest["derivatives"]]
    assert len(names) == len(set(names)) == PAGES + 6


def test_a_short_version_that_comes_meanwhile_leaves_none_of_the_long_one(
    pipeline: Pipeline,
) -> None:
    pipeline.put("shrunk.pdf", LONG)
    until(lambda: "pages/shrunk.pdf/0001.webp" in pipeline.results("shrunk.pdf"), "a first page")
    pipeline.put("shrunk.pdf", SHORT)

    def only_the_short_one() -> bool:
        pages = {key for key in pipeline.results("shrunk.pdf") if key.startswith("pages/")}
        return pages == {"pages/shrunk.pdf/0001.webp"}

    until(only_the_short_one, "the short version's one page alone")
    manifest = pipeline.manifest("shrunk.pdf")
    assert manifest["status"] == "complete", manifest["steps"]
    assert pipeline.result("text/shrunk.pdf.txt") == b"Only this page."
