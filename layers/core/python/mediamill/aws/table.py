"""The assets table: one record per uploads key, moved on by conditional writes only.

An answer of DynamoDB may be lost after the write took effect; the SDK then writes again, and meets
its own condition. So every write carries a name of its own, and a condition that does not hold is
looked at: where the record shows this very write, it succeeded.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from mediamill.aws.clients import client
from mediamill.aws.items import (
    SHARDS,
    attribute,
    claim_item,
    feed_of,
    from_item,
    listed_state,
    step_item,
    to_item,
    tries_item,
)
from mediamill.domain.asset import Asset, Claim, Record, Step, Tries
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.manifest import StepError
from mediamill.domain.protocol.ending import CLAIM_SECONDS
from mediamill.domain.wire import to_json


def utc_now() -> str:
    """The time now as records write it: ISO 8601, UTC, milliseconds."""
    return written(datetime.now(UTC))


def written(time: datetime) -> str:
    """A time in UTC as records write it."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _changed_at(before: Record | None) -> str:
    """When a record changes: now, but later than the last time, whatever this clock says."""
    now = utc_now()
    if before is None or before.changed_at is None or before.changed_at < now:
        return now
    return written(datetime.fromisoformat(before.changed_at) + timedelta(milliseconds=1))


@dataclass(frozen=True, slots=True)
class AssetsTable:
    """The table by its name. Every change names the asset that it means, and returns what stands.

    A change whose condition does not hold changes nothing, and returns None.
    """

    name: str

    def get(self, key: str) -> Record | None:
        """The record of an uploads key, as it stands now."""
        answer = client("dynamodb").get_item(
            TableName=self.name, Key={"key": {"S": key}}, ConsistentRead=True
        )
        return from_item(answer["Item"]) if "Item" in answer else None

    def open(self, record: Record, *, instead_of: Record | None) -> Record | None:
        """Write a new record in place of the one that was seen; None if that has moved since."""
        revision = instead_of.revision if instead_of else 0
        token = secrets.token_hex(6)
        written = replace(
            record,
            revision=revision + 1,
            written_by=token,
            updated_at=utc_now(),
            changed_at=_changed_at(instead_of),
        )
        condition: dict[str, Any] = {
            "ConditionExpression": "attribute_not_exists(#key)",
            "ExpressionAttributeNames": {"#key": "key"},
        }
        if instead_of is not None:
            condition = {
                "ConditionExpression": "revision = :seen",
                "ExpressionAttributeValues": {":seen": attribute(revision)},
            }
        try:
            client("dynamodb").put_item(
                TableName=self.name,
                Item=to_item(written),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **condition,
            )
        except ClientError as error:
            stands = _standing(error)
            opened = stands is not None and stands.opened_by == record.opened_by
            same = stands is not None and stands.asset.asset_id == record.asset.asset_id
            return stands if opened and same else None
        return written

    def close(self, asset: Asset, name: str, step: Step, *, untidy: bool = False) -> Record | None:
        """Close a step that is pending at `step.attempt`; the record as it is then.

        Whoever sees every step terminal in it hands over. `untidy` notes that the results may
        hold what this step does not list.
        """
        return self._update(
            asset,
            f"SET steps.#step = :step{', untidy = :yes' if untidy else ''}",
            {
                ":step": step_item(step),
                **_pending_at(step.attempt),
                **({":yes": True} if untidy else {}),
            },
            names={"#step": name},
            condition=_PENDING_AT,
            is_mine=lambda stands: _is_by(stands, name, step),
        )

    def split(self, asset: Asset, name: str, step: Step) -> Record | None:
        """Note the parts that a step was split into, and what it has made so far."""
        return self._update(
            asset,
            "SET steps.#step = :step",
            {":step": step_item(step), **_pending_at(step.attempt)},
            names={"#step": name},
            condition=f"{_PENDING_AT} AND attribute_not_exists(steps.#step.parts)",
            is_mine=lambda stands: _is_by(stands, name, step),
        )

    def tried(self, asset: Asset, name: str, attempt: int, tries: Tries) -> Record | None:
        """Note how the tries of a step go."""
        return self._update(
            asset,
            "SET steps.#step.tries = :tries",
            {":tries": tries_item(tries), **_pending_at(attempt)},
            names={"#step": name},
            condition=_PENDING_AT,
        )

    def change(
        self,
        record: Record,
        steps: Mapping[str, Step],
        *,
        again: bool = False,
        alone: bool = False,
        nudges: int | None = None,
    ) -> Record | None:
        """Put several steps where they are to stand, if the record is as it was seen.

        `again` is for steps that are asked for once more: the asset is processed again, whatever
        it was, and untidy until its end. Where they stand at these attempts already, somebody
        asked, this very write perhaps; whether anybody was told of it, nobody can say. `alone` is
        for who would not ask after somebody else: None then.
        """
        sets = []
        names: dict[str, str] = {}
        values: dict[str, Any] = {":seen": record.revision}
        for number, (name, step) in enumerate(steps.items()):
            sets.append(f"steps.#step{number} = :step{number}")
            names[f"#step{number}"] = name
            values[f":step{number}"] = step_item(step)
        removes = ""
        if again:
            sets += ["#status = :processing", "untidy = :yes", "#state = :state", _FEED]
            values |= {
                **_feed(record),
                ":processing": Status.PROCESSING.value,
                ":yes": True,
                ":state": listed_state(Status.PROCESSING, record.asset.asset_id),
            }
            names |= {"#status": "status", "#state": "state"}
            removes = " REMOVE finishing, unfinished, nudges"
        if nudges is not None:
            sets.append("nudges = :nudges")
            values[":nudges"] = nudges
        return self._update(
            record.asset,
            f"SET {', '.join(sets)}{removes}",
            values,
            names=names,
            condition="revision = :seen",
            is_mine=(lambda stands: _is_asked(stands, steps)) if again and not alone else None,
        )

    def known(self, record: Record, sequencer: str) -> Record | None:
        """Note an event after which this version still stands, if the record is as it was seen.

        So nobody who looked before it can write what they saw.
        """
        return self._update(
            record.asset,
            "SET sequencer = :sequencer",
            {":sequencer": sequencer, ":seen": record.revision},
            condition="revision = :seen",
        )

    def mark_untidy(self, record: Record, *, contradicted: bool = False) -> Record | None:
        """Note that somebody may have written or deleted among the results of this asset.

        `contradicted` forgets what was told of it, so that its end is told once more. It holds if
        its status is as it was seen.
        """
        values = {":yes": True, ":status": record.status.value}
        state, more = _listed(record.status, record.asset, is_untidy=True)
        return self._update(
            record.asset,
            f"SET untidy = :yes{state}{' REMOVE told' if contradicted else ''}",
            {**values, **more},
            names={"#state": "state"},
            condition="#status = :status",
        )

    def tidied(self, record: Record) -> Record | None:
        """Note that the results are what the record lists, if it is as it was seen."""
        state, more = _listed(record.status, record.asset, is_untidy=False)
        return self._update(
            record.asset,
            f"SET {state.removeprefix(', ')} REMOVE untidy" if more else "REMOVE untidy, #state",
            {":seen": record.revision, **more},
            names={"#state": "state"},
            condition="revision = :seen",
        )

    def claim(self, record: Record, claim: Claim) -> Record | None:
        """Become the one who writes the manifest, unless another is alive and at it."""
        return self._update(
            record.asset,
            "SET finishing = :claim",
            {
                ":claim": claim_item(claim),
                ":me": claim.delivery,
                ":alive": round((claim.since - CLAIM_SECONDS) * 1000),
                ":seen": record.revision,
            },
            names={"#delivery": "delivery"},
            condition=(
                "revision = :seen AND (attribute_not_exists(finishing)"
                " OR finishing.#delivery = :me OR finishing.since_ms < :alive)"
            ),
        )

    def finish(
        self,
        record: Record,
        status: Status,
        completed_at: str,
        *,
        manifest_etag: str | None = None,
        announced: int = 0,
        told: Status | None = None,
        unfinished: StepError | None = None,
    ) -> Record | None:
        """Make the status final, if the record is as it was seen.

        `unfinished` says that the manifest could not be written; what was told stays as it was.
        """
        state = listed_state(status, record.asset.asset_id, is_untidy=record.is_untidy)
        values: dict[str, Any] = {
            ":final": status.value,
            ":at": completed_at,
            ":announced": announced,
            ":seen": record.revision,
            **_feed(record),
        }
        optional = {
            "manifest_etag": manifest_etag,
            "told": told.value if told else None,
            "unfinished": to_json(unfinished) if unfinished else None,
            "#state": state,
        }
        sets = ["#status = :final", "completed_at = :at", "announced = :announced", _FEED]
        removes = ["finishing", "nudges", *(["telling"] if unfinished is None else [])]
        for name, value in optional.items():
            if value is None:
                removes.append(name)
            else:
                sets.append(f"{name} = :{name.strip('#')}")
                values[f":{name.strip('#')}"] = value
        return self._update(
            record.asset,
            f"SET {', '.join(sets)} REMOVE {', '.join(removes)}",
            values,
            names={"#status": "status", "#state": "state"},
            condition="revision = :seen",
            is_mine=lambda stands: (
                stands.status is status
                and stands.completed_at == completed_at
                and stands.announced == announced
            ),
        )

    def telling(self, record: Record, status: Status) -> Record | None:
        """Note what is about to be told after something else was, if the record is as it was seen.

        Whoever comes after a crash cannot know whether it was told, and tells the end anew.
        """
        return self._update(
            record.asset,
            "SET telling = :status",
            {":status": status.value, ":seen": record.revision},
            condition="revision = :seen",
        )

    def listed_before(self, state: str, created_before: str, limit: int) -> Iterator[str]:
        """Keys of assets that `by_state` lists under a word, opened before a time, oldest first.

        At most `limit` of each part of the list.
        """
        for shard in range(SHARDS):
            answer = client("dynamodb").query(
                TableName=self.name,
                IndexName="by_state",
                KeyConditionExpression="#state = :state AND created_at < :before",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":state": {"S": f"{state}#{shard}"},
                    ":before": {"S": created_before},
                },
                Limit=limit,
            )
            for item in answer["Items"]:
                yield item["key"]["S"]

    def _update(
        self,
        asset: Asset,
        expression: str,
        values: Mapping[str, Any],
        *,
        names: Mapping[str, str] | None = None,
        condition: str | None = None,
        is_mine: Callable[[Record], bool] | None = None,
    ) -> Record | None:
        token = secrets.token_hex(6)
        noted = "updated_at = :now, written_by = :token"
        if expression.startswith("SET "):
            expression = expression.replace("SET ", f"SET {noted}, ", 1)
        else:
            expression = f"SET {noted} {expression}"
        where = "asset_id = :asset" + (f" AND {condition}" if condition else "")
        given = {
            **values,
            ":one": 1,
            ":now": utc_now(),
            ":asset": asset.asset_id,
            ":token": token,
        }
        used = {
            name: real
            for name, real in {"#status": "status", **(names or {})}.items()
            if name in f"{expression} {where}"
        }
        request: dict[str, Any] = {"ExpressionAttributeNames": used} if used else {}
        try:
            answer = client("dynamodb").update_item(
                TableName=self.name,
                Key={"key": {"S": asset.key}},
                UpdateExpression=f"{expression} ADD revision :one",
                ConditionExpression=where,
                ExpressionAttributeValues={name: attribute(value) for name, value in given.items()},
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **request,
            )
        except ClientError as error:
            stands = _standing(error)
            if stands is None or stands.asset.asset_id != asset.asset_id:
                return None
            mine = stands.written_by == token or (is_mine is not None and is_mine(stands))
            return stands if mine else None
        return from_item(answer["Attributes"])


def _is_asked(stands: Record, steps: Mapping[str, Step]) -> bool:
    """Whether all of these steps have been asked for again, as far as this or further."""
    return all(
        name in stands.steps and stands.steps[name].attempt >= step.attempt
        for name, step in steps.items()
    )


_PENDING_AT = "steps.#step.#status = :pending AND steps.#step.attempt = :attempt"


def _pending_at(attempt: int) -> dict[str, Any]:
    return {":pending": StepStatus.PENDING.value, ":attempt": attempt}


_FEED = "feed = :feed, changed_at = :changed"


def _feed(record: Record) -> dict[str, str]:
    """Where `by_change` lists an asset whose status changes now."""
    return {":feed": feed_of(record.asset.asset_id), ":changed": _changed_at(record)}


def _listed(status: Status, asset: Asset, *, is_untidy: bool) -> tuple[str, dict[str, str]]:
    """The end of an update that puts an asset where `by_state` is to list it, and its value."""
    state = listed_state(status, asset.asset_id, is_untidy=is_untidy)
    return (", #state = :state", {":state": state}) if state else ("", {})


def _is_by(stands: Record, name: str, step: Step) -> bool:
    """Whether a step is as this very delivery left it."""
    state = stands.steps.get(name)
    return (
        state is not None
        and state.by == step.by
        and state.attempt == step.attempt
        and state.status is step.status
    )


def _standing(error: ClientError) -> Record | None:
    """The record that a condition did not hold for. Raises any other error."""
    if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
        raise error
    item: Any = error.response.get("Item")
    return from_item(item) if item else None
