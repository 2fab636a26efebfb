"""How soon the API answers, with many callers at once, and lists of few and of many assets.

    .venv/bin/python benchmarks/api.py [--clients 50] [--seconds 60] [--assets 100,10000]

Starts a local stack of its own. So many callers ask it side by side for lists, an asset, a picture
and events; any answer but the one that is due is an error, and makes the exit code 1. Then one
caller asks for the first page of lists of several sizes, beside one bare query of the same
index for as many rows: what the emulator itself takes longer for a larger table is no doing of the
API. Times are milliseconds on this machine, with the emulator and the functions on it: read ratios.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from bench import show

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

from made import records  # noqa: E402
from made.pictures import jpeg  # noqa: E402
from made.web import signed  # noqa: E402

from mediamill.aws.items import month_of, shard_of, to_item  # noqa: E402
from mediamill.aws.table import utc_now  # noqa: E402
from mediamill.domain.asset import Record  # noqa: E402
from mediamill.domain.kind import Kind, Status  # noqa: E402
from mediamill_cli.local import LocalStack  # noqa: E402
from mediamill_cli.local.office import Office  # noqa: E402
from mediamill_cli.stack import Stack  # noqa: E402

KEY = "api/picture.jpg"
CALLS = {  # what is asked for, and the status that is due
    "/assets?limit=50": 200,
    "/assets?kind=image": 200,
    "/assets?prefix=api%2F": 200,
    f"/assets/{KEY}": 200,
    f"/picture/{KEY}?w=640": 302,
    f"/deliver/thumbnail/{KEY}": 302,
    "/events": 200,
}
ONE_BY_ONE = 15


@dataclass
class Told:
    """What came back: milliseconds by what was asked, and what was not due."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, path: str, seconds: float, error: str | None) -> None:
        with self.lock:
            self.took[path].append(seconds * 1000)
            if error is not None:
                self.errors[f"{path}: {error}"] += 1


def caller(stack: Stack, number: int, until: float, told: Told) -> None:
    """One caller, who begins at another call than the next one."""
    asked = cycle([*list(CALLS)[number % len(CALLS) :], *list(CALLS)[: number % len(CALLS)]])
    while time.monotonic() < until:
        path, error = next(asked), None
        begun = time.monotonic()
        try:
            status = signed(stack, "GET", path).status
            error = None if status == CALLS[path] else str(status)
        except OSError as broken:
            error = type(broken).__name__
        told.note(path, time.monotonic() - begun, error)


def many(stack: Stack, clients: int, seconds: float) -> Told:
    """So many callers side by side, for so long; each function is started before."""
    for counts in (False, True):
        told, until = Told(), time.monotonic() + (seconds if counts else min(10.0, seconds))
        each = [
            threading.Thread(target=caller, args=(stack, number, until, told))
            for number in range(clients)
        ]
        for thread in each:
            thread.start()
        for thread in each:
            thread.join()
    return told


def made_up(count: int) -> Iterator[Record]:
    """Assets of all kinds, a second apart from each other, back from now."""
    now, kinds = datetime.now(UTC), cycle(Kind)
    for number in range(count):
        at = (now - timedelta(seconds=number)).isoformat(timespec="milliseconds")
        asset = records.asset(
            f"many/{number:06}", kind=next(kinds), created_at=at.replace("+00:00", "Z")
        )
        made = records.record(
            asset=asset, status=Status.COMPLETE, steps={"image": records.complete()}
        )
        yield replace(made, changed_at=utc_now())


def fill(stack: Stack, count: int, have: int) -> None:
    """Put records straight into the table, until there are so many."""
    table, batch = stack.output("AssetsTableName"), list[Any]()
    for number, record in enumerate(made_up(count)):
        if number >= have:
            batch.append({"PutRequest": {"Item": to_item(record)}})
        if batch and (len(batch) == 25 or number == count - 1):
            stack.dynamodb.batch_write_item(RequestItems={table: batch})
            batch = []


def bare(stack: Stack) -> None:
    """One query of the index that lists read, for the rows of their first page."""
    first = next(made_up(1)).asset
    part = month_of(first.created_at[:7], Kind.IMAGE, shard_of(first.asset_id))
    stack.dynamodb.query(
        TableName=stack.output("AssetsTableName"),
        IndexName="by_month",
        KeyConditionExpression="#part = :part AND created_at BETWEEN :from AND :to",
        ExpressionAttributeNames={"#part": "month"},
        ExpressionAttributeValues={
            ":part": {"S": part},
            ":from": {"S": "0"},
            ":to": {"S": "9999"},
        },
        ScanIndexForward=False,
        Limit=16,
    )


def median(ask: Callable[[], object]) -> float:
    """The median of several, milliseconds, one by one."""
    took = []
    for _ in range(ONE_BY_ONE):
        begun = time.perf_counter()
        ask()
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took)


def lists(stack: Stack, sizes: list[int]) -> None:
    """First pages of lists of several sizes, side by side with the bare query."""
    rows, first, have = [], list[float](), 0
    for size in sizes:
        fill(stack, size, have)
        have = size
        found = [
            median(lambda: signed(stack, "GET", "/assets?limit=50")),
            median(lambda: signed(stack, "GET", "/assets?limit=50&kind=image")),
            median(lambda: bare(stack)),
        ]
        first = first or found
        ratios = [f"{now:.0f} ({now / then:.1f} ×)" for now, then in zip(found, first, strict=True)]
        rows.append([f"{size:,}", *ratios])
    show(
        "First page of a list, milliseconds (and × the first row)",
        ["assets", "all", "one kind", "one bare query"],
        rows,
    )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description="How soon the API answers.")
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--assets", default="100,10000")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        local = LocalStack(
            ROOT,
            office=Office.NONE,
            state_dir=Path(folder),
            build_dir=ROOT / ".build" / "api",
            port=0,
        )
        with local as stack:
            stack.s3.put_object(Bucket=stack.uploads, Key=KEY, Body=jpeg(1600, 900))
            while signed(stack, "GET", f"/picture/{KEY}").status != 302:
                time.sleep(0.5)
            told = many(stack, given.clients, given.seconds)
            rows = []
            for path, took in told.took.items():
                p50, p95 = (statistics.quantiles(took, n=100)[at] for at in (49, 94))
                rows.append([path, str(len(took)), f"{p50:.0f}", f"{p95:.0f}"])
            show(
                f"{given.clients} callers for {given.seconds:.0f} s, milliseconds",
                ["call", "answers", "p50", "p95"],
                rows,
            )
            print(f"{sum(told.errors.values())} errors {dict(told.errors) or ''}")
            lists(stack, [int(size) for size in given.assets.split(",")])
    sys.exit(1 if told.errors else 0)


if __name__ == "__main__":
    main()
