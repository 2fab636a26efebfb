"""The assets table, read: many records at once, and lists with the newest first.

Each list is kept in parts, so that no part takes more writes than DynamoDB does in one; a reader
asks all parts of a month side by side and merges what they say. It takes the client that it is
given, and so serves functions and the command line alike.

Two assets may be as old as each other, to the millisecond: their ids decide then. So every asset
has one place in a list, and whoever remembers the last place can go on behind it.
"""

from __future__ import annotations

import heapq
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from mediamill.aws.items import SHARDS, from_item, listed_state, month_of, state_of
from mediamill.domain.asset import Record
from mediamill.domain.kind import Kind, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH = 100  # what BatchGetItem reads at once
_AT_ONCE = 8  # queries under way; botocore keeps ten connections
_FIRST_PAGE = 16  # rows: about the 4 kB that DynamoDB charges for at least
_LAST_PAGE = 1024
_FIRST_RELEASE = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list of assets."""

    key: str
    asset_id: str
    kind: Kind
    status: Status
    bytes: int
    content_type: str
    created_at: str

    @property
    def place(self) -> Place:
        """Where it stands in every list."""
        return Place(self.created_at, self.asset_id)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an asset stands in a list: the greater, the nearer to its top."""

    created_at: str
    asset_id: str


@dataclass(frozen=True)
class Listing:
    """The assets table by its name, and the client to read it with."""

    table: str
    dynamodb: DynamoDBClient

    def records(self, keys: Sequence[str]) -> Mapping[str, Record]:
        """The records of those keys that have one, as they stand now; tombstones are among them."""
        found: dict[str, Record] = {}
        waiting = list(dict.fromkeys(keys))
        while waiting:
            batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
            wanted = [{"key": {"S": key}} for key in batch]
            answer = self.dynamodb.batch_get_item(
                RequestItems={self.table: {"Keys": wanted, "ConsistentRead": True}}
            )
            for item in answer["Responses"].get(self.table, []):
                read = from_item(item)
                found[read.asset.key] = read
            left: Any = answer.get("UnprocessedKeys", {}).get(self.table, {})
            waiting += [key["key"]["S"] for key in left.get("Keys", ())]
        return found

    def newest(
        self,
        *,
        prefix: str = "",
        status: Status | None = None,
        kind: Kind | None = None,
        day: date | None = None,
        after: Place | None = None,
    ) -> Iterator[Row]:
        """The assets, the newest first, read no further than they are asked for.

        Only those whose key begins with `prefix`, of one status, of one kind, of one day (UTC),
        and that stand behind the place `after`. The whole list is read for a prefix that few keys
        have, and for `complete` where few are.
        """
        for row in self.walk(status=status, kind=kind, day=day, after=after):
            if (
                row.key.startswith(prefix)
                and status in (None, row.status)
                and kind in (None, row.kind)
            ):
                yield row

    def walk(
        self,
        *,
        status: Status | None = None,
        kind: Kind | None = None,
        day: date | None = None,
        after: Place | None = None,
    ) -> Generator[Row, None, None]:
        """The rows of the shortest list that has all of these in it, and others between them."""
        span = _Span.of(day, after)
        if status is not None and listed_state(status, "00") is not None:
            parts = [state_of(status, shard) for shard in range(SHARDS)]
            yield from self._merged("state", parts, span)
            return
        kinds = list(Kind) if kind is None else [kind]
        for month in span.months(self._since):
            parts = [month_of(month, kind, shard) for kind in kinds for shard in range(SHARDS)]
            yield from self._merged("month", parts, span)

    def _merged(self, index: str, parts: Sequence[str], span: _Span) -> Iterator[Row]:
        """The rows of several parts of one index, the newest first."""
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="listing")
        try:
            pages = [self._ask(pool, index, part, span, _FIRST_PAGE, {}) for part in parts]
            rows = [
                _placed(self._part(pool, index, part, span, page))
                for part, page in zip(parts, pages, strict=True)
            ]
            for row in heapq.merge(*rows, key=lambda row: row.place, reverse=True):
                if span.after is None or row.place < span.after:
                    yield row
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _part(
        self,
        pool: ThreadPoolExecutor,
        index: str,
        part: str,
        span: _Span,
        page: Future[Any] | None,
    ) -> Iterator[Row]:
        """The rows of one part; a page is asked for when half of that before it was read."""
        size = _FIRST_PAGE
        while page is not None:
            answer = page.result()
            page, last = None, answer.get("LastEvaluatedKey")
            for number, item in enumerate(answer["Items"]):
                if number == len(answer["Items"]) // 2 and last:
                    size = min(size * 4, _LAST_PAGE)
                    page = self._ask(pool, index, part, span, size, {"ExclusiveStartKey": last})
                yield _row(item)
            if page is None and last:
                page = self._ask(pool, index, part, span, size, {"ExclusiveStartKey": last})

    def _ask(
        self,
        pool: ThreadPoolExecutor,
        index: str,
        part: str,
        span: _Span,
        size: int,
        more: Mapping[str, Any],
    ) -> Future[Any]:
        return pool.submit(
            self.dynamodb.query,
            TableName=self.table,
            IndexName=f"by_{index}",
            KeyConditionExpression="#part = :part AND created_at BETWEEN :from AND :to",
            ExpressionAttributeNames={"#part": index},
            ExpressionAttributeValues={
                ":part": {"S": part},
                ":from": {"S": span.begin},
                ":to": {"S": span.end},
            },
            ScanIndexForward=False,
            Limit=size,
            **more,
        )

    @cached_property
    def _since(self) -> datetime:
        """Since when the table may hold assets: one that was restored is younger than they are."""
        table = self.dynamodb.describe_table(TableName=self.table)["Table"]
        if "RestoreSummary" in table:
            return _FIRST_RELEASE
        return table["CreationDateTime"].astimezone(UTC)


def _row(item: Mapping[str, Any]) -> Row:
    return Row(
        key=item["key"]["S"],
        asset_id=item["asset_id"]["S"],
        kind=Kind(item["kind"]["S"]),
        status=Status(item["status"]["S"]),
        bytes=int(item["bytes"]["N"]),
        content_type=item["content_type"]["S"],
        created_at=item["created_at"]["S"],
    )


def _placed(rows: Iterator[Row]) -> Iterator[Row]:
    """Rows of one part in the order of their places: DynamoDB orders by time alone."""
    for _, same in groupby(rows, key=lambda row: row.created_at):
        yield from sorted(same, key=lambda row: row.place, reverse=True)


@dataclass(frozen=True, slots=True)
class _Span:
    """From when to when a list is read, both ends in it: texts that compare as times do."""

    begin: str
    end: str
    after: Place | None

    @classmethod
    def of(cls, day: date | None, after: Place | None) -> _Span:
        begin, end = (f"{day}T", f"{day}U") if day else ("0", "9999")  # `U` comes after `T`
        return cls(begin, min(end, after.created_at) if after else end, after)

    def months(self, first: datetime) -> Iterator[str]:
        """`2026-11` and so on, from the last month that it touches back to that of `first`."""
        now = f"{datetime.now(UTC):%Y-%m}"
        month = min(now, self.end[:7]) if self.end != "9999" else now
        oldest = max(f"{first:%Y-%m}", self.begin[:7])
        while month >= oldest:
            yield month
            year, number = int(month[:4]), int(month[5:])
            month = f"{year:04}-{number - 1:02}" if number > 1 else f"{year - 1:04}-12"
