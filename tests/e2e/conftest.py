"""One stack for the whole session: the real template, the real SAM CLI, IAM enforced."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from made.pipeline import OFFICE, Listener, Pipeline

from mediamill_cli.local import LocalStack

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """The stack, built and deployed as `mediamill up` does it, on a port of its own."""
    local = LocalStack(
        ROOT,
        office=OFFICE,
        state_dir=tmp_path_factory.mktemp("stack"),
        build_dir=ROOT / ".build" / "e2e",
        port=0,
    )
    with local as stack:
        yield Pipeline(stack, local)


@pytest.fixture
def completed(pipeline: Pipeline) -> Iterator[Callable[..., Listener]]:
    """Subscribes queues to the `completed` topic, with a filter policy if one is given."""
    sns = pipeline.stack.session.client("sns", endpoint_url=pipeline.stack.endpoint)
    sqs = pipeline.stack.sqs
    made: list[tuple[str, str]] = []

    def subscribe(**filters: Iterable[str]) -> Listener:
        url = sqs.create_queue(QueueName=f"listener-{time.monotonic_ns()}")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        topic = pipeline.stack.output("CompletedTopicArn")
        from_topic = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = {"Version": "2012-10-17", "Statement": [from_topic]}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        subscription = sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            Attributes={
                "RawMessageDelivery": "true",
                **({"FilterPolicy": json.dumps(filters)} if filters else {}),
            },
        )
        made.append((url, subscription["SubscriptionArn"]))
        return Listener(pipeline.stack, url)

    yield subscribe
    for url, subscription in made:
        sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)
