"""A long PDF with everything that can be asked for: its items stay small, and it ends complete."""

from __future__ import annotations

from typing import Any

from made.attribute_sizes import item_bytes
from made.flow import Flow
from made.handlers import job
from made.pdf import document, line

from mediamill.aws.clients import client
from mediamill.domain.kind import Status
from mediamill.settings import Settings

PAGES = 300
RECORD_BYTES = 4096  # every write of the record pays for all of it
ITEM_BYTES = 131_072  # far from DynamoDB's 400 KB, however many pages there are


def test_a_long_pdf_with_words_and_a_file_of_each_page_is_complete(
    flow: Flow, context: Any
) -> None:
    environment = {
        **flow.settings.environment,
        "PLAN": "document:document",
        "DOCUMENT_EXTRAS": "split,words",
        "MAX_PAGES": str(PAGES),
        "PAGE_SIZE": "20dpi",
    }
    settings = Settings(environment)
    long = Flow(settings, flow.uploads, flow.fan_out, flow.completed)
    body = document([line(f"Page {page} of a report") for page in range(1, PAGES + 1)])
    long.intake().handle(long.upload("long.pdf", body, "01"), context)
    largest = {"assets": 0, "made": 0}
    work = job("document", "derivatives", settings)
    while told := long.told():
        for message in told:
            long.worker("document", work).handle(message, context)
            largest["assets"] = max(largest["assets"], *sizes(settings.assets_table))
    long.settle(context)
    largest["made"] = max(sizes(settings.made_table))
    record = long.record("long.pdf")
    assert record.status is Status.COMPLETE
    listed = [
        row["format"] for row in long.manifest("long.pdf")["derivatives"] if row["name"] == "pages"
    ]
    assert {name: listed.count(name) for name in ("webp", "pdf")} == {"webp": PAGES, "pdf": PAGES}
    assert largest["assets"] < RECORD_BYTES
    assert largest["made"] < ITEM_BYTES


def sizes(table: str) -> list[int]:
    """The bytes of each item of a table, as DynamoDB counts them."""
    answer = client("dynamodb").scan(TableName=table)
    return [item_bytes(item) for item in answer["Items"]]
