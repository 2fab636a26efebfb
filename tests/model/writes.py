"""From a request to a write of DynamoDB's that is ready to be made: every condition on it holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from made.attribute_sizes import item_bytes
from made.refusals import ITEM_BYTES, refused

from model.expressions import Invalid, Scope, condition, update
from model.indexes import Index, Schema, index_units
from model.updates import changed
from model.values import Value, depth, normal

Item = Mapping[str, Value]
Key = tuple[Any, ...]

DEPTH = 32  # Amazon DynamoDB Developer Guide, "Constraints": nesting


@dataclass(slots=True)
class Table:
    """Items by their primary key's values, and how large each is.

    `partitions` are the same items by partition. `units` counts write units by table and index
    name; `largest` is the largest item ever written.
    """

    name: str
    schema: Schema
    indexes: dict[str, Index]
    items: dict[Key, Item] = field(default_factory=dict)
    partitions: dict[Any, dict[Key, Item]] = field(default_factory=lambda: defaultdict(dict))
    sizes: dict[Key, int] = field(default_factory=dict)
    units: Counter[str] = field(default_factory=Counter)
    largest: int = 0
    ttl: str | None = None

    def key(self, given: Item, operation: str) -> Key:
        """The values of a primary key. Raises ValidationException for one that is none."""
        if given.keys() != {*self.schema.names}:
            raise invalid(operation, "The provided key element does not match the schema")
        for problem in self.schema.problems(given):
            raise invalid(operation, problem)
        return self.schema.key(given)

    def partitions_of(self, values: Item) -> list[Item]:
        """The items of those partitions that a query's values may mean: it looks at no others."""
        form = self.schema.forms[self.schema.names[0]]
        named = {value[form] for value in values.values() if form in value}
        return [item for name in named for item in self.partitions.get(name, {}).values()]


class Write(NamedTuple):
    """One item before and after, and what the change costs in the table and in each index."""

    table: Table
    key: Key
    old: Item | None
    new: Item | None
    units: Mapping[str, int]
    size: int = 0

    def make(self) -> None:
        """Have it take effect."""
        if self.new is None:
            self.table.items.pop(self.key, None)
            self.table.partitions[self.key[0]].pop(self.key, None)
            self.table.sizes.pop(self.key, None)
        else:
            self.table.items[self.key] = self.new
            self.table.partitions[self.key[0]][self.key] = self.new
            self.table.sizes[self.key] = self.size
            self.table.largest = max(self.table.largest, self.size)
        for index in self.table.indexes.values():
            index.place(self.key, self.new)


def putting(table: Table, item: Item, given: Mapping[str, Any], operation: str) -> Write:
    """The write of PutItem."""
    plain = _normal(item, operation)
    keys = {name: plain[name] for name in table.schema.names if name in plain}
    key = table.key(keys, operation)
    return _ready(table, key, _checked(table, key, given, None, operation), plain, operation)


def deletion(table: Table, given_key: Item, given: Mapping[str, Any], operation: str) -> Write:
    """The write of DeleteItem."""
    key = table.key(given_key, operation)
    return _ready(table, key, _checked(table, key, given, None, operation), None, operation)


def updating(
    table: Table, given_key: Item, given: Mapping[str, Any], operation: str
) -> tuple[Write, list[Any]]:
    """The write of UpdateItem, and the paths that it touches."""
    key, text = table.key(given_key, operation), given.get("UpdateExpression")
    old = _checked(table, key, given, text, operation)
    before = old or {name: given_key[name] for name in table.schema.names}
    names = given.get("ExpressionAttributeNames") or {}
    values = given.get("ExpressionAttributeValues") or {}
    paths: list[Any] = []
    after: Item = before
    if text is not None:
        try:
            after, paths = changed(Scope(before, names, values), update(text).actions)
        except Invalid as error:
            raise invalid(operation, str(error)) from error
    if any(path[0] in table.schema.names for path in paths):
        message = "Cannot update attribute. This attribute is part of the key"
        raise invalid(operation, message)
    return _ready(table, key, old, _normal(after, operation), operation), paths


def checking(table: Table, given_key: Item, given: Mapping[str, Any], operation: str) -> Write:
    """A ConditionCheck: a write of nothing."""
    key = table.key(given_key, operation)
    old = _checked(table, key, given, None, operation)
    size = table.sizes.get(key, 0)
    return Write(table, key, old, old, {table.name: units_of(size)}, size)


def units_of(size: int) -> int:
    """What a write of so many bytes costs in write units."""
    return max(1, -(-size // 1024))


def check_placeholders(
    texts: Mapping[str | None, Any], names: Mapping[str, str], values: Item, operation: str
) -> None:
    """Refuse expressions that cannot be parsed, and placeholders that are unknown or unused.

    `texts` gives the parser of each expression; one that is None is not there.
    """
    used: dict[str, set[str]] = {"Names": set(), "Values": set()}
    try:
        for text, parse in texts.items():
            if text is not None:
                parsed = parse(text)
                used["Names"] |= parsed.names
                used["Values"] |= parsed.values
    except Invalid as error:
        raise invalid(operation, str(error)) from error
    for word, given in (("Names", names), ("Values", values)):
        for missing in used[word] - given.keys():
            raise invalid(operation, f"An expression attribute is not defined: {missing}")
        for unused in given.keys() - used[word]:
            message = f"Value provided in ExpressionAttribute{word} unused in expressions: {unused}"
            raise invalid(operation, message)


def invalid(operation: str, message: str) -> ClientError:
    """DynamoDB's word for a request that it will never take."""
    return refused(operation, "ValidationException", message)


def _checked(
    table: Table, key: Key, given: Mapping[str, Any], change: str | None, operation: str
) -> Item | None:
    """The item as it is, if a request's condition holds for it; raises where it does not."""
    text = given.get("ConditionExpression")
    names = given.get("ExpressionAttributeNames") or {}
    values = given.get("ExpressionAttributeValues") or {}
    check_placeholders({text: condition, change: update}, names, values, operation)
    old = table.items.get(key)
    if text is None:
        return old
    test = condition(text).test
    assert test is not None
    if test(Scope(old or {}, names, values)):
        return old
    table.units[table.name] += units_of(table.sizes.get(key, 0))
    more: dict[str, Any] = {}
    if given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old is not None:
        more["Item"] = old
    code = "ConditionalCheckFailedException"
    raise refused(operation, code, "The conditional request failed", **more)


def _ready(table: Table, key: Key, old: Item | None, new: Item | None, operation: str) -> Write:
    size = item_bytes(new) if new is not None else 0
    if size > ITEM_BYTES:
        text = "to update " if operation == "UpdateItem" else ""
        raise invalid(operation, f"Item size {text}has exceeded the maximum allowed size")
    units = {table.name: units_of(max(size, table.sizes.get(key, 0)))}
    for index in table.indexes.values():
        for problem in index.schema.problems(new or {}):
            raise invalid(operation, f"{problem} IndexName: {index.name}")
        units[index.name] = index_units(index, old, new)
    return Write(table, key, old, new, units, size)


def _normal(item: Item, operation: str) -> Item:
    try:
        plain = {name: normal(value) for name, value in item.items()}
    except (ValueError, ArithmeticError) as error:
        raise invalid(operation, str(error)) from error
    if any(depth(value) > DEPTH for value in plain.values()):
        raise invalid(operation, "Nesting Levels have exceeded supported limits")
    return plain
