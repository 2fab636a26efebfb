"""What comes in and goes out over queues and topics, decoded and encoded in this one place.

Keys in S3 events are form-encoded, S3 sends a test event of another shape, and an SNS subscription
without raw delivery wraps the message: nobody else has to know.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import unquote_plus  # noqa: TID251  the one place that decodes keys

from mediamill.domain.asset import Asset, Source
from mediamill.domain.kind import Kind
from mediamill.domain.wire import to_json

SCHEMA_VERSION = "2.0"


class UnknownMessage(ValueError):
    """A message of another major version, or none of ours: it belongs among the dead letters."""


@dataclass(frozen=True)
class Delivery:
    """One delivery of one queue message; `attempt` counts from 1. `receipt` is what SQS calls it.

    `sent_at` (epoch seconds) is when it came into its queue; 0 where nobody says.

    `tag` is the same for every delivery of a message, `token` is this one's alone: it begins with
    the tag. Both are short, since records keep them.
    """

    message_id: str
    attempt: int
    body: Mapping[str, Any]
    receipt: str | None = None
    sent_at: float = 0.0

    @cached_property
    def tag(self) -> str:
        """What all deliveries of this message have in common."""
        return hashlib.sha256(self.message_id.encode()).hexdigest()[:8]

    @cached_property
    def token(self) -> str:
        """A name for this delivery, by which it knows its own writes again."""
        return f"{self.tag}{secrets.token_hex(3)}"

    @property
    def is_again(self) -> bool:
        """Whether an earlier delivery of this message may have got anywhere."""
        return self.attempt > 1

    @property
    def asks(self) -> int:
        """How often this message was put back among the living, after nobody had it."""
        return int(self.body.get("asks", 0))

    def asked_again(self) -> str:
        """The text of the same message, put back once more."""
        return json.dumps({**self.body, "asks": self.asks + 1})


@dataclass(frozen=True, slots=True)
class StorageEvent:
    """What happened to one key of the uploads bucket; `sequencer` is empty where S3 sends none.

    `removed` is the version that was removed for good, where that is what happened.
    """

    bucket: str
    key: str
    sequencer: str
    is_removal: bool = False
    removed: str | None = None


@dataclass(frozen=True, slots=True)
class FanOut:
    """The message of the assets topic: an asset, what to read for it, and for which steps.

    `attempt` is that of the steps; `part` is for one of the parts that a long job was split into;
    `reason` is for whoever else listens: `opened`, `derived`, `part` or `again`.
    """

    asset: Asset
    source: Source
    steps: tuple[str, ...]
    attempt: int = 0
    part: str | None = None
    reason: str = "opened"


@dataclass(frozen=True, slots=True)
class HandOver:
    """The message of the manifest queue: look at this asset now.

    `is_second_look` asks for it to be tidied though nobody has marked it.
    """

    key: str
    asset_id: str
    is_second_look: bool = False


def delivery(record: Mapping[str, Any]) -> Delivery:
    """The message in one record of an SQS event."""
    told = record.get("attributes", {})
    return delivered(
        record["body"],
        message_id=record["messageId"],
        attempt=int(told.get("ApproximateReceiveCount", 1)),
        receipt=record.get("receiptHandle"),
        sent_at=int(told.get("SentTimestamp", 0)) / 1000,
    )


def delivered(
    text: str, *, message_id: str, attempt: int, receipt: str | None, sent_at: float = 0.0
) -> Delivery:
    """A message by its text, out of SNS's wrapping where it has one."""
    body = json.loads(text)
    if isinstance(body, dict) and body.get("Type") == "Notification" and "Message" in body:
        body = json.loads(body["Message"])
    plain = body if isinstance(body, dict) else {}
    return Delivery(message_id, attempt, plain, receipt, sent_at)


def storage_events(message: Delivery) -> Iterator[StorageEvent]:
    """The events in one S3 notification, in their order; none in S3's test event.

    EventBridge brings one at a time, with its key as it is.
    """
    if message.body.get("source") == "aws.s3":
        detail = message.body["detail"]
        stored = detail["object"]
        is_final = detail.get("deletion-type") == "Permanently Deleted"
        yield StorageEvent(
            bucket=detail["bucket"]["name"],
            key=stored["key"],
            sequencer=stored.get("sequencer", ""),
            is_removal=message.body.get("detail-type") == "Object Deleted",
            removed=stored.get("version-id") if is_final else None,
        )
    for record in message.body.get("Records", ()):
        stored = record["s3"]["object"]
        yield StorageEvent(
            bucket=record["s3"]["bucket"]["name"],
            key=unquote_plus(stored["key"]),
            sequencer=stored.get("sequencer", ""),
            is_removal=not str(record.get("eventName", "")).startswith("ObjectCreated:"),
            removed=stored.get("versionId") if _is_final(record) else None,
        )


def _is_final(record: Mapping[str, Any]) -> bool:
    """Whether a version was removed for good: a delete marker has an event of another name."""
    return str(record.get("eventName", "")).endswith("ObjectRemoved:Delete")


def fan_out(message: Delivery) -> FanOut:
    """The asset and the source in a message of the assets topic. Raises UnknownMessage."""
    body = _checked(message)
    source = body["source"]
    return FanOut(
        asset=Asset.of(body["asset"]),
        source=Source(
            bucket=source["bucket"],
            key=source["key"],
            version_id=source.get("version_id"),
            kind=Kind(source["kind"]),
            content_type=source["content_type"],
            bytes=source["bytes"],
            etag=source.get("etag"),
        ),
        steps=tuple(body["steps"]),
        attempt=body["attempt"],
        part=body.get("part"),
        reason=body["reason"],
    )


def hand_over(message: Delivery) -> HandOver:
    """The asset to finish in a message of the manifest queue. Raises UnknownMessage."""
    body = _checked(message)
    return HandOver(
        key=body["key"],
        asset_id=body["asset_id"],
        is_second_look=body.get("is_second_look", False),
    )


def encode(message: FanOut | HandOver) -> str:
    """The JSON text of a message: ASCII, since SQS refuses some characters that keys may have."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **to_json(message)})


def _checked(message: Delivery) -> Mapping[str, Any]:
    version = str(message.body.get("schema_version", ""))
    if version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
        raise UnknownMessage(f"A message of schema version {version or 'none'!r} is not ours.")
    return message.body
