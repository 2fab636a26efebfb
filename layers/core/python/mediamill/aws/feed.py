"""The feed: what became of which asset since a position, each change told once.

The index `by_change` has every asset once, where its status last changed: whoever changes moves on,
so that a reader who goes on from a time meets everything that has changed since. Clocks of writers
differ, and an index follows its table by some moments: what is younger than SETTLED_SECONDS may
still get a neighbour that is older than it. So a position is a place up to which all is told and
nothing more can come, and the ids of what was told behind it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from mediamill.aws.items import SHARDS
from mediamill.aws.listing import Row, row_of
from mediamill.aws.parts import Parts, Place
from mediamill.aws.table import written

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SETTLED_SECONDS = 15
"""How far writers' clocks and the index's delay, together, may be apart from the reader's clock."""

ID_LENGTH = 12
_MOST_TOLD = 200  # ids in a position: what comes faster is told when it has settled
_READ_AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Change:
    """An asset as it is since `changed_at`."""

    row: Row
    changed_at: str

    @property
    def place(self) -> Place:
        """Where it stands in the feed."""
        return Place(self.changed_at, self.row.asset_id)

    @property
    def id(self) -> str:
        """The same whoever reads it, and however often; another for each change."""
        digest = hashlib.sha256(f"{self.row.asset_id} {self.changed_at}".encode()).digest()
        return base64.urlsafe_b64encode(digest[: ID_LENGTH * 3 // 4]).decode()


@dataclass(frozen=True, slots=True)
class Position:
    """Up to where the feed was told: all up to `mark`, and what has one of the ids in `told`."""

    mark: Place
    told: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look has found, and where the next one goes on; at once, if there `is_more`."""

    changes: list[Change]
    after: Position
    is_more: bool


@dataclass(frozen=True)
class Feed:
    """The assets table by its name, and the client to read it with."""

    table: str
    dynamodb: DynamoDBClient

    def look(
        self, after: Position, is_meant: Callable[[Row], bool], *, most: int, now: datetime
    ) -> Seen:
        """What is meant and has changed after a position, the oldest first; at most so many."""
        settled = now_mark(now)
        mark, found, kept = after.mark, list[Change](), set(after.told)
        young: set[str] = set()  # ids of what was told, and is still there and unsettled
        with closing(self._from(after.mark).rows()) as changes:
            for count, change in enumerate(changes, 1):
                if change.place <= after.mark:
                    continue
                is_settled = change.place < settled
                is_news = change.id not in after.told and is_meant(change.row)
                is_full = is_news and not is_settled and len(kept) >= _MOST_TOLD
                if (is_news and len(found) == most) or is_full or count > _READ_AT_MOST:
                    # What was told and has changed again is still in `kept`, until a look comes
                    # to the end: that costs room, no change.
                    mark = mark if is_settled else max(mark, settled)
                    is_more = is_settled or (is_news and not is_full and len(found) == most)
                    return Seen(found, Position(mark, frozenset(kept)), is_more)
                if is_news:
                    found.append(change)
                if is_settled:
                    mark = change.place
                    kept.discard(change.id)
                elif is_news or change.id in after.told:
                    kept.add(change.id)
                    young.add(change.id)
        return Seen(found, Position(max(mark, settled), frozenset(young)), False)

    def _from(self, mark: Place) -> Parts[Change]:
        return Parts(
            table=self.table,
            dynamodb=self.dynamodb,
            index="by_change",
            part="feed",
            time="changed_at",
            values=[str(shard) for shard in range(SHARDS)],
            begin=mark.time,
            end="9999",
            is_newest_first=False,
            row=_change,
        )


def now_mark(now: datetime) -> Place:
    """The place up to which everything has settled."""
    return Place(written(now - timedelta(seconds=SETTLED_SECONDS)), "")


def _change(item: Mapping[str, Any]) -> Change:
    return Change(row_of(item), item["changed_at"]["S"])
