"""DynamoDB in memory: items, conditions, indexes, transactions, and what each write costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from botocore.exceptions import ClientError
from made.attribute_sizes import item_bytes
from made.refusals import ITEM_BYTES, refused

from model.clock import Clock
from model.expressions import Invalid, Scope, condition, projection, update
from model.indexes import Index, Schema, index_units
from model.updates import changed, touched
from model.values import Value, depth, normal, sortable

Item = Mapping[str, Value]

DEPTH = 32  # the same page: nesting
WRITES = 1000  # write units a second that a partition takes: "Burst and adaptive capacity"
PAGE_BYTES = 1 << 20  # API reference, Query
TOKEN_SECONDS = 600  # API reference, TransactWriteItems: ClientRequestToken


@dataclass(slots=True)
class Table:
    """Items by their primary key's values. `units` counts write units by table and index name."""

    name: str
    schema: Schema
    indexes: dict[str, Index]
    items: dict[tuple[Any, ...], Item] = field(default_factory=dict)
    units: Counter[str] = field(default_factory=Counter)
    largest: int = 0
    sizes: dict[tuple[Any, ...], int] = field(default_factory=dict)
    ttl: str | None = None


class Write(NamedTuple):
    """One write that is ready to be made: every condition on it holds."""

    table: Table
    key: tuple[Any, ...]
    old: Item | None
    new: Item | None
    units: Mapping[str, int]
    size: int = 0


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

    def get_item(
        self,
        *,
        TableName: str,
        Key: Item,
        ProjectionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ConsistentRead: bool = False,
        **_: Any,
    ) -> Any:
        table = self._table(TableName, "GetItem")
        found = table.items.get(self._key(table, Key, "GetItem"))
        if found is None:
            return {}
        names = ExpressionAttributeNames or {}
        return {"Item": _projected(found, ProjectionExpression, names, "GetItem")}

    def put_item(
        self, *, TableName: str, Item: Item, ReturnValues: str = "NONE", **given: Any
    ) -> Any:
        write = self._put(TableName, Item, given, "PutItem")
        self._commit([write], "PutItem")
        return self._answer(write, write.old if ReturnValues == "ALL_OLD" else None, given)

    def delete_item(
        self, *, TableName: str, Key: Item, ReturnValues: str = "NONE", **given: Any
    ) -> Any:
        write = self._deletion(TableName, Key, given, "DeleteItem")
        self._commit([write], "DeleteItem")
        return self._answer(write, write.old if ReturnValues == "ALL_OLD" else None, given)

    def update_item(
        self, *, TableName: str, Key: Item, ReturnValues: str = "NONE", **given: Any
    ) -> Any:
        write, paths = self._update(TableName, Key, given, "UpdateItem")
        self._commit([write], "UpdateItem")
        shown: Item | None = {"ALL_NEW": write.new, "ALL_OLD": write.old}.get(ReturnValues)
        if ReturnValues.startswith("UPDATED"):
            shown = touched(
                (write.new if ReturnValues == "UPDATED_NEW" else write.old) or {}, paths
            )
        return self._answer(write, shown, given)

    # ── many items ───────────────────────────────────────────────────────────────────────────────

    def query(
        self,
        *,
        TableName: str,
        KeyConditionExpression: str,
        IndexName: str | None = None,
        FilterExpression: str | None = None,
        ProjectionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ExpressionAttributeValues: Item | None = None,
        ScanIndexForward: bool = True,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        Select: str | None = None,
        **_: Any,
    ) -> Any:
        table = self._table(TableName, "Query")
        if IndexName is not None and ConsistentRead:
            message = "Consistent reads are not supported on global secondary indexes"
            raise _invalid("Query", message)
        names, values = ExpressionAttributeNames or {}, ExpressionAttributeValues or {}
        texts = [KeyConditionExpression, FilterExpression, ProjectionExpression]
        _check(texts, names, values, "Query", [condition, condition, projection])
        wanted = condition(KeyConditionExpression).test
        assert wanted is not None
        schema, items = table.schema, list(table.items.values())
        if IndexName is not None:
            index = table.indexes[IndexName]
            schema, items = index.schema, list(index.items.values())
        rows = [item for item in items if wanted(Scope(item, names, values))]
        return self._page(
            table,
            schema,
            rows,
            names,
            values,
            (FilterExpression, ProjectionExpression),
            backwards=not ScanIndexForward,
            limit=Limit,
            after=ExclusiveStartKey,
            counts=Select == "COUNT",
        )

    def scan(
        self,
        *,
        TableName: str,
        IndexName: str | None = None,
        FilterExpression: str | None = None,
        ProjectionExpression: str | None = None,
        ExpressionAttributeNames: Mapping[str, str] | None = None,
        ExpressionAttributeValues: Item | None = None,
        Limit: int | None = None,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        Select: str | None = None,
        **_: Any,
    ) -> Any:
        table = self._table(TableName, "Scan")
        names, values = ExpressionAttributeNames or {}, ExpressionAttributeValues or {}
        texts = [FilterExpression, ProjectionExpression]
        _check(texts, names, values, "Scan", [condition, projection])
        items = table.indexes[IndexName].items if IndexName else table.items
        return self._page(
            table,
            table.schema,
            list(items.values()),
            names,
            values,
            (FilterExpression, ProjectionExpression),
            backwards=False,
            limit=Limit,
            after=ExclusiveStartKey,
            counts=Select == "COUNT",
        )

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
            for request in requests:
                if "PutRequest" in request:
                    writes.append(self._put(name, request["PutRequest"]["Item"], {}, operation))
                else:
                    key = request["DeleteRequest"]["Key"]
                    writes.append(self._deletion(name, key, {}, operation))
        if len({(write.table.name, write.key) for write in writes}) < len(writes):
            raise _invalid(operation, "Provided list of item keys contains duplicates")
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
        if len({(write.table.name, write.key) for write in writes}) < len(writes):
            message = "Transaction request cannot include multiple operations on one item"
            raise _invalid(operation, message)
        self._commit(writes, operation, factor=2)
        self._tokens[ClientRequestToken] = (self.clock.now, told)
        return {}

    def expire(self) -> None:
        """Take out what has outlived its time, as DynamoDB does within some days."""
        for table in self.by_name.values():
            for key, item in list(table.items.items()):
                until = item.get(table.ttl, {}).get("N") if table.ttl else None
                if until is not None and int(until) < self.clock.now:
                    self._apply(Write(table, key, item, None, {}))

    # ── from a request to a write ────────────────────────────────────────────────────────────────

    def _part(self, entry: Mapping[str, Any], operation: str) -> Write:
        ((word, request),) = entry.items()
        name = request["TableName"]
        if word == "Put":
            return self._put(name, request["Item"], request, operation)
        if word == "Delete":
            return self._deletion(name, request["Key"], request, operation)
        if word == "Update":
            return self._update(name, request["Key"], request, operation)[0]
        table = self._table(name, operation)
        key = self._key(table, request["Key"], operation)
        old = self._checked(table, key, request, [], operation)
        units = {table.name: _write_units(old)}
        return Write(table, key, old, old, units, table.sizes.get(key, 0))

    def _put(self, name: str, given_item: Item, given: Mapping[str, Any], operation: str) -> Write:
        table = self._table(name, operation)
        item = self._normal(given_item, operation)
        keys = {name: item[name] for name in table.schema.names if name in item}
        key = self._key(table, keys, operation)
        old = self._checked(table, key, given, [], operation)
        return self._write(table, key, old, item, operation)

    def _deletion(
        self, name: str, given_key: Item, given: Mapping[str, Any], operation: str
    ) -> Write:
        table = self._table(name, operation)
        key = self._key(table, given_key, operation)
        old = self._checked(table, key, given, [], operation)
        return self._write(table, key, old, None, operation)

    def _update(
        self, name: str, given_key: Item, given: Mapping[str, Any], operation: str
    ) -> tuple[Write, list[Any]]:
        table = self._table(name, operation)
        key = self._key(table, given_key, operation)
        text = given.get("UpdateExpression")
        old = self._checked(table, key, given, [text], operation)
        names = given.get("ExpressionAttributeNames") or {}
        values = given.get("ExpressionAttributeValues") or {}
        before = old or {held: given_key[held] for held in table.schema.names}
        paths: list[Any] = []
        after: Item = before
        if text is not None:
            try:
                after, paths = changed(Scope(before, names, values), update(text).actions)
            except Invalid as error:
                raise _invalid(operation, str(error)) from error
        if any(path[0] in table.schema.names for path in paths):
            message = "Cannot update attribute. This attribute is part of the key"
            raise _invalid(operation, message)
        after = self._normal(after, operation)
        return self._write(table, key, old, after, operation), paths

    def _checked(
        self,
        table: Table,
        key: tuple[Any, ...],
        given: Mapping[str, Any],
        updates: list[str | None],
        operation: str,
    ) -> Item | None:
        """The item as it is, if a request's condition holds for it; raises where it does not."""
        text = given.get("ConditionExpression")
        names = given.get("ExpressionAttributeNames") or {}
        values = given.get("ExpressionAttributeValues") or {}
        _check([text, *updates], names, values, operation, [condition, update])
        old = table.items.get(key)
        if text is None:
            return old
        test = condition(text).test
        assert test is not None
        if test(Scope(old or {}, names, values)):
            return old
        table.units[table.name] += _write_units(old)
        more: dict[str, Any] = {}
        if given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and old is not None:
            more["Item"] = old
        code = "ConditionalCheckFailedException"
        raise refused(operation, code, "The conditional request failed", **more)

    def _write(
        self, table: Table, key: tuple[Any, ...], old: Item | None, new: Item | None, operation: str
    ) -> Write:
        size = item_bytes(new) if new is not None else 0
        if size > ITEM_BYTES:
            text = "to update " if operation == "UpdateItem" else ""
            message = f"Item size {text}has exceeded the maximum allowed size"
            raise _invalid(operation, message)
        if new is not None:
            for index in table.indexes.values():
                for problem in index.schema.problems(new):
                    raise _invalid(operation, f"{problem} IndexName: {index.name}")
        larger = max(size, table.sizes.get(key, 0))
        units = {table.name: max(1, -(-larger // 1024))}
        for index in table.indexes.values():
            units[index.name] = index_units(index, old, new)
        table.largest = max(table.largest, size)
        return Write(table, key, old, new, units, size)

    def _commit(self, writes: list[Write], operation: str, factor: int = 1) -> None:
        """Make writes, all of them or, where a partition has too much to do, none."""
        second = int(self.clock.now)
        costs: Counter[tuple[str, Any, int]] = Counter()
        for write in writes:
            costs[(write.table.name, write.key[0], second)] += (
                write.units[write.table.name] * factor
            )
            for index in write.table.indexes.values():
                units = write.units.get(index.name, 0)
                for item in (write.new, write.old):
                    if units and item is not None and index.schema.holds(item):
                        costs[(index.name, index.schema.key(item)[0], second)] += units * factor
                        break
        if self.is_bounded:
            for spent in costs:
                if self._spent[spent] >= WRITES:
                    code = "ProvisionedThroughputExceededException"
                    raise refused(operation, code, f"Too many writes to {spent[0]}")
            self._spent.update(costs)
        for write in writes:
            for name, units in write.units.items():
                write.table.units[name] += units * factor
            self._apply(write)

    @staticmethod
    def _apply(write: Write) -> None:
        if write.new is None:
            write.table.items.pop(write.key, None)
            write.table.sizes.pop(write.key, None)
        else:
            write.table.items[write.key] = write.new
            write.table.sizes[write.key] = write.size
        for index in write.table.indexes.values():
            index.place(write.key, write.new)

    # ── answers ──────────────────────────────────────────────────────────────────────────────────

    def _page(
        self,
        table: Table,
        schema: Schema,
        rows: list[Item],
        names: Mapping[str, str],
        values: Item,
        texts: tuple[str | None, str | None],
        *,
        backwards: bool,
        limit: int | None,
        after: Item | None,
        counts: bool,
    ) -> Any:
        def place(item: Item) -> list[Any]:
            own = [sortable(item[name]) for name in schema.names]
            return own + [sortable(item[name]) for name in table.schema.names]

        rows.sort(key=place, reverse=backwards)
        if after is not None:
            start = place(after)
            rows = [
                row for row in rows if (place(row) < start if backwards else place(row) > start)
            ]
        found: list[Item] = []
        scanned = held = 0
        keep = condition(texts[0]).test if texts[0] else None
        for row in rows:
            if scanned == limit or held > PAGE_BYTES:
                break
            scanned += 1
            held += item_bytes(row)
            if keep is None or keep(Scope(row, names, values)):
                found.append(_projected(row, texts[1], names, "Query"))
        answer: dict[str, Any] = {"Count": len(found), "ScannedCount": scanned}
        if not counts:
            answer["Items"] = found
        if scanned and (scanned < len(rows) or scanned == limit):
            last = rows[scanned - 1]
            keys = dict.fromkeys([*schema.names, *table.schema.names])
            answer["LastEvaluatedKey"] = {name: last[name] for name in keys}
        return answer

    @staticmethod
    def _answer(write: Write, shown: Item | None, given: Mapping[str, Any]) -> Any:
        answer: dict[str, Any] = {"Attributes": shown} if shown else {}
        wanted = given.get("ReturnConsumedCapacity", "NONE")
        if wanted != "NONE":
            consumed: dict[str, Any] = {
                "TableName": write.table.name,
                "CapacityUnits": float(sum(write.units.values())),
            }
            if wanted == "INDEXES":
                consumed["Table"] = {"CapacityUnits": float(write.units[write.table.name])}
                consumed["GlobalSecondaryIndexes"] = {
                    name: {"CapacityUnits": float(write.units[name])}
                    for name in write.table.indexes
                    if write.units.get(name)
                }
            answer["ConsumedCapacity"] = consumed
        return answer

    def _table(self, name: str, operation: str) -> Table:
        if name not in self.by_name:
            raise refused(operation, "ResourceNotFoundException", "Requested resource not found")
        return self.by_name[name]

    @staticmethod
    def _key(table: Table, key: Item, operation: str) -> tuple[Any, ...]:
        if key.keys() != {*table.schema.names}:
            raise _invalid(operation, "The provided key element does not match the schema")
        for problem in table.schema.problems(key):
            raise _invalid(operation, problem)
        return table.schema.key(key)

    @staticmethod
    def _normal(item: Item, operation: str) -> Item:
        try:
            plain = {name: normal(value) for name, value in item.items()}
        except (ValueError, ArithmeticError) as error:
            raise _invalid(operation, str(error)) from error
        if any(depth(value) > DEPTH for value in plain.values()):
            raise _invalid(operation, "Nesting Levels have exceeded supported limits")
        return plain


def _check(
    texts: list[str | None],
    names: Mapping[str, str],
    values: Item,
    operation: str,
    parsers: list[Any],
) -> None:
    """Refuse expressions that cannot be parsed, and placeholders that are unknown or unused."""
    used_names: set[str] = set()
    used_values: set[str] = set()
    try:
        for text, parse in zip(texts, parsers, strict=False):
            if text is not None:
                parsed = parse(text)
                used_names |= parsed.names
                used_values |= parsed.values
    except Invalid as error:
        raise _invalid(operation, str(error)) from error
    for word, used, given in (("Names", used_names, names), ("Values", used_values, values)):
        if used - given.keys():
            missing = sorted(used - given.keys())[0]
            raise _invalid(operation, f"An expression attribute is not defined: {missing}")
        if given.keys() - used:
            unused = sorted(given.keys() - used)
            message = f"Value provided in ExpressionAttribute{word} unused in expressions: {unused}"
            raise _invalid(operation, message)


def _projected(item: Item, text: str | None, names: Mapping[str, str], operation: str) -> Item:
    if text is None:
        return item
    try:
        paths = projection(text).paths
    except Invalid as error:
        raise _invalid(operation, str(error)) from error
    scope = Scope(item, names, {})
    return touched(item, [scope.path(path) for path in paths])


def _write_units(item: Item | None) -> int:
    return max(1, -(-item_bytes(item) // 1024)) if item else 1


def _invalid(operation: str, message: str) -> ClientError:
    return refused(operation, "ValidationException", message)
