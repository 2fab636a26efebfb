"""The flow in memory: buckets, topics, queues and tables as the template has them, and handlers."""

from __future__ import annotations

import importlib
import importlib.util
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mediamill.aws.finish import Finish
from mediamill.aws.intake import Intake
from mediamill.aws.worker import Worker
from mediamill.settings import Settings
from model.cloud import Cloud
from model.jobs import Jobs
from model.queues import Queue

PLAN = "metadata:* image:image document:document,office>pdf office:office"
TIMEOUTS = {
    "ingest": 30,
    "manifest": 30,
    "image": 60,
    "metadata": 60,
    "document": 120,
    "office": 120,
}
RECEIVES = 5
FOR_GOOD = 1_209_600  # seconds: fourteen days, as long as a queue keeps anything

Handler = Callable[[Any, Any], None]


def _is_new() -> bool:
    return importlib.util.find_spec("mediamill.aws.messages") is not None


@dataclass(frozen=True)
class Stack:
    """One deployment in one cloud."""

    cloud: Cloud
    jobs: Jobs
    queues: Mapping[str, Queue]
    urls: Mapping[str, str]
    settings: Settings

    @classmethod
    def make(cls, cloud: Cloud) -> Stack:
        """Create everything."""
        s3, sqs, sns, dynamodb = map(cloud.client, ("s3", "sqs", "sns", "dynamodb"))
        for name in ("uploads", "results"):
            s3.create_bucket(Bucket=name)
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        _tables(dynamodb)
        urls: dict[str, str] = {}
        queues: dict[str, Queue] = {}

        def queue(name: str, **attributes: str) -> Queue:
            urls[name] = sqs.create_queue(
                QueueName=name,
                Attributes={"MessageRetentionPeriod": str(FOR_GOOD), **attributes},
            )["QueueUrl"]
            queues[name] = cloud.sqs.by_url[urls[name]]
            return queues[name]

        for name, timeout in TIMEOUTS.items():
            dead = queue(f"dead-{name}")
            policy = {"deadLetterTargetArn": dead.arn, "maxReceiveCount": RECEIVES}
            queue(name, VisibilityTimeout=str(6 * timeout), RedrivePolicy=json.dumps(policy))
        queue("completed")
        topics = {name: sns.create_topic(Name=name)["TopicArn"] for name in ("assets", "completed")}
        raw = {"RawMessageDelivery": "true"}
        for name, policy in _POLICIES().items():
            sns.subscribe(
                TopicArn=topics["assets"],
                Protocol="sqs",
                Endpoint=queues[name].arn,
                Attributes={**raw, "FilterPolicy": json.dumps(policy)},
            )
        arn = queues["completed"].arn
        sns.subscribe(TopicArn=topics["completed"], Protocol="sqs", Endpoint=arn, Attributes=raw)
        told = {
            "QueueArn": queues["ingest"].arn,
            "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
        }
        s3.put_bucket_notification_configuration(
            Bucket="uploads", NotificationConfiguration={"QueueConfigurations": [told]}
        )
        settings = Settings(
            {
                "UPLOADS_BUCKET": "uploads",
                "RESULTS_BUCKET": "results",
                "ASSETS_TABLE": "assets",
                "MADE_TABLE": "made",
                "ASSETS_TOPIC": topics["assets"],
                "COMPLETED_TOPIC": topics["completed"],
                "MANIFEST_QUEUE": urls["manifest"],
                "OWN_QUEUE": urls["document"],
                "DEAD_LETTERS": " ".join(f"{name}={urls[f'dead-{name}']}" for name in TIMEOUTS),
                "PLAN": PLAN,
                "WORKERS": "metadata:* image:image document:document office:office",
                "RENDITIONS": "thumbnail=256,medium=800",
            }
        )
        return cls(cloud, Jobs(), queues, urls, settings)

    def handler(self, queue: str) -> Handler:
        """What works off a queue."""
        if queue == "ingest":
            return Intake(self.settings).handle
        if queue == "manifest":
            return Finish(self.settings).handle
        return Worker(queue, self.settings, self.jobs.by_step[queue]).handle

    def sweep(self) -> Callable[[Any], None] | None:
        """What the schedule calls."""
        if not _is_new():
            return None
        sweep = importlib.import_module("mediamill.aws.sweep").Sweep(self.settings)
        run: Callable[[Any], None] = sweep.run
        return run


def message_of(record: Mapping[str, Any]) -> Any:
    """A Lambda record as the handlers get it."""
    name = "messages" if _is_new() else "records"
    return importlib.import_module(f"mediamill.aws.{name}").delivery(record)


def _POLICIES() -> Mapping[str, Any]:
    if _is_new():
        return {name: {"steps": [name]} for name in TIMEOUTS if name not in ("ingest", "manifest")}
    return {
        "image": {"kind": ["image"]},
        "metadata": {"origin": ["original"]},
        "document": {"kind": ["document"]},
        "office": {"kind": ["office"]},
    }


def _tables(dynamodb: Any) -> None:
    names = ("key", "created_at", "state" if _is_new() else "month")
    keys = [
        {"AttributeName": names[2], "KeyType": "HASH"},
        {"AttributeName": "created_at", "KeyType": "RANGE"},
    ]
    dynamodb.create_table(
        TableName="assets",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": each, "AttributeType": "S"} for each in names],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": f"by_{names[2]}",
                "KeySchema": keys,
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    )
    expiry = {"AttributeName": "expires_at", "Enabled": True}
    dynamodb.update_time_to_live(TableName="assets", TimeToLiveSpecification=expiry)
    dynamodb.create_table(
        TableName="made",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"} for each in ("key", "made")
        ],
        KeySchema=[
            {"AttributeName": "key", "KeyType": "HASH"},
            {"AttributeName": "made", "KeyType": "RANGE"},
        ],
    )
