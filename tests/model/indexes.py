"""The keys of tables and of their global secondary indexes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from made.attribute_sizes import item_bytes
from made.refusals import HASH_BYTES

from model.values import Value

Item = Mapping[str, Value]
RANGE_BYTES = 1024  # DynamoDB Developer Guide, "Constraints": sort keys


@dataclass(frozen=True, slots=True)
class Schema:
    """The key attributes, the partition key first, and the type of each."""

    names: tuple[str, ...]
    forms: Mapping[str, str]

    @classmethod
    def of(cls, keys: list[Mapping[str, str]], forms: Mapping[str, str]) -> Schema:
        """From a KeySchema and the types in AttributeDefinitions."""
        ordered = sorted(keys, key=lambda held: held["KeyType"])  # HASH before RANGE
        names = tuple(held["AttributeName"] for held in ordered)
        return cls(names, {name: forms[name] for name in names})

    def holds(self, item: Item) -> bool:
        """Whether an item has every attribute of the key; an index is sparse."""
        return all(name in item for name in self.names)

    def key(self, item: Item) -> tuple[Any, ...]:
        """The key's values."""
        return tuple(item[name][self.forms[name]] for name in self.names)

    def problems(self, item: Item) -> Iterator[str]:
        """What DynamoDB refuses in the key attributes that an item has."""
        for name, bound in zip(self.names, (HASH_BYTES, RANGE_BYTES), strict=False):
            if name not in item:
                continue
            form, value = self.forms[name], item[name]
            if form not in value:
                yield f"One or more parameter values were invalid: Type mismatch for key {name}"
            elif not value[form]:
                yield (
                    "One or more parameter values are not valid. The AttributeValue for a key "
                    f"attribute cannot contain an empty string value. Key: {name}"
                )
            elif len(value[form].encode()) > bound:
                yield f"Size of {name} has exceeded the maximum size limit of {bound} bytes"


@dataclass(slots=True)
class Index:
    """A global secondary index: the part of each item that it projects, by primary key."""

    name: str
    schema: Schema
    projected: frozenset[str] | None
    items: dict[tuple[Any, ...], Item] = field(default_factory=dict)

    @classmethod
    def of(cls, given: Mapping[str, Any], forms: Mapping[str, str], table: Schema) -> Index:
        """From an entry of GlobalSecondaryIndexes."""
        schema = Schema.of(given["KeySchema"], forms)
        projection = given["Projection"]
        names = {*schema.names, *table.names, *projection.get("NonKeyAttributes", ())}
        every = projection["ProjectionType"] == "ALL"
        return cls(given["IndexName"], schema, None if every else frozenset(names))

    def row(self, item: Item | None) -> Item | None:
        """What the index holds of an item; None where the item is not in it."""
        if item is None or not self.schema.holds(item):
            return None
        if self.projected is None:
            return item
        return {name: item[name] for name in item if name in self.projected}

    def place(self, key: tuple[Any, ...], item: Item | None) -> None:
        """Follow a write to the table."""
        row = self.row(item)
        if row is None:
            self.items.pop(key, None)
        else:
            self.items[key] = row


def index_units(index: Index, old: Item | None, new: Item | None) -> int:
    """The write units that a change costs in an index.

    Developer Guide, "Using global secondary indexes", Write capacity units: none where no projected
    attribute changes, one write to put, take out or change a row, two where its key changes.
    """
    before, after = index.row(old), index.row(new)
    if before == after:
        return 0
    if before is None or after is None:
        return _units(before or after or {})
    if index.schema.key(before) != index.schema.key(after):
        return _units(before) + _units(after)
    return max(_units(before), _units(after))


def _units(row: Item) -> int:
    return max(1, -(-item_bytes(row) // 1024))
