"""Reading the assets table: single records, many at once, and lists by month."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from mediamill.aws.items import from_item
from mediamill.domain.asset import Record
from mediamill.domain.kind import Kind, Status
from mediamill_cli.errors import Failure
from mediamill_cli.stack import Stack

_BATCH = 100  # what DynamoDB reads at once


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list of assets."""

    key: str
    kind: Kind
    status: Status
    bytes: int
    content_type: str
    created_at: str


def record(stack: Stack, key: str) -> Record:
    """The record of a key. Raises Failure if there is none, or only a tombstone."""
    found = records(stack, [key]).get(key)
    if found is None or found.status is Status.DELETED:
        raise Failure(
            f"There is no asset {key!r} in the stack {stack.name}.",
            do="See the assets there are with `mediamill ls`; a key is the path below the bucket.",
        )
    return found


def records(stack: Stack, keys: Sequence[str]) -> Mapping[str, Record]:
    """The records of those keys that have one, as they stand now."""
    table = stack.output("AssetsTableName")
    found: dict[str, Record] = {}
    waiting = list(dict.fromkeys(keys))
    while waiting:
        batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
        answer = stack.dynamodb.batch_get_item(
            RequestItems={
                table: {"Keys": [{"key": {"S": key}} for key in batch], "ConsistentRead": True}
            }
        )
        for item in answer["Responses"].get(table, []):
            read = from_item(item)
            found[read.asset.key] = read
        left = answer.get("UnprocessedKeys", {})
        waiting += [str(key["key"]["S"]) for key in left[table]["Keys"]] if table in left else []
    return found


def listed(stack: Stack, *, prefix: str = "", limit: int | None = None) -> Sequence[Row]:
    """The newest assets, newest first; of keys that begin with `prefix`, at most `limit`."""
    rows = (row for row in _all_rows(stack) if row.key.startswith(prefix))
    return list(islice(rows, limit))


def _all_rows(stack: Stack) -> Iterator[Row]:
    for month in _months(_first_month(stack)):
        pages = stack.dynamodb.get_paginator("query").paginate(
            TableName=stack.output("AssetsTableName"),
            IndexName="by_month",
            KeyConditionExpression="#month = :month",
            ExpressionAttributeNames={"#month": "month"},
            ExpressionAttributeValues={":month": {"S": month}},
            ScanIndexForward=False,
        )
        for page in pages:
            for item in page["Items"]:
                status = Status(item["status"]["S"])
                if status is Status.DELETED:
                    continue
                yield Row(
                    key=item["key"]["S"],
                    kind=Kind(item["kind"]["S"]),
                    status=status,
                    bytes=int(item["bytes"]["N"]),
                    content_type=item["content_type"]["S"],
                    created_at=item["created_at"]["S"],
                )


def _first_month(stack: Stack) -> datetime:
    table = stack.dynamodb.describe_table(TableName=stack.output("AssetsTableName"))["Table"]
    return table["CreationDateTime"].astimezone(UTC)


def _months(first: datetime) -> Iterator[str]:
    """`2026-11` and so on, from the current month back to that of `first`."""
    year, month = (now := datetime.now(UTC)).year, now.month
    while (year, month) >= (first.year, first.month):
        yield f"{year:04}-{month:02}"
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
