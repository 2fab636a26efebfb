"""Events: what changed since, told as soon as it does, to callers who wait for it."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

from msgspec import convert

from mediamill.api import cursor, models
from mediamill.api.call import Answer, Call
from mediamill.api.problem import BadRequest
from mediamill.aws.clients import client
from mediamill.aws.feed import ID_LENGTH, Change, Feed, Position, now_mark
from mediamill.aws.parts import Place

_PAUSE = 0.5  # seconds between the first two looks
_LONGEST_PAUSE = 2.0
_DAYS = 14
"""How old a position may be: a deleted asset is forgotten after 15 days."""

_TOLD = re.compile(rf"([A-Za-z0-9_-]{{{ID_LENGTH}}})*")


@dataclass(frozen=True, slots=True)
class Events:
    """The assets table, by its name."""

    table: str

    def list(self, call: Call) -> Answer:
        """What changed after the cursor; where nothing did, the caller waits for it."""
        query: models.EventsQuery = call.query
        prefix = call.below(query.prefix)
        asked = ("events", prefix)
        if query.after is None:
            return _answer([], asked, Position(now_mark(datetime.now(UTC))), is_more=False)
        position = _position(query.after, asked)
        until, pause = time.monotonic() + query.wait, _PAUSE
        while True:
            seen = _feed(self.table).look(
                position,
                lambda row: row.key.startswith(prefix),
                most=query.limit,
                now=datetime.now(UTC),
            )
            left = until - time.monotonic()
            if seen.changes or left <= 0:
                return _answer(seen.changes, asked, seen.after, is_more=seen.is_more)
            position = seen.after
            if not seen.is_more:
                time.sleep(min(pause, left))
                pause = min(pause * 1.5, _LONGEST_PAUSE)


@cache
def _feed(table: str) -> Feed:
    return Feed(table, client("dynamodb"))


def _answer(changes: list[Change], asked: object, after: Position, *, is_more: bool) -> Answer:
    goes_on = cursor.encode(asked, after.mark.time, after.mark.asset_id, "".join(after.told))
    page = models.Events(events=[_event(each) for each in changes], after=goes_on, more=is_more)
    return Answer(page, headers={"Cache-Control": "no-store"})


def _event(change: Change) -> models.Event:
    row = convert(change.row, models.Row, from_attributes=True)
    return models.Event(
        **{name: getattr(row, name) for name in row.__struct_fields__},
        id=change.id,
        changed_at=change.changed_at,
    )


def _position(text: str, asked: object) -> Position:
    """The position in a cursor. Raises BadRequest where it is none, or too old."""
    *place, told = cursor.decode(text, asked, words=3)
    mark = cursor.place(place)
    if not _TOLD.fullmatch(told):
        raise cursor.bad()
    if datetime.fromisoformat(mark.time) < datetime.now(UTC) - timedelta(days=_DAYS):
        raise BadRequest(
            f"The cursor is older than {_DAYS} days: begin without one, and list the assets.",
            code="old_cursor",
        )
    ids = (told[begin : begin + ID_LENGTH] for begin in range(0, len(told), ID_LENGTH))
    return Position(Place(mark.time, mark.asset_id), frozenset(ids))
