"""DynamoDB in memory: items, conditions, indexes, transactions, and what each write costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError
from made.refusals import refused

from model.clock import Clock
from model.expressions import projection
from model.indexes import Index, Schema
from model.pages import Wanted, page, projected
from model.updates import touched
from model.values import Value
from model.writes import (
    Table,
    Write,
    check_placeholders,
    checking,
    deletion,
    invalid,
    putting,
    updating,
)

Item = Mapping[str, Value]

WRITES = 1000  # write units a second that a partition takes: "Burst and adaptive capacity"
TOKEN_SECONDS = 600  # API reference, TransactWriteItems: ClientRequestToken


@dataclass(slots=True)
class Tables:
    """Every table of the account, by name.

    `is_bounded` has each partition take no more than its 1,000 write units a second of the clock.
    """

    clock: Clock
    is_bounded: bool = False
    by_name: dict[str, Table] = field(default_factory=dict)
    _spent: Counter[tuple[str, Any, int]] = field(default_factory=Counter)
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)

    def create_table(
        self,
        *,
        TableName: str,
        KeySchema: list[Mapping[str, str]],
        AttributeDefinitions: list[Mapping[str, str]],
        GlobalSecondaryIndexes: Iterable[Mapping[str, Any]] = (),
        **_: Any,
    ) -> Any:
        forms = {held["AttributeName"]: held["AttributeType"] for held in AttributeDefinitions}
        schema = Schema.of(KeySchema, forms)
        indexes = {
            held["IndexName"]: Index.of(held, forms, schema) for held in GlobalSecondaryIndexes
        }
        self.by_name[TableName] = Table(TableName, schema, indexes)
        return {"TableDescription": {"TableName": TableName, "TableStatus": "ACTIVE"}}

    def update_time_to_live(self, *, TableName: str, TimeToLiveSpecification: Any) -> Any:
        wanted = TimeToLiveSpecification
        self.by_name[TableName].ttl = wanted["AttributeName"] if wanted["Enabled"] else None
        return {"TimeToLiveSpecification": wanted}

    # ── single items ─────────────────────────────────────────────────────────────────────────────

    def get_item(self, *, TableName: str, Key: Item, **given: Any) -> Any:
        table = self._table(TableName, "GetItem")
        text, names = given.get("ProjectionExpression"), given.get("ExpressionAttributeNames") or {}
        check_placeholders({text: projection}, names, {}, "GetItem")
        found = table.items.get(table.key(Key, "GetItem"))
        return {} if found is None else {"Item": projected(found, text, names)}

    def put_item(self, *, TableName: str, Item: Item, **given: Any) -> Any:
        write = putting(self._table(TableName, "PutItem"), Item, given, "PutItem")
        return self._made(write, given, "PutItem")

    def delete_item(self, *, TableName: str, Key: Item, **given: Any) -> Any:
        write = deletion(self._table(TableName, "DeleteItem"), Key, given, "DeleteItem")
        return self._made(write, given, "DeleteItem")

    def update_item(self, *, TableName: str, Key: Item, **given: Any) -> Any:
        write, paths = updating(self._table(TableName, "UpdateItem"), Key, given, "UpdateItem")
        return self._made(write, given, "UpdateItem", paths)

    # ── many items ───────────────────────────────────────────────────────────────────────────────

    def query(self, *, TableName: str, **given: Any) -> Any:
        return self._page(TableName, given, "Query")

    def scan(self, *, TableName: str, **given: Any) -> Any:
        return self._page(TableName, given, "Scan")

    def batch_get_item(self, *, RequestItems: Mapping[str, Any], **_: Any) -> Any:
        found: dict[str, list[Item]] = {}
        for name, wanted in RequestItems.items():
            rest = {word: value for word, value in wanted.items() if word != "Keys"}
            answers = [self.get_item(TableName=name, Key=key, **rest) for key in wanted["Keys"]]
            found[name] = [answer["Item"] for answer in answers if "Item" in answer]
        return {"Responses": found, "UnprocessedKeys": {}}

    def batch_write_item(self, *, RequestItems: Mapping[str, Any], **_: Any) -> Any:
        operation = "BatchWriteItem"
        writes = []
        for name, requests in RequestItems.items():
            table = self._table(name, operation)
            for request in requests:
                if "PutRequest" in request:
                    writes.append(putting(table, request["PutRequest"]["Item"], {}, operation))
                else:
                    writes.append(deletion(table, request["DeleteRequest"]["Key"], {}, operation))
        if _has_twins(writes):
            raise invalid(operation, "Provided list of item keys contains duplicates")
        self._commit(writes, operation)
        return {"UnprocessedItems": {}}

    def transact_write_items(
        self, *, TransactItems: list[Mapping[str, Any]], ClientRequestToken: str, **_: Any
    ) -> Any:
        operation = "TransactWriteItems"
        told = repr(TransactItems)
        known = self._tokens.get(ClientRequestToken)
        if known is not None and known[0] > self.clock.now - TOKEN_SECONDS:
            if known[1] != told:
                code = "IdempotentParameterMismatchException"
                raise refused(operation, code, "The token stands for another request.")
            return {}
        writes: list[Write] = []
        reasons: list[dict[str, Any]] = []
        for entry in TransactItems:
            try:
                writes.append(self._part(entry, operation))
                reasons.append({"Code": "None"})
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
                held: Any = error.response
                reason = {"Code": "ConditionalCheckFailed", "Message": held["Error"]["Message"]}
                reasons.append({**reason, **({"Item": held["Item"]} if "Item" in held else {})})
        if len(writes) < len(reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            message = f"Transaction cancelled, please refer cancellation reasons [{codes}]"
            code = "TransactionCanceledException"
            raise refused(operation, code, message, CancellationReasons=reasons, Message=message)
        if _has_twins(writes):
            message = "Transaction request cannot include multiple operations on one item"
            raise invalid(operation, message)
        self._commit(writes, operation, factor=2)
        self._tokens[ClientRequestToken] = (self.clock.now, told)
        return {}

    def expire(self) -> None:
        """Take out what has outlived its time, as DynamoDB does within some days."""
        for table in self.by_name.values():
            for key, item in list(table.items.items()):
                until = item.get(table.ttl, {}).get("N") if table.ttl else None
                if until is not None and int(until) < self.clock.now:
                    Write(table, key, item, None, {}).make()

    def spent(self) -> Counter[tuple[str, Any]]:
        """The write units that each partition of tables and indexes took since `is_bounded`."""
        units: Counter[tuple[str, Any]] = Counter()
        for (name, partition, _), spent in self._spent.items():
            units[name, partition] += spent
        return units

    def _part(self, entry: Mapping[str, Any], operation: str) -> Write:
        """One of a transaction's writes."""
        ((word, request),) = entry.items()
        table = self._table(request["TableName"], operation)
        if word == "Put":
            return putting(table, request["Item"], request, operation)
        if word == "Delete":
            return deletion(table, request["Key"], request, operation)
        if word == "Update":
            return updating(table, request["Key"], request, operation)[0]
        return checking(table, request["Key"], request, operation)

    def _commit(self, writes: list[Write], operation: str, factor: int = 1) -> None:
        """Make writes, all of them or, where a partition has too much to do, none."""
        if self.is_bounded:
            costs = self._costs(writes, factor)
            for name, partition, second in costs:
                if self._spent[name, partition, second] >= WRITES:
                    code = "ProvisionedThroughputExceededException"
                    raise refused(operation, code, f"Too many writes to {name}")
            self._spent.update(costs)
        for write in writes:
            for name, units in write.units.items():
                write.table.units[name] += units * factor
            write.make()

    def _costs(self, writes: list[Write], factor: int) -> Counter[tuple[str, Any, int]]:
        """The write units of each partition, of the tables and of their indexes."""
        second = int(self.clock.now)
        costs: Counter[tuple[str, Any, int]] = Counter()
        for write in writes:
            name = write.table.name
            costs[name, write.key[0], second] += write.units[name] * factor
            for index in write.table.indexes.values():
                rows = [index.row(item) for item in (write.new, write.old)]
                held = [row for row in rows if row is not None]
                if held and write.units.get(index.name):
                    partition = index.schema.key(held[0])[0]
                    costs[index.name, partition, second] += write.units[index.name] * factor
        return costs

    def _made(
        self, write: Write, given: Mapping[str, Any], operation: str, paths: Iterable[Any] = ()
    ) -> Any:
        """Make one write; the answer shows of it what was asked for."""
        self._commit([write], operation)
        wanted = given.get("ReturnValues", "NONE")
        shown: Item | None = {"ALL_NEW": write.new, "ALL_OLD": write.old}.get(wanted)
        if wanted.startswith("UPDATED"):
            shown = touched((write.new if wanted == "UPDATED_NEW" else write.old) or {}, [*paths])
        answer: dict[str, Any] = {"Attributes": shown} if shown else {}
        if given.get("ReturnConsumedCapacity", "NONE") != "NONE":
            answer["ConsumedCapacity"] = _consumed(write, given["ReturnConsumedCapacity"])
        return answer

    def _page(self, name: str, given: Mapping[str, Any], operation: str) -> Any:
        table, wanted = self._table(name, operation), Wanted.of(given, operation)
        if "IndexName" not in given:
            items = table.partitions_of(wanted.values) if wanted.keys else table.items.values()
            return page(table, table.schema, items, wanted)
        index = table.indexes[given["IndexName"]]
        return page(table, index.schema, index.items.values(), wanted)

    def _table(self, name: str, operation: str) -> Table:
        if name not in self.by_name:
            raise refused(operation, "ResourceNotFoundException", "Requested resource not found")
        return self.by_name[name]


def _has_twins(writes: list[Write]) -> bool:
    return len({(write.table.name, write.key) for write in writes}) < len(writes)


def _consumed(write: Write, wanted: str) -> dict[str, Any]:
    table = write.table
    consumed: dict[str, Any] = {
        "TableName": table.name,
        "CapacityUnits": float(sum(write.units.values())),
    }
    if wanted == "INDEXES":
        consumed["Table"] = {"CapacityUnits": float(write.units[table.name])}
        consumed["GlobalSecondaryIndexes"] = {
            name: {"CapacityUnits": float(write.units[name])}
            for name in table.indexes
            if write.units.get(name)
        }
    return consumed
