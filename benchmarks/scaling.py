"""How a long PDF speeds up with the number of document functions that share its pages.

    .venv/bin/python benchmarks/scaling.py --pages 1000
    .venv/bin/python benchmarks/scaling.py --pages 600 --share 15 --workers 1,2,4

Makes everything of one PDF in this process first: that is one worker without a queue or a bucket.
Then uploads the same PDF to a stack of its own for each number of functions, which is set as the
function's reserved concurrency, once to start them and once more to time the document step to its
last part. `of linear` compares with as many times one function. The stack's queue and bucket run
on the same processors, and so a few whole functions fill a machine: `--share 15` lets each run for
15 % of the time, and shows more of the curve.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from datetime import datetime
from pathlib import Path

from bench import show
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from throttle import throttled

from mediamill.aws.items import from_item
from mediamill.domain.asset import Record
from mediamill.domain.document import Wanted, isolated, make
from mediamill.domain.kind import Status
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles
from mediamill_cli.assets import manifests
from mediamill_cli.local import LocalStack
from mediamill_cli.local.office import Office
from mediamill_cli.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
WORDS = "Every original stays as it was sent, and what is made of it lies beside it. "


def report(pages: int) -> bytes:
    """A PDF of full pages of text, no two the same."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=A4)
    for page in range(1, pages + 1):
        canvas.setFont("Times-Roman", 10)
        for line in range(58):
            canvas.drawString(60, 780 - 12.5 * line, f"{page}.{line} {WORDS}")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def share(stack: Stack, workers: int) -> None:
    """Let this many document functions run at once.

    A queue's mapping takes no less than two, and the emulator knows of the concurrency reserved for
    a function, but not for its versions: so the mapping goes to the function itself.
    """
    for page in stack.functions.get_paginator("list_event_source_mappings").paginate():
        for mapping in page["EventSourceMappings"]:
            if "DocumentQueue" in mapping.get("EventSourceArn", ""):
                function = mapping["FunctionArn"].split(":")[6]
                stack.functions.update_event_source_mapping(
                    UUID=mapping["UUID"],
                    FunctionName=function,
                    ScalingConfig={"MaximumConcurrency": max(2, workers)},
                )
                stack.functions.put_function_concurrency(
                    FunctionName=function, ReservedConcurrentExecutions=workers
                )


def alone(original: bytes, pages: int) -> float:
    """Wall clock of everything that is made of a PDF, in one process that stores nothing."""
    wanted = Wanted(
        profiles=parse_profiles("thumbnail=256,medium=800,large=1920"), limits=Limits(pages=pages)
    )
    started = time.monotonic()
    made = sum(1 for _ in isolated(None, make, original, wanted))
    assert made > pages
    return time.monotonic() - started


def finished(stack: Stack, key: str) -> Record:
    """The record of a key once it is final."""
    while True:
        answer = stack.dynamodb.get_item(
            TableName=stack.output("AssetsTableName"), Key={"key": {"S": key}}
        )
        record = from_item(answer["Item"]) if "Item" in answer else None
        if record is not None and record.status is not Status.PROCESSING:
            return record
        time.sleep(0.5)


def seconds_of(record: Record) -> float:
    """Wall clock of the document step."""
    step = record.steps["document"]
    assert step.started_at is not None
    assert step.finished_at is not None
    began = datetime.fromisoformat(step.started_at)
    return (datetime.fromisoformat(step.finished_at) - began).total_seconds()


def main() -> None:
    """Run it, and print the figures."""
    parser = argparse.ArgumentParser(description="A long PDF over several document functions.")
    parser.add_argument("--pages", type=int, default=1000)
    parser.add_argument("--share", type=int, default=100, help="percent of a processor each (100)")
    parser.add_argument("--workers", default="1,2", help="numbers of functions (1,2)")
    wanted = parser.parse_args()
    original = report(wanted.pages)
    one = alone(original, wanted.pages)
    rows = [["one process", "", str(wanted.pages), f"{one:.1f} s", f"{wanted.pages / one:.1f}", ""]]
    with tempfile.TemporaryDirectory() as folder:
        parameters = {"MaxPages": str(wanted.pages), "LogLevel": "WARN"}
        local = LocalStack(
            ROOT, state_dir=Path(folder), port=0, parameters=parameters, office=Office.NONE
        )
        with local as stack:
            single = 0.0
            for workers in map(int, wanted.workers.split(",")):
                share(stack, workers)
                warm, key = f"warm-{workers}.pdf", f"report-{workers}.pdf"
                stack.s3.put_object(Bucket=stack.uploads, Key=warm, Body=original)
                finished(stack, warm)
                with throttled("DocumentFunction", wanted.share, Path(folder)):
                    stack.s3.put_object(Bucket=stack.uploads, Key=key, Body=original)
                    record = finished(stack, key)
                manifest = manifests(stack, [record])[key]
                pages = sum(1 for row in manifest["derivatives"] if row["name"] == "pages")
                taken = seconds_of(record)
                single = single or taken * workers
                rows.append(
                    [
                        str(workers),
                        record.status.value,
                        str(pages),
                        f"{taken:.1f} s",
                        f"{pages / taken:.1f}",
                        f"{single / taken / workers:.0%}",
                    ]
                )
    heads = ["functions", "status", "pages", "step", "pages/s", "of linear"]
    show(f"{wanted.pages} pages, {len(original) / 1e6:.1f} MB", heads, rows)


if __name__ == "__main__":
    main()
