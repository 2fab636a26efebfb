"""An index of the assets table, read in the order of its times: all its parts at once, merged.

An index is kept in parts, so that none takes more writes than DynamoDB does in one. A reader asks
all of them side by side, and of each no more than it comes to need. DynamoDB orders a part by time
alone: what is as old as each other, to the millisecond, is put in order here, so that everything
has one place, and whoever remembers the last place can go on behind it.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_AT_ONCE = 8  # queries under way; botocore keeps ten connections
_FIRST_PAGE = 16  # rows: about the 4 kB that DynamoDB charges for at least
_LAST_PAGE = 1024


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an asset stands in an index: the greater, the later."""

    time: str
    asset_id: str


class Placed(Protocol):
    """A row of an index."""

    @property
    def place(self) -> Place:
        """Where it stands."""


T = TypeVar("T", bound=Placed)


@dataclass(frozen=True, slots=True)
class Parts(Generic[T]):
    """Parts of one index, from one time to another, both in it: texts that compare as times do.

    `part` and `time` are the index's key attributes, `values` the parts' names.
    """

    table: str
    dynamodb: DynamoDBClient
    index: str
    part: str
    time: str
    values: Sequence[str]
    begin: str
    end: str
    is_newest_first: bool
    row: Callable[[Mapping[str, Any]], T]

    def rows(self) -> Generator[T, None, None]:
        """The rows of all parts in their order, read no further than they are asked for."""
        pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="parts")
        try:
            pages = [self._ask(pool, value, _FIRST_PAGE, {}) for value in self.values]
            each = [
                self._placed(self._part(pool, value, page))
                for value, page in zip(self.values, pages, strict=True)
            ]
            yield from heapq.merge(*each, key=lambda row: row.place, reverse=self.is_newest_first)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _part(self, pool: ThreadPoolExecutor, value: str, page: Future[Any] | None) -> Iterator[T]:
        """The rows of one part; a page is asked for when half of that before it was read."""
        size = _FIRST_PAGE
        while page is not None:
            answer = page.result()
            page, last = None, answer.get("LastEvaluatedKey")
            for number, item in enumerate(answer["Items"]):
                if number == len(answer["Items"]) // 2 and last:
                    size = min(size * 4, _LAST_PAGE)
                    page = self._ask(pool, value, size, {"ExclusiveStartKey": last})
                yield self.row(item)
            if page is None and last:
                page = self._ask(pool, value, size, {"ExclusiveStartKey": last})

    def _placed(self, rows: Iterator[T]) -> Iterator[T]:
        for _, same in groupby(rows, key=lambda row: row.place.time):
            yield from sorted(same, key=lambda row: row.place, reverse=self.is_newest_first)

    def _ask(
        self, pool: ThreadPoolExecutor, value: str, size: int, more: Mapping[str, Any]
    ) -> Future[Any]:
        return pool.submit(
            self.dynamodb.query,
            TableName=self.table,
            IndexName=self.index,
            KeyConditionExpression="#part = :part AND #time BETWEEN :from AND :to",
            ExpressionAttributeNames={"#part": self.part, "#time": self.time},
            ExpressionAttributeValues={
                ":part": {"S": value},
                ":from": {"S": self.begin},
                ":to": {"S": self.end},
            },
            ScanIndexForward=not self.is_newest_first,
            Limit=size,
            **more,
        )
