"""The deployed stack as a user of it sees it, for the end-to-end tests."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import pytest

from mediamill.aws.items import from_item
from mediamill.domain.asset import Record
from mediamill.domain.kind import Status
from mediamill_cli.local import LocalStack
from mediamill_cli.local.office import Office
from mediamill_cli.stack import Stack

PATIENCE = 120.0
# Never the image, which tests/docker has: the tests are to start as fast where Docker is.
OFFICE = Office.FUNCTION if shutil.which("soffice") else Office.NONE

T = TypeVar("T")


@dataclass(frozen=True)
class Pipeline:
    """The deployed stack as a user of it sees it: files in, results out."""

    stack: Stack
    local: LocalStack

    def given(self, **parameters: str) -> None:
        """Deploy the same stack with other parameters, and wait until it has them."""
        stack = self.stack
        values = {**stack.parameters(), **parameters}
        stack.cloudformation.update_stack(
            StackName=stack.name,
            UsePreviousTemplate=True,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in values.items()
            ],
        )
        stack.cloudformation.get_waiter("stack_update_complete").wait(
            StackName=stack.name, WaiterConfig={"Delay": 1}
        )
        stack.__dict__.pop("outputs", None)  # others may be there now

    def put(self, key: str, body: bytes) -> str:
        """Upload a file; its version."""
        answer = self.stack.s3.put_object(Bucket=self.stack.uploads, Key=key, Body=body)
        return answer["VersionId"]

    def delete(self, key: str, version_id: str | None = None) -> None:
        """Delete an original, or one version of it."""
        more: dict[str, Any] = {"VersionId": version_id} if version_id else {}
        self.stack.s3.delete_object(Bucket=self.stack.uploads, Key=key, **more)

    def record(self, key: str) -> Record | None:
        """The table's record."""
        answer = self.stack.dynamodb.get_item(
            TableName=self.stack.output("AssetsTableName"),
            Key={"key": {"S": key}},
            ConsistentRead=True,
        )
        return from_item(answer["Item"]) if "Item" in answer else None

    def settled(self, key: str, version_id: str | None = None) -> Record:
        """The record once it is final, of a version where one is named."""

        def look() -> Record | None:
            record = self.record(key)
            if record is None or record.status is Status.PROCESSING:
                return None
            if version_id is not None and record.asset.version_id != version_id:
                return None
            return record

        return until(look, f"{key} to be settled")

    def manifest(self, key: str) -> dict[str, Any]:
        """The manifest of a key that is settled."""
        self.settled(key)
        body: dict[str, Any] = json.loads(self.result(f"manifest/{key}.json"))
        return body

    def result(self, key: str) -> bytes:
        """One object of the results bucket."""
        answer = self.stack.s3.get_object(Bucket=self.stack.results, Key=key)
        return answer["Body"].read()

    def results(self, key: str) -> set[str]:
        """The results keys that belong to an original, by their names."""
        pages = self.stack.s3.get_paginator("list_objects_v2").paginate(Bucket=self.stack.results)
        names = [stored["Key"] for page in pages for stored in page.get("Contents", ())]
        return {name for name in names if name.partition("/")[2].startswith((f"{key}.", f"{key}/"))}

    def waiting(self) -> dict[str, int]:
        """How many messages each queue of the stack holds, seen or unseen, where it holds any."""
        counts = {}
        queues = self.stack.sqs.list_queues(QueueNamePrefix=f"{self.stack.name}-")
        for url in queues.get("QueueUrls", ()):
            attributes = self.stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
                "Attributes"
            ]
            number = int(attributes["ApproximateNumberOfMessages"]) + int(
                attributes["ApproximateNumberOfMessagesNotVisible"]
            )
            if number:
                counts[url.rpartition("/")[2]] = number
        return counts

    def dead(self) -> list[str]:
        """The dead-letter queues that hold anything."""
        return [name for name in self.waiting() if "DeadLetters" in name]


def until(look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """What `look` returns once it is something; fails the test when `seconds` are over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    pytest.fail(f"waited {seconds:.0f} s for {what}")


@dataclass(frozen=True)
class Listener:
    """A queue that hears a topic, whose messages are about keys."""

    stack: Stack
    url: str

    def heard(self, key: str, *, seconds: float = 3.0) -> list[dict[str, Any]]:
        """The messages about a key that arrive until none has come for `seconds`."""
        found = []
        quiet = time.monotonic() + seconds
        while time.monotonic() < quiet:
            for body in self._arriving():
                if body["key"] == key:
                    found.append(body)
                    quiet = time.monotonic() + seconds
        return found

    def last_of(self, keys: Collection[str]) -> dict[str, dict[str, Any]]:
        """The last message about each of these keys; waits until there is one of every key."""
        found: dict[str, dict[str, Any]] = {}

        def are_all_there() -> bool:
            found.update({body["key"]: body for body in self._arriving()})
            return set(keys) <= found.keys()

        until(are_all_there, "a message about each key")
        return found

    def _arriving(self) -> Iterator[dict[str, Any]]:
        answer = self.stack.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=1
        )
        for message in answer.get("Messages", ()):
            self.stack.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
            yield json.loads(message["Body"])


def subscribed(stack: Stack, output: str, **filters: Iterable[str]) -> tuple[Listener, str]:
    """A queue of its own that hears the topic of an output, and its subscription's ARN.

    `filters` is the filter policy.
    """
    sqs, topic = stack.sqs, stack.output(output)
    url = sqs.create_queue(QueueName=f"listener-{time.monotonic_ns()}")["QueueUrl"]
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    arn = told["Attributes"]["QueueArn"]
    from_topic = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    policy = {"Version": "2012-10-17", "Statement": [from_topic]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    subscription = stack.client("sns").subscribe(
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=arn,
        Attributes={
            "RawMessageDelivery": "true",
            **({"FilterPolicy": json.dumps(filters)} if filters else {}),
        },
    )
    return Listener(stack, url), subscription["SubscriptionArn"]
