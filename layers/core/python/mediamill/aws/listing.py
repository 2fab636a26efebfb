"""The assets table, read: many records at once, and lists with the newest first.

It takes the client that it is given, and so serves functions and the command line alike.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mediamill.aws.items import SHARDS, from_item, listed_state, month_of, state_of
from mediamill.aws.parts import Parts, Place
from mediamill.domain.asset import Record
from mediamill.domain.kind import Kind, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_BATCH = 100  # what BatchGetItem reads at once
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
        asked = Parts(
            table=self.table,
            dynamodb=self.dynamodb,
            index=f"by_{index}",
            part=index,
            time="created_at",
            values=parts,
            begin=span.begin,
            end=span.end,
            is_newest_first=True,
            row=row_of,
        )
        with closing(asked.rows()) as rows:
            for row in rows:
                if span.after is None or row.place < span.after:
                    yield row

    @cached_property
    def _since(self) -> datetime:
        """Since when the table may hold assets: one that was restored is younger than they are."""
        table = self.dynamodb.describe_table(TableName=self.table)["Table"]
        if "RestoreSummary" in table:
            return _FIRST_RELEASE
        return table["CreationDateTime"].astimezone(UTC)


def row_of(item: Mapping[str, Any]) -> Row:
    """The row that an item of an index holds."""
    return Row(
        key=item["key"]["S"],
        asset_id=item["asset_id"]["S"],
        kind=Kind(item["kind"]["S"]),
        status=Status(item["status"]["S"]),
        bytes=int(item["bytes"]["N"]),
        content_type=item["content_type"]["S"],
        created_at=item["created_at"]["S"],
    )


@dataclass(frozen=True, slots=True)
class _Span:
    """From when to when a list is read, both ends in it: texts that compare as times do."""

    begin: str
    end: str
    after: Place | None

    @classmethod
    def of(cls, day: date | None, after: Place | None) -> _Span:
        begin, end = (f"{day}T", f"{day}U") if day else ("0", "9999")  # `U` comes after `T`
        return cls(begin, min(end, after.time) if after else end, after)

    def months(self, first: datetime) -> Iterator[str]:
        """`2026-11` and so on, from the last month that it touches back to that of `first`."""
        now = f"{datetime.now(UTC):%Y-%m}"
        month = min(now, self.end[:7]) if self.end != "9999" else now
        oldest = max(f"{first:%Y-%m}", self.begin[:7])
        while month >= oldest:
            yield month
            year, number = int(month[:4]), int(month[5:])
            month = f"{year:04}-{number - 1:02}" if number > 1 else f"{year - 1:04}-12"
