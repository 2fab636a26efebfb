"""Lists of assets a page at a time: the newest first, or below a prefix by name, as folders are.

The newest come from the table's lists. Names come from the bucket, which keeps them in order, and
their records from the table by key. Neither reads what it does not list, but for what a second
filter leaves out; a page then ends early rather than late.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from msgspec import UNSET, convert

from mediamill.api import cursor, models
from mediamill.api.models import MOST, ListQuery
from mediamill.api.problem import BadRequest
from mediamill.aws.clients import client
from mediamill.aws.listing import Listing, Row
from mediamill.domain.asset import Record
from mediamill.domain.kind import Status

_READ_AT_MOST = 1000
"""Rows that a page may read, whatever it shows: a call is to be answered soon."""


@dataclass(frozen=True, slots=True)
class Browse:
    """The uploads bucket and the assets table, by their names."""

    bucket: str
    table: str

    def page(self, query: ListQuery, prefix: str) -> models.Assets:
        """The page that is asked for, of keys that begin with `prefix`.

        Raises BadRequest for a cursor of another list.
        """
        if prefix or query.folders:
            return self._named(query, prefix)
        return self._newest(query)

    def _newest(self, query: ListQuery) -> models.Assets:
        asked = (query.kind, query.status, query.day)
        after = None
        if query.cursor is not None:
            after = cursor.place(cursor.decode(query.cursor, asked, words=2))
        found: list[Row] = []
        walk = _listing(self.table).walk(
            status=query.status, kind=query.kind, day=query.day, after=after
        )
        with closing(walk) as rows:
            for count, row in enumerate(rows, 1):
                if _is_meant(row, query):
                    found.append(row)
                if len(found) == query.limit or count == _READ_AT_MOST:
                    goes_on = cursor.encode(asked, row.place.time, row.place.asset_id)
                    return _assets(found, goes_on)
        return _assets(found, None)

    def _named(self, query: ListQuery, prefix: str) -> models.Assets:
        asked = (query.kind, query.status, query.day, prefix, query.folders)
        token = cursor.decode(query.cursor, asked, words=1)[0] if query.cursor else None
        found: list[Row] = []
        folders: list[str] | None = [] if query.folders else None
        for _ in range(_READ_AT_MOST // MOST):
            names = self._names(prefix, token, query.limit - len(found), folders=query.folders)
            token = names.token
            records = _listing(self.table).records(names.keys)
            rows = [_row(records[key]) for key in names.keys if key in records]
            found += [row for row in rows if _is_meant(row, query)]
            if folders is not None:
                folders += names.folders
            if token is None or len(found) + len(folders or ()) >= query.limit:
                break
        return _assets(found, cursor.encode(asked, token) if token else None, folders)

    def _names(self, prefix: str, token: str | None, count: int, *, folders: bool) -> _Names:
        more: dict[str, Any] = {"ContinuationToken": token} if token else {}
        if folders:
            more["Delimiter"] = "/"
        s3 = client("s3")
        try:
            answer = s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix, MaxKeys=count, **more)
        except s3.exceptions.ClientError as error:
            if token and error.response["Error"]["Code"] == "InvalidArgument":
                raise BadRequest(
                    "The cursor is too old, or no cursor.", code="bad_cursor"
                ) from error
            raise
        return _Names(
            [each["Key"] for each in answer.get("Contents", ())],
            [each["Prefix"] for each in answer.get("CommonPrefixes", ())],
            answer.get("NextContinuationToken"),
        )


@cache
def _listing(table: str) -> Listing:
    return Listing(table, client("dynamodb"))


@dataclass(frozen=True, slots=True)
class _Names:
    keys: Sequence[str]
    folders: Sequence[str] = field(default_factory=list)
    token: str | None = None


def _is_meant(row: Row, query: ListQuery) -> bool:
    return (
        row.status is not Status.DELETED
        and query.kind in (None, row.kind)
        and query.status in (None, row.status)
        and (query.day is None or row.created_at.startswith(f"{query.day}T"))
    )


def _row(record: Record) -> Row:
    asset = record.asset
    return Row(
        key=asset.key,
        asset_id=asset.asset_id,
        kind=asset.kind,
        status=record.status,
        bytes=asset.bytes,
        content_type=asset.content_type,
        created_at=asset.created_at,
    )


def _assets(
    found: Iterable[Row], goes_on: str | None, folders: list[str] | None = None
) -> models.Assets:
    return models.Assets(
        assets=[convert(row, models.Row, from_attributes=True) for row in found],
        folders=UNSET if folders is None else folders,
        next=goes_on or UNSET,
    )
