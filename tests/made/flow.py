"""The flow's resources without its functions, for tests that say who runs when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus

from mediamill.aws.clients import client
from mediamill.aws.finish import Finish
from mediamill.aws.intake import Intake
from mediamill.aws.messages import Delivery
from mediamill.aws.sweep import Sweep
from mediamill.aws.table import AssetsTable
from mediamill.aws.worker import Job, Worker
from mediamill.domain.asset import Record
from mediamill.settings import Settings


@dataclass(frozen=True)
class Flow:
    """Buckets, topics, queues and the table, and shorthands for what a test does with them."""

    settings: Settings
    uploads: str
    fan_out: str
    completed: str

    @classmethod
    def make(cls, number: int) -> Flow:
        """Create everything, named by a number."""
        s3, sqs, sns = client("s3"), client("sqs"), client("sns")
        names = {"uploads": f"uploads-{number}", "results": f"results-{number}"}
        for name in names.values():
            s3.create_bucket(Bucket=name)
            s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        make_tables(f"assets-{number}", f"made-{number}")
        queues = {
            name: sqs.create_queue(QueueName=f"{name}-{number}")["QueueUrl"]
            for name in (
                "fan-out",
                "manifest",
                "completed",
                "ingest",
                "dead-image",
                "dead-manifest",
                "dead",
            )
        }
        topics = {}
        for name in ("fan-out", "completed"):
            topics[name] = sns.create_topic(Name=f"{name}-{number}")["TopicArn"]
            attributes = sqs.get_queue_attributes(
                QueueUrl=queues[name], AttributeNames=["QueueArn"]
            )["Attributes"]
            sns.subscribe(
                TopicArn=topics[name],
                Protocol="sqs",
                Endpoint=attributes["QueueArn"],
                Attributes={"RawMessageDelivery": "true"},
            )
        settings = Settings(
            {
                "UPLOADS_BUCKET": names["uploads"],
                "RESULTS_BUCKET": names["results"],
                "ASSETS_TABLE": f"assets-{number}",
                "MADE_TABLE": f"made-{number}",
                "ASSETS_TOPIC": topics["fan-out"],
                "COMPLETED_TOPIC": topics["completed"],
                "INGEST_QUEUE": queues["ingest"],
                "MANIFEST_QUEUE": queues["manifest"],
                "DEAD_LETTERS": (
                    f"ingest={queues['dead']} image={queues['dead-image']} "
                    f"manifest={queues['dead-manifest']}"
                ),
                "PLAN": "image:image metadata:*",
                "RENDITIONS": "thumbnail=256",
            }
        )
        return cls(
            settings,
            uploads=names["uploads"],
            fan_out=queues["fan-out"],
            completed=queues["completed"],
        )

    def upload(self, key: str, body: bytes, sequencer: str) -> Delivery:
        """Put an original; the delivery of its event."""
        answer = client("s3").put_object(Bucket=self.uploads, Key=key, Body=body)
        return self.event(key, sequencer, version=answer["VersionId"], size=len(body))

    def remove(self, key: str, sequencer: str) -> Delivery:
        """Delete an original; the delivery of its event."""
        answer = client("s3").delete_object(Bucket=self.uploads, Key=key)
        return self.event(
            key, sequencer, version=answer["VersionId"], name="ObjectRemoved:DeleteMarkerCreated"
        )

    def event(
        self,
        key: str,
        sequencer: str,
        *,
        version: str,
        size: int = 0,
        name: str = "ObjectCreated:Put",
    ) -> Delivery:
        """A delivery of an S3 event; an empty sequencer is left out, as lifecycle rules do."""
        stored = {"key": quote_plus(key, safe="/"), "size": size, "versionId": version}
        if sequencer:
            stored["sequencer"] = sequencer
        record = {
            "eventName": name,
            "s3": {"bucket": {"name": self.uploads}, "object": stored},
        }
        return Delivery(f"s3-{key}-{sequencer}", 1, {"Records": [record]})

    def intake(self) -> Intake:
        """Ingest."""
        return Intake(self.settings)

    def worker(self, step: str, job: Job) -> Worker:
        """A worker that does `job`."""
        return Worker(step, self.settings, job)

    def finish(self) -> Finish:
        """The manifest function."""
        return Finish(self.settings)

    def sweep(self) -> Sweep:
        """The sweep."""
        return Sweep(self.settings)

    def planned(self, plan: str) -> Flow:
        """The same with another plan."""
        return replace(self, settings=Settings({**self.settings.environment, "PLAN": plan}))

    def die(self, queue: str, message: Delivery) -> None:
        """Put a message among the dead letters of `ingest`, `image` or `manifest`."""
        url = self.settings.dead_letters[queue]
        client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(message.body))

    def messages(self, queue: str) -> list[Delivery]:
        """Take everything out of a queue, in the order in which it comes."""
        found: list[Delivery] = []
        while True:
            answer = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
            if not answer.get("Messages"):
                return found
            for message in answer["Messages"]:
                client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                found.append(Delivery(message["MessageId"], 1, json.loads(message["Body"])))

    def told(self) -> list[Delivery]:
        """What the workers were told since the last look."""
        return self.messages(self.fan_out)

    def hand_overs(self) -> list[Delivery]:
        """What the manifest function was told since the last look."""
        return self.messages(self.settings.manifest_queue)

    def announced(self) -> list[Mapping[str, Any]]:
        """What the completed topic told since the last look."""
        return [message.body for message in self.messages(self.completed)]

    def settle(self, context: Any, **jobs: Job) -> None:
        """Deliver what waits to the workers that have a job and to the finisher, to the end."""
        while (told := self.told()) + (hand_overs := self.hand_overs()):
            for message in told:
                for step in message.body["steps"]:
                    if step in jobs:
                        self.worker(step, jobs[step]).handle(message, context)
            for message in hand_overs:
                self.finish().handle(message, context)

    def record(self, key: str) -> Record:
        """The record of a key that has one."""
        record = AssetsTable(self.settings.assets_table).get(key)
        assert record is not None
        return record

    def manifest(self, key: str) -> Mapping[str, Any]:
        """The manifest of a key that has one."""
        body: Mapping[str, Any] = json.loads(self.results()[f"manifest/{key}.json"])
        return body

    def results(self) -> dict[str, bytes]:
        """Every object of the results bucket."""
        s3, bucket = client("s3"), self.settings.results_bucket
        listed = s3.list_objects_v2(Bucket=bucket).get("Contents", ())
        return {
            stored["Key"]: s3.get_object(Bucket=bucket, Key=stored["Key"])["Body"].read()
            for stored in listed
        }


def attempt(message: Delivery, number: int) -> Delivery:
    """The same message, delivered for the `number`-th time."""
    return replace(message, attempt=number)


LISTED = ("asset_id", "kind", "status", "bytes", "content_type")


def make_tables(assets: str, made: str) -> None:
    """Create the two tables as the template has them."""
    client("dynamodb").create_table(
        TableName=assets,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("key", "month", "state", "feed", "created_at", "changed_at")
        ],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": part, "KeyType": "HASH"},
                    {"AttributeName": time, "KeyType": "RANGE"},
                ],
                "Projection": {
                    "ProjectionType": "INCLUDE",
                    "NonKeyAttributes": [*LISTED, *more],
                },
            }
            for index, part, time, *more in (
                ("by_month", "month", "created_at"),
                ("by_state", "state", "created_at"),
                ("by_change", "feed", "changed_at", "created_at"),
            )
        ],
    )
    client("dynamodb").create_table(
        TableName=made,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("key", "made")
        ],
        KeySchema=[
            {"AttributeName": "key", "KeyType": "HASH"},
            {"AttributeName": "made", "KeyType": "RANGE"},
        ],
    )
