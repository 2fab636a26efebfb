"""Records to DynamoDB items and back: the one form of the assets table and of the made table."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mediamill.domain.asset import Asset, Claim, Offer, Record, Step, Tries
from mediamill.domain.derivative import Derivative
from mediamill.domain.formats import FORMATS
from mediamill.domain.keys import derivative_key
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill.domain.made import Made, Stored
from mediamill.domain.manifest import StepError
from mediamill.domain.wire import to_json

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef

SHARDS = 8
"""Each list is kept in so many parts: DynamoDB takes 1,000 writes a second in each of them."""


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


def shard_of(asset_id: str) -> int:
    """In which part of each list an asset stands."""
    return int(asset_id[:2], 16) % SHARDS


def month_of(month: str, kind: Kind, shard: int) -> str:
    """The key of one part of the list `by_month`: `2026-11#image#3`."""
    return f"{month}#{kind.value}#{shard}"


def state_of(status: Status, shard: int) -> str:
    """The key of one part of the list `by_state`: `processing#3`."""
    return f"{status.value}#{shard}"


def feed_of(asset_id: str) -> str:
    """The key of the part of `by_change` that an asset stands in."""
    return str(shard_of(asset_id))


UNTIDY = "untidy"
"""Where `by_state` lists what is final, or deleted, and is still to be tidied."""


def listed_state(status: Status, asset_id: str, *, is_untidy: bool = False) -> str | None:
    """Where `by_state` lists an asset: what is complete is not in it, nor what is deleted."""
    if is_untidy and status is not Status.PROCESSING:
        return f"{UNTIDY}#{shard_of(asset_id)}"
    if status in (Status.COMPLETE, Status.DELETED):
        return None
    return state_of(status, shard_of(asset_id))


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
        "rejection": _plain(record.rejection),
        "unfinished": _plain(record.unfinished),
        "revision": record.revision,
        "written_by": record.written_by,
        "opened_by": record.opened_by,
        "finishing": claim_item(record.finishing) if record.finishing else None,
        "untidy": record.is_untidy or None,
        "manifest_etag": record.manifest_etag,
        "announced": record.announced or None,
        "told": record.told.value if record.told else None,
        "telling": record.telling.value if record.telling else None,
        "nudges": record.nudges or None,
        "updated_at": record.updated_at,
        "changed_at": record.changed_at,
        "feed": feed_of(asset.asset_id) if record.changed_at else None,
        "completed_at": record.completed_at,
        "expires_at": record.expires_at,
        "state": listed_state(record.status, asset.asset_id, is_untidy=record.is_untidy),
    }
    if record.status is not Status.DELETED:  # a tombstone is in no list
        item["month"] = month_of(asset.created_at[:7], asset.kind, shard_of(asset.asset_id))
    return {name: attribute(value) for name, value in item.items() if value is not None}


def from_item(item: Mapping[str, AttributeValueTypeDef]) -> Record:
    """The record that an item holds."""
    plain = {name: value_of(value) for name, value in item.items()}
    return Record(
        asset=Asset.of(plain),
        status=Status(plain["status"]),
        steps={name: _step(step) for name, step in plain["steps"].items()},
        rejection=_error(plain.get("rejection")),
        unfinished=_error(plain.get("unfinished")),
        revision=plain["revision"],
        written_by=plain.get("written_by", ""),
        opened_by=plain.get("opened_by", ""),
        finishing=_claim(plain.get("finishing")),
        is_untidy=plain.get("untidy", False),
        manifest_etag=plain.get("manifest_etag"),
        announced=plain.get("announced", 0),
        told=Status(plain["told"]) if "told" in plain else None,
        telling=Status(plain["telling"]) if "telling" in plain else None,
        nudges=plain.get("nudges", 0),
        updated_at=plain.get("updated_at"),
        changed_at=plain.get("changed_at"),
        completed_at=plain.get("completed_at"),
        expires_at=plain.get("expires_at"),
    )


def step_item(step: Step) -> dict[str, Any]:
    """The map of one step, as small as it can be: every write of a record pays for all of it."""
    plain: dict[str, Any] = {
        "status": step.status.value,
        "attempt": step.attempt,
        "source": _plain(step.source),
        "offers": {name: _plain(offer) for name, offer in step.offers.items()},
        "parts": list(step.parts),
        "made": list(step.made),
        "count": step.count,
        "bytes": step.bytes,
        "error": _plain(step.error),
        "warnings": [_plain(each) for each in step.warnings],
        "failed_part": step.failed_part,
        "refusal": step.is_refusal,
        "gate": step.is_gate,
        "by": step.by,
        "tries": tries_item(step.tries) if step.tries else None,
        "started_at": step.started_at,
        "finished_at": step.finished_at,
        "duration_ms": step.duration_ms,
    }
    kept = ("status", "attempt", "duration_ms")
    return {
        name: value
        for name, value in plain.items()
        if value or (name in kept and value is not None)
    }


def tries_item(tries: Tries) -> dict[str, Any]:
    """The map of a step's last try."""
    plain: dict[str, Any] = to_json(tries)
    return {name: value for name, value in plain.items() if value}


def claim_item(claim: Claim) -> dict[str, Any]:
    """The map of a claim: whole milliseconds, because DynamoDB knows no floats."""
    return {"delivery": claim.delivery, "since_ms": round(claim.since * 1000)}


def made_texts(made: Made) -> dict[str, str]:
    """What a try has made, as the texts of its item: derivatives and facts, each as JSON."""
    rows = [
        [_row(stored.row), stored.etag, *([stored.version_id] if stored.version_id else [])]
        for stored in made.rows
    ]
    return {
        "rows": json.dumps(rows, ensure_ascii=False, separators=(",", ":")),
        "facts": json.dumps(made.facts, ensure_ascii=False, separators=(",", ":")),
        **({"derived": "1"} if made.is_derived else {}),
    }


def from_made_texts(texts: Mapping[str, str], key: str) -> Made:
    """The way back, for a try on the original `key`."""
    return Made(
        rows=tuple(
            Stored(_derivative(row, key), etag, version[0] if version else None)
            for row, etag, *version in json.loads(texts["rows"])
        ),
        facts=json.loads(texts["facts"]),
        is_derived="derived" in texts,
    )


def _row(row: Derivative) -> dict[str, Any]:
    """A derivative in few words: its key and type follow from name, format and page.

    What is stored under another one's name says `under` which.
    """
    plain: dict[str, Any] = to_json(row)
    if not plain.get("truncated"):
        plain.pop("truncated", None)
    if (under := row.key.partition("/")[0]) != row.name:
        plain["under"] = under
    return {name: plain[name] for name in plain if name not in ("key", "content_type")}


def _derivative(row: Mapping[str, Any], key: str) -> Derivative:
    fields = dict(row)
    under = fields.pop("under", row["name"])
    return Derivative(
        key=derivative_key(under, key, row["format"], row.get("number") or row.get("page")),
        content_type=FORMATS[row["format"]].content_type,
        **fields,
    )


def _step(plain: Mapping[str, Any]) -> Step:
    tries = plain.get("tries")
    return Step(
        status=StepStatus(plain["status"]),
        attempt=plain.get("attempt", 0),
        source=_offer(plain.get("source")),
        offers={name: Offer(**_full(offer)) for name, offer in plain.get("offers", {}).items()},
        parts=tuple(plain.get("parts", ())),
        made=tuple(plain.get("made", ())),
        count=plain.get("count", 0),
        bytes=plain.get("bytes", 0),
        error=_error(plain.get("error")),
        warnings=tuple(StepError(**each) for each in plain.get("warnings", ())),
        failed_part=plain.get("failed_part"),
        is_refusal=plain.get("refusal", False),
        is_gate=plain.get("gate", False),
        by=plain.get("by", ""),
        tries=Tries(**tries) if tries else None,
        started_at=plain.get("started_at"),
        finished_at=plain.get("finished_at"),
        duration_ms=plain.get("duration_ms"),
    )


def _plain(value: Any) -> dict[str, Any] | None:
    return None if value is None else to_json(value)


def _full(plain: Mapping[str, Any]) -> dict[str, Any]:
    return {"version_id": None, **plain}


def _offer(plain: Mapping[str, Any] | None) -> Offer | None:
    return Offer(**_full(plain)) if plain else None


def _error(plain: Mapping[str, Any] | None) -> StepError | None:
    return StepError(**plain) if plain else None


def _claim(plain: Mapping[str, Any] | None) -> Claim | None:
    return Claim(plain["delivery"], plain["since_ms"] / 1000) if plain else None
