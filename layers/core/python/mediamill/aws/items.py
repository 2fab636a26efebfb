"""Records to DynamoDB items and back: the assets table's one form."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mediamill.domain.asset import Asset, Claim, Record, Step
from mediamill.domain.derivative import Derivative
from mediamill.domain.formats import FORMATS
from mediamill.domain.keys import derivative_key
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill.domain.manifest import StepError
from mediamill.domain.wire import to_json

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef


def attribute(value: Any) -> AttributeValueTypeDef:
    """One value as DynamoDB wants it. Raises TypeError for what a record does not hold: floats."""
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": {name: attribute(entry) for name, entry in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [attribute(entry) for entry in value]}
    raise TypeError(f"A record holds no {type(value).__name__}: {value!r}")


def value_of(attribute: Mapping[str, Any]) -> Any:
    """The value in an attribute of DynamoDB; the way back from `attribute`."""
    ((form, held),) = attribute.items()
    if form == "NULL":
        return None
    if form == "N":
        return int(held)
    if form == "M":
        return {name: value_of(entry) for name, entry in held.items()}
    if form == "L":
        return [value_of(entry) for entry in held]
    return held


def to_item(record: Record) -> dict[str, AttributeValueTypeDef]:
    """The item of a record; what is unknown is left out."""
    asset = record.asset
    item: dict[str, Any] = {
        "key": asset.key,
        "asset_id": asset.asset_id,
        "bucket": asset.bucket,
        "version_id": asset.version_id,
        "etag": asset.etag,
        "sequencer": asset.sequencer,
        "bytes": asset.bytes,
        "kind": asset.kind.value,
        "content_type": asset.content_type,
        "created_at": asset.created_at,
        "status": record.status.value,
        "steps": {name: step_item(step) for name, step in record.steps.items()},
        "rejection": to_json(record.rejection) if record.rejection else None,
        "revision": record.revision,
        "opening": claim_item(record.opening) if record.opening else None,
        "published": record.is_published or None,
        "leftovers": list(record.leftovers) or None,
        "updated_at": record.updated_at,
        "completed_at": record.completed_at,
        "expires_at": record.expires_at,
    }
    if record.status is not Status.DELETED:
        item["month"] = asset.created_at[:7]  # a tombstone has none, and so is in no list
    return {name: attribute(value) for name, value in item.items() if value is not None}


def from_item(item: Mapping[str, AttributeValueTypeDef]) -> Record:
    """The record that an item holds."""
    plain = {name: value_of(value) for name, value in item.items()}
    asset = Asset(
        asset_id=plain["asset_id"],
        bucket=plain["bucket"],
        key=plain["key"],
        version_id=plain.get("version_id"),
        etag=plain["etag"],
        sequencer=plain["sequencer"],
        bytes=int(plain["bytes"]),
        kind=Kind(plain["kind"]),
        content_type=plain["content_type"],
        created_at=plain["created_at"],
    )
    rejection = plain.get("rejection")
    return Record(
        asset=asset,
        status=Status(plain["status"]),
        steps={name: _step(step, asset.key) for name, step in plain["steps"].items()},
        rejection=StepError(**rejection) if rejection else None,
        revision=int(plain["revision"]),
        opening=_claim(plain.get("opening")),
        is_published=plain.get("published", False),
        finishing=_claim(plain.get("finishing")),
        leftovers=tuple(plain.get("leftovers", ())),
        updated_at=plain.get("updated_at"),
        completed_at=plain.get("completed_at"),
        expires_at=int(plain["expires_at"]) if "expires_at" in plain else None,
    )


def step_item(step: Step) -> dict[str, Any]:
    """The map of one step. Keys and types of derivatives follow from name, format and page."""
    return {
        "status": step.status.value,
        "attempt": step.attempt,
        **({"derivatives": rows(step.derivatives)} if step.derivatives else {}),
        **({"error": to_json(step.error)} if step.error else {}),
        **({"facts": json.dumps(step.facts, ensure_ascii=False)} if step.facts else {}),
        **({"started_at": step.started_at} if step.started_at else {}),
        **({"finished_at": step.finished_at} if step.finished_at else {}),
        **({"duration_ms": step.duration_ms} if step.duration_ms is not None else {}),
        **(
            {"parts": {name: rows(part) for name, part in step.parts.items()}} if step.parts else {}
        ),
    }


def rows(derivatives: Iterable[Derivative]) -> list[dict[str, Any]]:
    """Derivatives as they stand in a step or a part of one."""
    return [_row(row) for row in derivatives]


def claim_item(claim: Claim) -> dict[str, Any]:
    """The map of a claim: whole milliseconds, because DynamoDB knows no floats."""
    return {"delivery": claim.delivery, "since_ms": round(claim.since * 1000)}


def _row(row: Derivative) -> dict[str, Any]:
    plain = to_json(row)
    if not plain.get("truncated"):
        plain.pop("truncated", None)
    return {name: plain[name] for name in plain if name not in ("key", "content_type")}


def _step(plain: Mapping[str, Any], key: str) -> Step:
    error = plain.get("error")
    duration = plain.get("duration_ms")
    return Step(
        status=StepStatus(plain["status"]),
        attempt=int(plain.get("attempt", 0)),
        derivatives=tuple(_derivative(row, key) for row in plain.get("derivatives", ())),
        error=StepError(**error) if error else None,
        facts=json.loads(plain.get("facts", "{}")),
        started_at=plain.get("started_at"),
        finished_at=plain.get("finished_at"),
        duration_ms=None if duration is None else int(duration),
        parts={
            name: tuple(_derivative(row, key) for row in part)
            for name, part in plain.get("parts", {}).items()
        },
    )


def _derivative(row: Mapping[str, Any], key: str) -> Derivative:
    page = _integer(row.get("page"))
    return Derivative(
        name=row["name"],
        key=derivative_key(row["name"], key, row["format"], page),
        content_type=FORMATS[row["format"]].content_type,
        format=row["format"],
        bytes=int(row["bytes"]),
        sha256=row["sha256"],
        width=_integer(row.get("width")),
        height=_integer(row.get("height")),
        page=page,
        truncated=row.get("truncated", False),
    )


def _integer(value: Any) -> int | None:
    return None if value is None else int(value)


def _claim(plain: Mapping[str, Any] | None) -> Claim | None:
    return Claim(plain["delivery"], int(plain["since_ms"]) / 1000) if plain else None
