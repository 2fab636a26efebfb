"""What is told to others: the fan-out to the workers, the hand-over, and the completed asset."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mediamill.aws.clients import client
from mediamill.aws.records import FanOut, HandOver, encode

_MAX_DELAY_SECONDS = 900  # SQS's own bound on DelaySeconds


@dataclass(frozen=True, slots=True)
class AssetsTopic:
    """The topic that brings an asset to every worker that takes its kind."""

    arn: str

    def publish(self, message: FanOut) -> None:
        """Send the asset out; filter policies see the source's kind, type and origin."""
        is_original = message.source.bucket == message.asset.bucket
        client("sns").publish(
            TopicArn=self.arn,
            Message=encode(message),
            MessageAttributes={
                "kind": _text(message.source.kind.value),
                "content_type": _text(message.source.content_type),
                "origin": _text("original" if is_original else "derived"),
            },
        )


@dataclass(frozen=True, slots=True)
class CompletedTopic:
    """The topic that tells of each asset once, when its manifest is written."""

    arn: str

    def publish(self, manifest: Mapping[str, Any], manifest_key: str | None) -> None:
        """Tell of a finished asset; `id` is the same if a crash makes it be told again."""
        message = {
            "schema_version": manifest["schema_version"],
            "id": f"{manifest['asset_id']}:{manifest['completed_at']}",
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
            Message=json.dumps(message, ensure_ascii=False),
            MessageAttributes={
                "status": _text(manifest["status"]),
                "kind": _text(manifest["kind"]),
            },
        )


@dataclass(frozen=True, slots=True)
class ManifestQueue:
    """The queue in front of the manifest function."""

    url: str

    def send(self, message: HandOver, *, delay_seconds: int = 0) -> None:
        """Hand an asset over, at once or after a delay of at most 15 minutes."""
        client("sqs").send_message(
            QueueUrl=self.url,
            MessageBody=encode(message),
            DelaySeconds=min(delay_seconds, _MAX_DELAY_SECONDS),
        )


@dataclass(frozen=True, slots=True)
class OwnQueue:
    """A worker's own queue, where it puts the parts of a job that is too long for one."""

    url: str

    def send(self, messages: Iterable[FanOut]) -> None:
        """Send every part, one request each: a long document has some dozens."""
        for message in messages:
            client("sqs").send_message(QueueUrl=self.url, MessageBody=encode(message))


def _text(value: str) -> Any:
    return {"DataType": "String", "StringValue": value}
