"""One stack for the whole session: the real template, the real SAM CLI, IAM enforced."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from made.pipeline import OFFICE, Listener, Pipeline, subscribed

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
    made: list[tuple[Listener, str]] = []

    def subscribe(**filters: Iterable[str]) -> Listener:
        made.append(subscribed(pipeline.stack, "CompletedTopicArn", **filters))
        return made[-1][0]

    yield subscribe
    for listener, subscription in made:
        pipeline.stack.client("sns").unsubscribe(SubscriptionArn=subscription)
        pipeline.stack.sqs.delete_queue(QueueUrl=listener.url)
