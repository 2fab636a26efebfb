"""The made table: what each try of each step has made, one item a try, written once.

A record says which tries count (`Step.made`); an item that none names is left over from a try that
lost, and goes when its asset is tidied. So a record stays small however many pages a document has,
and a part of a long job writes as much as it made, and no more. What has too many derivatives for
one item of DynamoDB's 400 KB goes on in others, which are written before the one that is named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mediamill.aws.clients import client
from mediamill.aws.items import from_made_texts, made_texts
from mediamill.domain.asset import Record, Step
from mediamill.domain.made import Made, Stored, joined

_DELETE_AT_ONCE = 25  # BatchWriteItem takes no more requests
_ROWS = 500  # derivatives in one item: at 250 bytes each, a third of what an item may have
_MORE = "+"  # between an item's name and the number of one that it goes on in; no name has it


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at one step of one asset: what its items' names begin with."""

    key: str
    asset_id: str
    step: str
    attempt: int

    def item(self, name: str) -> str:
        """The sort key of one item."""
        return f"{self.asset_id}#{self.step}#{self.attempt}#{name}"


@dataclass(frozen=True, slots=True)
class MadeTable:
    """The table by its name."""

    name: str

    def put(self, attempt: Attempt, name: str, made: Made) -> None:
        """Write what a try has made; a repeat writes the same."""
        starts = range(_ROWS, len(made.rows), _ROWS)
        for number, start in enumerate(starts, 1):
            rest = Made(made.rows[start : start + _ROWS], {}, made.is_derived)
            self._put(attempt, f"{name}{_MORE}{number}", rest)
        first = Made(made.rows[:_ROWS], made.facts, made.is_derived)
        self._put(attempt, name, first, more=len(starts))

    def _put(self, attempt: Attempt, name: str, made: Made, more: int = 0) -> None:
        texts = made_texts(made) | ({"more": str(more)} if more else {})
        values = {text: {"S": value} for text, value in texts.items()}
        client("dynamodb").put_item(
            TableName=self.name, Item={**_at(attempt.key, attempt.item(name)), **values}
        )

    def begin(self, attempt: Attempt) -> None:
        """Make room for the arrivals of parts; a repeat changes nothing."""
        client("dynamodb").update_item(
            TableName=self.name,
            Key=_at(attempt.key, attempt.item("parts")),
            UpdateExpression="SET arrived = if_not_exists(arrived, :none)",
            ExpressionAttributeValues={":none": {"M": {}}},
        )

    def arrive(self, attempt: Attempt, part: str, name: str) -> Mapping[str, str]:
        """Note that a part is in, made as the item `name`; the first one stays. All that are in.

        None are where the attempt is over, and has been tidied away.
        """
        try:
            answer = client("dynamodb").update_item(
                TableName=self.name,
                Key=_at(attempt.key, attempt.item("parts")),
                UpdateExpression="SET arrived.#part = if_not_exists(arrived.#part, :name)",
                ConditionExpression="attribute_exists(arrived)",
                ExpressionAttributeNames={"#part": part},
                ExpressionAttributeValues={":name": {"S": name}},
                ReturnValues="ALL_NEW",
            )
        except client("dynamodb").exceptions.ConditionalCheckFailedException:
            return {}
        return _arrived(answer["Attributes"])

    def arrived(self, attempt: Attempt) -> Mapping[str, str]:
        """The parts that are in, each with the name of its item."""
        answer = client("dynamodb").get_item(
            TableName=self.name,
            Key=_at(attempt.key, attempt.item("parts")),
            ConsistentRead=True,
        )
        return _arrived(answer["Item"]) if "Item" in answer else {}

    def so_far(self, attempt: Attempt, step: Step) -> tuple[str, ...]:
        """The items that count in a split step as it stands; none in any other."""
        return (*step.made, *self.arrived(attempt).values()) if step.parts else ()

    def rows(self, attempt: Attempt, names: Iterable[str]) -> tuple[Stored, ...]:
        """The derivatives in the named items of one attempt, by page."""
        names = tuple(names)
        if not names:
            return ()
        found = dict(self._items(attempt.key, attempt.item("")))
        items = [attempt.item(name) for name in names]
        return _joined(found, items, attempt.key).rows

    def of(self, record: Record) -> dict[str, Made]:
        """What each step of a record has made; a step whose items are not all there is left out."""
        found = dict(self._items(record.asset.key, f"{record.asset.asset_id}#"))
        made = {}
        for name, step in record.steps.items():
            attempt = Attempt(record.asset.key, record.asset.asset_id, name, step.attempt)
            items = [attempt.item(each) for each in step.made]
            if all(item in found for item in items):
                made[name] = _joined(found, items, record.asset.key)
        return made

    def keep_only(self, record: Record, *, stands: Callable[[], Record | None]) -> None:
        """Delete what was made for the record's key and does not count in it.

        Whoever comes after this record writes it down before it makes anything. So nothing that is
        listed is of theirs if the record that `stands` afterwards is still this one; else all stays
        as it is, for the next one who tidies.
        """
        key = record.asset.key
        counted = {
            Attempt(key, record.asset.asset_id, name, step.attempt).item(each)
            for name, step in record.steps.items()
            for each in step.made
        }
        items = [item for item, _ in self._items(key, "")]
        surplus = [item for item in items if item.partition(_MORE)[0] not in counted]
        if surplus:
            now = stands()
            if now is not None and now.revision == record.revision:
                self._delete(key, surplus)

    def _items(self, key: str, beginning: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        names = {"#key": "key"}
        values: dict[str, Any] = {":key": {"S": key}}
        condition = "#key = :key"
        if beginning:
            condition += " AND begins_with(made, :beginning)"
            values[":beginning"] = {"S": beginning}
        more: dict[str, Any] = {}
        while True:
            answer = client("dynamodb").query(
                TableName=self.name,
                KeyConditionExpression=condition,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ConsistentRead=True,
                **more,
            )
            for item in answer["Items"]:
                yield (
                    item["made"]["S"],
                    {name: value["S"] for name, value in item.items() if "S" in value},
                )
            if "LastEvaluatedKey" not in answer:
                return
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _delete(self, key: str, items: Iterable[str]) -> None:
        waiting: list[Any] = [{"DeleteRequest": {"Key": _at(key, item)}} for item in items]
        while waiting:
            batch, waiting = waiting[:_DELETE_AT_ONCE], waiting[_DELETE_AT_ONCE:]
            answer = client("dynamodb").batch_write_item(RequestItems={self.name: batch})
            waiting += answer.get("UnprocessedItems", {}).get(self.name, [])


def _joined(found: Mapping[str, Mapping[str, str]], items: Iterable[str], key: str) -> Made:
    """What stands in some items, and in those that they go on in."""
    named = [
        each
        for item in items
        for each in (
            item,
            *(f"{item}{_MORE}{number + 1}" for number in range(int(found[item].get("more", 0)))),
        )
    ]
    return joined(from_made_texts(found[each], key) for each in named)


def _at(key: str, made: str) -> dict[str, Any]:
    return {"key": {"S": key}, "made": {"S": made}}


def _arrived(item: Mapping[str, Any]) -> Mapping[str, str]:
    return {part: name["S"] for part, name in item.get("arrived", {}).get("M", {}).items()}
