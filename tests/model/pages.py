"""What DynamoDB's queries and scans answer: a page of items in the order of their keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from made.attribute_sizes import item_bytes

from model.expressions import Scope, condition, projection
from model.indexes import Schema
from model.updates import touched
from model.values import Value, sortable
from model.writes import Table, check_placeholders, invalid

Item = Mapping[str, Value]

PAGE_BYTES = 1 << 20  # API reference, Query


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request for a page says, checked."""

    names: Mapping[str, str]
    values: Item
    keys: str | None
    filter: str | None
    projection: str | None
    limit: int | None
    after: Item | None
    is_backwards: bool
    is_count: bool

    @classmethod
    def of(cls, given: Mapping[str, Any], operation: str) -> Wanted:
        """From the parameters of Query or Scan."""
        if given.get("IndexName") and given.get("ConsistentRead"):
            message = "Consistent reads are not supported on global secondary indexes"
            raise invalid(operation, message)
        wanted = cls(
            names=given.get("ExpressionAttributeNames") or {},
            values=given.get("ExpressionAttributeValues") or {},
            keys=given.get("KeyConditionExpression"),
            filter=given.get("FilterExpression"),
            projection=given.get("ProjectionExpression"),
            limit=given.get("Limit"),
            after=given.get("ExclusiveStartKey"),
            is_backwards=not given.get("ScanIndexForward", True),
            is_count=given.get("Select") == "COUNT",
        )
        texts = {
            wanted.keys: condition,
            wanted.filter: condition,
            wanted.projection: projection,
        }
        check_placeholders(texts, wanted.names, wanted.values, operation)
        return wanted


def page(table: Table, schema: Schema, items: Iterable[Item], wanted: Wanted) -> dict[str, Any]:
    """One page of those items that a request wants; `schema` is the table's or the index's."""

    def place(item: Item) -> list[Any]:
        return [sortable(item[name]) for name in (*schema.names, *table.schema.names)]

    rows = [item for item in items if _holds(wanted.keys, item, wanted)]
    rows.sort(key=place, reverse=wanted.is_backwards)
    if wanted.after is not None:
        start = place(wanted.after)
        rows = [
            row
            for row in rows
            if place(row) != start and (place(row) < start) is wanted.is_backwards
        ]
    found: list[Item] = []
    scanned = held = 0
    for row in rows:
        if scanned == wanted.limit or held > PAGE_BYTES:
            break
        scanned += 1
        held += item_bytes(row)
        if _holds(wanted.filter, row, wanted):
            found.append(projected(row, wanted.projection, wanted.names))
    answer: dict[str, Any] = {"Count": len(found), "ScannedCount": scanned}
    if not wanted.is_count:
        answer["Items"] = found
    if scanned and (scanned < len(rows) or scanned == wanted.limit):
        last = rows[scanned - 1]
        keys = dict.fromkeys([*schema.names, *table.schema.names])
        answer["LastEvaluatedKey"] = {name: last[name] for name in keys}
    return answer


def projected(item: Item, text: str | None, names: Mapping[str, str]) -> Item:
    """What a projection expression leaves of an item."""
    if text is None:
        return item
    scope = Scope(item, names, {})
    return touched(item, [scope.path(path) for path in projection(text).paths])


def _holds(text: str | None, item: Item, wanted: Wanted) -> bool:
    test = condition(text).test if text is not None else None
    return test is None or test(Scope(item, wanted.names, wanted.values))
