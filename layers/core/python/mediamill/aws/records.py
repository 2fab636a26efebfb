"""What comes in and goes out over queues and topics, decoded and encoded in this one place.

Keys in S3 events are form-encoded, S3 sends a test event of another shape, and an SNS subscription
without raw delivery wraps the message: nobody else has to know.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus  # noqa: TID251  the one place that decodes keys

from mediamill.domain.asset import Asset, Source
from mediamill.domain.kind import Kind
from mediamill.domain.wire import to_json

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery of one queue message; `attempt` counts from 1."""

    message_id: str
    attempt: int
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StorageEvent:
    """What happened to one key of the uploads bucket; `bytes` is absent for a removal."""

    bucket: str
    key: str
    version_id: str | None
    etag: str
    sequencer: str
    bytes: int
    is_removal: bool


@dataclass(frozen=True, slots=True)
class FanOut:
    """The message of the assets topic: an asset, and what to read for it.

    `part` is for a worker that has split a long job, and tells itself of each part.
    """

    asset: Asset
    source: Source
    part: str | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """The message of the manifest queue: look at this asset now.

    `overdue` names a step that was on its last try when this message was sent with a delay: if it
    is still pending, nobody will close it any more. `part` says which part of the step it was.
    """

    key: str
    asset_id: str
    overdue: str | None = None
    part: str | None = None


def delivery(record: Mapping[str, Any]) -> Delivery:
    """The message in one record of an SQS event."""
    body = json.loads(record["body"])
    if isinstance(body, dict) and body.get("Type") == "Notification" and "Message" in body:
        body = json.loads(body["Message"])
    attempt = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
    return Delivery(record["messageId"], attempt, body if isinstance(body, dict) else {})


def storage_events(message: Delivery) -> Iterator[StorageEvent]:
    """The events in one S3 notification, in their order; none in S3's test event.

    Folder markers (an empty object whose key ends in `/`) are not files, and left out.
    """
    for record in message.body.get("Records", ()):
        name = record["eventName"].removeprefix("s3:")
        stored = record["s3"]["object"]
        event = StorageEvent(
            bucket=record["s3"]["bucket"]["name"],
            key=unquote_plus(stored["key"]),
            version_id=stored.get("versionId") or None,
            etag=stored.get("eTag", ""),
            sequencer=stored.get("sequencer", ""),
            bytes=int(stored.get("size", 0)),
            is_removal=name.startswith(("ObjectRemoved:", "LifecycleExpiration:")),
        )
        if not event.key.endswith("/"):
            yield event


def fan_out(message: Delivery) -> FanOut:
    """The asset and the source in a message of the assets topic."""
    asset, source = message.body["asset"], message.body["source"]
    return FanOut(
        asset=Asset(
            asset_id=asset["asset_id"],
            bucket=asset["bucket"],
            key=asset["key"],
            version_id=asset.get("version_id"),
            etag=asset["etag"],
            sequencer=asset["sequencer"],
            bytes=asset["bytes"],
            kind=Kind(asset["kind"]),
            content_type=asset["content_type"],
            created_at=asset["created_at"],
        ),
        source=Source(
            bucket=source["bucket"],
            key=source["key"],
            version_id=source.get("version_id"),
            kind=Kind(source["kind"]),
            content_type=source["content_type"],
            bytes=source["bytes"],
            etag=source.get("etag"),
        ),
        part=message.body.get("part"),
    )


def hand_over(message: Delivery) -> HandOver:
    """The asset to finish in a message of the manifest queue."""
    body = message.body
    return HandOver(
        key=body["key"],
        asset_id=body["asset_id"],
        overdue=body.get("overdue"),
        part=body.get("part"),
    )


def encode(message: FanOut | HandOver) -> str:
    """The JSON text of a message."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **to_json(message)}, ensure_ascii=False)
