"""What is told to others: the fan-out to the workers, the hand-over, and the completed asset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mediamill.aws.clients import client
from mediamill.aws.messages import Delivery, FanOut, HandOver, encode

_AT_ONCE = 10  # what PublishBatch takes


@dataclass(frozen=True, slots=True)
class AssetsTopic:
    """The topic that brings an asset to every worker whose step it names."""

    arn: str

    def publish(self, message: FanOut) -> None:
        """Send the asset out; filter policies see the steps, and what is to be read."""
        client("sns").publish(TopicArn=self.arn, **_fan_out(message))

    def publish_all(self, messages: Iterable[FanOut]) -> None:
        """Send many, ten in a request. Raises RuntimeError where one was not taken."""
        rest = list(messages)
        if len(rest) == 1:
            return self.publish(rest[0])
        while rest:
            batch, rest = rest[:_AT_ONCE], rest[_AT_ONCE:]
            entries: Any = [
                {"Id": str(number), **_fan_out(message)} for number, message in enumerate(batch)
            ]
            answer = client("sns").publish_batch(
                TopicArn=self.arn, PublishBatchRequestEntries=entries
            )
            if answer.get("Failed"):
                raise RuntimeError(f"SNS did not take every message: {answer['Failed'][0]}")


@dataclass(frozen=True, slots=True)
class CompletedTopic:
    """The topic that tells of each asset once, when its manifest is written."""

    arn: str

    def publish(
        self, manifest: Mapping[str, Any], manifest_key: str | None, *, number: int
    ) -> None:
        """Tell of a finished asset for the `number`-th time.

        `id` is the same if a crash between telling and noting makes it be told again, with the
        same status.
        """
        message = {
            "schema_version": manifest["schema_version"],
            "id": f"{manifest['asset_id']}:{number}:{manifest['status']}",
            "asset_id": manifest["asset_id"],
            "key": manifest["key"],
            "status": manifest["status"],
            "kind": manifest["kind"],
            "completed_at": manifest["completed_at"],
        }
        if manifest_key is not None:
            message["manifest"] = manifest_key
        client("sns").publish(
            TopicArn=self.arn,
            Message=json.dumps(message),  # in ASCII: queues refuse some characters
            MessageAttributes={
                "status": _text(manifest["status"]),
                "kind": _text(manifest["kind"]),
            },
        )


@dataclass(frozen=True, slots=True)
class ManifestQueue:
    """The queue in front of the manifest function."""

    url: str

    def send(self, message: HandOver, *, delay: int = 0) -> None:
        """Hand an asset over, after a delay of so many seconds."""
        client("sqs").send_message(
            QueueUrl=self.url, MessageBody=encode(message), DelaySeconds=delay
        )


@dataclass(frozen=True, slots=True)
class IngestQueue:
    """The queue in front of ingest."""

    url: str

    def put_back(self, letter: Delivery) -> None:
        """Put a dead letter among the living again, as a new message that knows how often."""
        client("sqs").send_message(QueueUrl=self.url, MessageBody=letter.asked_again())


def _fan_out(message: FanOut) -> dict[str, Any]:
    is_original = message.source.bucket == message.asset.bucket
    return {
        "Message": encode(message),
        "MessageAttributes": {
            "steps": {"DataType": "String.Array", "StringValue": json.dumps(message.steps)},
            "reason": _text(message.reason),
            "kind": _text(message.source.kind.value),
            "content_type": _text(message.source.content_type),
            "origin": _text("original" if is_original else "derived"),
        },
    }


def _text(value: str) -> Any:
    return {"DataType": "String", "StringValue": value}
