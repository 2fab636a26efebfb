"""The flow in memory: buckets, topics, queues and tables as the template has them, and handlers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from made.flow import make_tables

from mediamill.aws.finish import Finish
from mediamill.aws.intake import Intake
from mediamill.aws.messages import Delivery
from mediamill.aws.sweep import Sweep
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
    "scan": 60,
    "av": 300,
}
STEPS = ("image", "metadata", "document", "office", "scan", "av")
RECEIVES = 5
FOR_GOOD = 1_209_600  # seconds: fourteen days, as long as a queue keeps anything

Handler = Callable[[Delivery, Any], None]


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
        """Create everything, in the cloud that stands for AWS now."""
        s3, sqs, sns = map(cloud.client, ("s3", "sqs", "sns"))
        for name in ("uploads", "results"):
            s3.create_bucket(Bucket=name)
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        make_tables("assets", "made")
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
        for name in STEPS:
            sns.subscribe(
                TopicArn=topics["assets"],
                Protocol="sqs",
                Endpoint=queues[name].arn,
                Attributes={**raw, "FilterPolicy": _policy(name)},
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
                "INGEST_QUEUE": urls["ingest"],
                "OWN_QUEUE": urls["document"],
                "DEAD_LETTERS": " ".join(f"{name}={urls[f'dead-{name}']}" for name in TIMEOUTS),
                "PLAN": PLAN,
                "RENDITIONS": "thumbnail=256,medium=800",
            }
        )
        return cls(cloud, Jobs(), queues, urls, settings)

    def gated(self) -> Stack:
        """The same with a gate before everything else."""
        environment = {**self.settings.environment, "PLAN": f"scan:*! {PLAN}"}
        return replace(self, settings=Settings(environment))

    def handler(self, queue: str) -> Handler:
        """What works off a queue."""
        if queue == "ingest":
            return Intake(self.settings).handle
        if queue == "manifest":
            return Finish(self.settings).handle
        return Worker(queue, self.settings, self.jobs.by_step[queue]).handle

    def sweep(self) -> Callable[[Any], None]:
        """What the schedule calls."""
        return Sweep(self.settings).run


def _policy(queue: str) -> str:
    """Which messages of the assets topic a worker's queue takes: those that name its step."""
    return json.dumps({"steps": [queue]})
