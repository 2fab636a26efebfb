"""The assets table: one record per uploads key, moved on by conditional writes only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from mediamill.aws.clients import client
from mediamill.aws.items import attribute, claim_item, from_item, rows, step_item, to_item
from mediamill.domain.asset import Asset, Claim, Record, Step
from mediamill.domain.derivative import Derivative
from mediamill.domain.intake import CLAIM_SECONDS
from mediamill.domain.kind import Status, StepStatus


def utc_now() -> str:
    """The time as records write it: ISO 8601, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class AssetsTable:
    """The table by its name. Every change names the asset that it means, and returns what stands.

    A change whose condition does not hold changes nothing, and returns None or False.
    """

    name: str

    def get(self, key: str) -> Record | None:
        """The record of an uploads key, as it stands now."""
        answer = client("dynamodb").get_item(
            TableName=self.name, Key={"key": {"S": key}}, ConsistentRead=True
        )
        return from_item(answer["Item"]) if "Item" in answer else None

    def open(self, record: Record, *, instead_of: Record | None) -> bool:
        """Write a new record in place of the one that was seen; False if that has moved since."""
        revision = instead_of.revision if instead_of else 0
        written = replace(record, revision=revision + 1, updated_at=utc_now())
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
            client("dynamodb").put_item(TableName=self.name, Item=to_item(written), **condition)
        except ClientError as error:
            if _is_condition(error):
                return False
            raise
        return True

    def resume(self, record: Record, claim: Claim) -> bool:
        """Take over the publishing of a record whose opener is gone."""
        return (
            self._update(
                record.asset,
                "SET opening = :claim",
                {":claim": claim_item(claim), ":seen": record.revision},
                condition="revision = :seen",
            )
            is not None
        )

    def published(self, asset: Asset) -> Record | None:
        """Note that the asset has been told to the workers."""
        return self._update(asset, "SET published = :yes REMOVE opening", {":yes": True})

    def close(
        self, asset: Asset, name: str, step: Step, *, opens: Mapping[str, Step] | None = None
    ) -> Record | None:
        """Close a step that is pending at `step.attempt`, and open the steps that follow from it.

        The record as it is after the change: whoever sees every step terminal in it hands over.
        """
        sets = ["steps.#step = :step"]
        names = {"#step": name}
        values: dict[str, Any] = {
            ":step": step_item(step),
            ":pending": StepStatus.PENDING.value,
            ":attempt": step.attempt,
        }
        for number, (opened, state) in enumerate((opens or {}).items()):
            sets.append(f"steps.#open{number} = :open{number}")
            names[f"#open{number}"] = opened
            values[f":open{number}"] = step_item(state)
        return self._update(
            asset,
            f"SET {', '.join(sets)}",
            values,
            names=names,
            condition="steps.#step.#status = :pending AND steps.#step.attempt = :attempt",
        )

    def split(self, asset: Asset, name: str, step: Step) -> Record | None:
        """Note what a step has made so far, and the parts that the rest of it was split into."""
        return self._update(
            asset,
            "SET steps.#step = :step",
            {
                ":step": step_item(step),
                ":pending": StepStatus.PENDING.value,
                ":attempt": step.attempt,
            },
            names={"#step": name},
            condition=(
                "steps.#step.#status = :pending AND steps.#step.attempt = :attempt"
                " AND attribute_not_exists(steps.#step.parts)"
            ),
        )

    def part(
        self, asset: Asset, name: str, attempt: int, part: str, made: Iterable[Derivative]
    ) -> Record | None:
        """Note what one part of a step has made; the record as it is then."""
        return self._update(
            asset,
            "SET steps.#step.parts.#part = :rows",
            {":rows": rows(made), ":pending": StepStatus.PENDING.value, ":attempt": attempt},
            names={"#step": name, "#part": part},
            condition=(
                "steps.#step.#status = :pending AND steps.#step.attempt = :attempt"
                " AND attribute_exists(steps.#step.parts.#part)"
            ),
        )

    def reopen(self, record: Record, name: str) -> Record | None:
        """Ask for a step again, whatever became of it; its earlier workers cannot close it now."""
        return self._update(
            record.asset,
            "SET steps.#step = :step, #status = :processing REMOVE finishing",
            {
                ":step": step_item(Step(attempt=record.steps[name].attempt + 1)),
                ":processing": Status.PROCESSING.value,
                ":seen": record.revision,
            },
            names={"#step": name},
            condition="revision = :seen",
        )

    def claim(self, asset: Asset, claim: Claim) -> Record | None:
        """Become the one who writes the manifest, unless another is alive and at it."""
        return self._update(
            asset,
            "SET finishing = :claim",
            {
                ":claim": claim_item(claim),
                ":me": claim.delivery,
                ":alive": round((claim.since - CLAIM_SECONDS) * 1000),
                ":processing": Status.PROCESSING.value,
            },
            names={"#delivery": "delivery"},
            condition=(
                "#status = :processing AND (attribute_not_exists(finishing)"
                " OR finishing.#delivery = :me OR finishing.since_ms < :alive)"
            ),
        )

    def finish(
        self, asset: Asset, claim: Claim, status: Status, completed_at: str
    ) -> Record | None:
        """Make the status final: the manifest is written and told."""
        return self._update(
            asset,
            "SET #status = :final, completed_at = :at REMOVE finishing, leftovers",
            {
                ":final": status.value,
                ":at": completed_at,
                ":me": claim.delivery,
                ":processing": Status.PROCESSING.value,
            },
            names={"#delivery": "delivery"},
            condition="#status = :processing AND finishing.#delivery = :me",
        )

    def swept(self, asset: Asset) -> Record | None:
        """Note that a tombstone's leftovers are deleted."""
        return self._update(asset, "SET published = :yes REMOVE leftovers", {":yes": True})

    def _update(
        self,
        asset: Asset,
        expression: str,
        values: Mapping[str, Any],
        *,
        names: Mapping[str, str] | None = None,
        condition: str | None = None,
    ) -> Record | None:
        set_clause = expression.replace("SET ", "SET updated_at = :now, ", 1)
        where = "asset_id = :asset" + (f" AND {condition}" if condition else "")
        used = dict(names or {})
        if "#status" in f"{set_clause} {where}":
            used["#status"] = "status"
        given = {**values, ":one": 1, ":now": utc_now(), ":asset": asset.asset_id}
        request: dict[str, Any] = {"ExpressionAttributeNames": used} if used else {}
        try:
            answer = client("dynamodb").update_item(
                TableName=self.name,
                Key={"key": {"S": asset.key}},
                UpdateExpression=f"{set_clause} ADD revision :one",
                ConditionExpression=where,
                ExpressionAttributeValues={name: attribute(value) for name, value in given.items()},
                ReturnValues="ALL_NEW",
                **request,
            )
        except ClientError as error:
            if _is_condition(error):
                return None
            raise
        return from_item(answer["Attributes"])


def _is_condition(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") == "ConditionalCheckFailedException"
