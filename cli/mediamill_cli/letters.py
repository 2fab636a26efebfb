"""The dead letters of a stack: what lies in its dead-letter queues, and the way back.

Whoever reads a letter has it out of everybody else's sight for a while: what is only looked at is
put back at once, and what an interrupted command left comes back by itself. A letter is deleted
after its queue has it again, so that it may be there twice and is never lost; functions take the
second one for what it is.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mediamill.aws.messages import delivered, storage_events
from mediamill.domain.asset import Record
from mediamill.domain.kind import Status, StepStatus
from mediamill_cli.assets import records
from mediamill_cli.errors import Failure
from mediamill_cli.stack import Stack

_AT_ONCE = 10  # what SQS hands out in a request
_MOST = 1_000  # of one queue that are looked at
_OUT_OF_SIGHT = 60  # seconds
_ATTRIBUTES: Any = [
    "QueueArn",
    "RedrivePolicy",
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
]
_POLL_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class DeadLetters:
    """A dead-letter queue; `name` is that of the function whose messages end there.

    `waiting` are in sight, `hidden` are being read by somebody; both as SQS counts, which is about.
    """

    name: str
    url: str
    arn: str
    source: str
    waiting: int
    hidden: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A message among the dead letters: the keys that it is about, and since when it waits."""

    message: Mapping[str, Any]
    keys: tuple[str, ...]
    asset_id: str | None
    sent_at: datetime


def dead_letters(stack: Stack) -> Sequence[DeadLetters]:
    """Every dead-letter queue of the stack, by name: those that another queue gives up to."""
    pages = stack.cloudformation.get_paginator("list_stack_resources").paginate(
        StackName=stack.name
    )
    queues = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::SQS::Queue" and "PhysicalResourceId" in resource
    }
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        told = dict(
            zip(queues, pool.map(lambda url: _told(stack, url), queues.values()), strict=True)
        )
    by_arn = {attributes["QueueArn"]: name for name, attributes in told.items()}
    found = []
    for name, attributes in told.items():
        policy = json.loads(attributes.get("RedrivePolicy") or "{}")
        dead = by_arn.get(policy.get("deadLetterTargetArn", ""))
        if dead is not None:
            found.append(
                DeadLetters(
                    name=name.removesuffix("Queue").lower(),
                    url=queues[dead],
                    arn=told[dead]["QueueArn"],
                    source=queues[name],
                    waiting=int(told[dead]["ApproximateNumberOfMessages"]),
                    hidden=int(told[dead]["ApproximateNumberOfMessagesNotVisible"]),
                )
            )
    return sorted(found, key=lambda each: each.name)


def looked_at(stack: Stack, queue: DeadLetters) -> Sequence[Letter]:
    """The letters of a queue, the oldest first, put back in sight; at most a thousand."""
    letters: list[Letter] = []
    try:
        for letter in _read(stack, queue):
            letters.append(letter)  # each as it comes, to put it back whatever happens
    finally:
        _put_back(stack, queue, letters)
    return sorted(letters, key=lambda each: each.sent_at)


def moved(stack: Stack, queue: DeadLetters, key: str | None) -> Iterator[int]:
    """Move letters back to where they came from, all or those of a key; how many so far.

    All of a queue on AWS are moved by SQS itself, which goes on should this be interrupted.
    """
    if key is None and not stack.is_local:
        yield from _moved_by_sqs(stack, queue)
    else:
        yield from _moved_by_hand(stack, queue, lambda each: key is None or key in each.keys)


def why(queue: DeadLetters, letter: Letter, found: Record | None) -> str:
    """What the record says of a letter, in a sentence."""
    if found is None or found.status is Status.DELETED:
        return "There is no such asset any more."
    if letter.asset_id not in (None, found.asset.asset_id):
        return "A newer version has come since."
    step = found.steps.get(queue.name)
    if step is None:
        return found.reason.message if found.reason else "Its record tells of no failure."
    if step.error is not None:
        return step.error.message
    if step.status is StepStatus.COMPLETE:
        return "It is done meanwhile."
    return "Nobody has said anything of it yet."


def records_of(stack: Stack, letters: Sequence[Letter]) -> Mapping[str, Record]:
    """The records of all keys that letters are about."""
    return records(stack, sorted({key for letter in letters for key in letter.keys}))


def _told(stack: Stack, url: str) -> Mapping[str, str]:
    answer: Any = stack.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_ATTRIBUTES)
    attributes: Mapping[str, str] = answer["Attributes"]
    return attributes


def _read(stack: Stack, queue: DeadLetters) -> Iterator[Letter]:
    seen = 0
    while seen < _MOST:
        messages = stack.sqs.receive_message(
            QueueUrl=queue.url,
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=_OUT_OF_SIGHT,
            MessageSystemAttributeNames=["SentTimestamp", "AWSTraceHeader"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return
        seen += len(messages)
        yield from map(_letter, messages)


def _letter(message: Any) -> Letter:
    keys: tuple[str, ...] = ()
    asset_id = None
    try:
        told = delivered(message["Body"], message_id="", attempt=1, receipt=None)
        asset = told.body.get("asset", told.body)
        asset_id = asset.get("asset_id")
        keys = (
            (asset["key"],)
            if "key" in asset
            else tuple(dict.fromkeys(event.key for event in storage_events(told)))
        )
    except (ValueError, LookupError, TypeError, AttributeError):
        pass  # no message of ours: it is listed as it is, and can be moved
    sent = int(message.get("Attributes", {}).get("SentTimestamp", 0)) / 1000
    return Letter(message, keys, asset_id, datetime.fromtimestamp(sent, UTC))


def _put_back(stack: Stack, queue: DeadLetters, letters: Sequence[Letter]) -> None:
    for letter in letters:
        stack.sqs.change_message_visibility(
            QueueUrl=queue.url,
            ReceiptHandle=letter.message["ReceiptHandle"],
            VisibilityTimeout=0,
        )


def _moved_by_hand(
    stack: Stack, queue: DeadLetters, is_wanted: Callable[[Letter], bool]
) -> Iterator[int]:
    others: list[Letter] = []
    sent: set[str] = set()
    try:
        for letter in _read(stack, queue):
            message = letter.message
            if not is_wanted(letter) or message["MessageId"] in sent:  # or died again meanwhile
                others.append(letter)
                continue
            trace = message.get("Attributes", {}).get("AWSTraceHeader")
            answer = stack.sqs.send_message(
                QueueUrl=queue.source,
                MessageBody=message["Body"],
                MessageAttributes=message.get("MessageAttributes", {}),
                MessageSystemAttributes=(
                    {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
                    if trace
                    else {}
                ),
            )
            stack.sqs.delete_message(QueueUrl=queue.url, ReceiptHandle=message["ReceiptHandle"])
            sent.add(answer["MessageId"])
            yield len(sent)
    finally:
        _put_back(stack, queue, others)


def _moved_by_sqs(stack: Stack, queue: DeadLetters) -> Iterator[int]:
    stack.sqs.start_message_move_task(SourceArn=queue.arn, DestinationArn=_arn(stack, queue))
    while True:
        tasks = stack.sqs.list_message_move_tasks(SourceArn=queue.arn, MaxResults=1)["Results"]
        for task in tasks:
            yield task.get("ApproximateNumberOfMessagesMoved", 0)
            if task["Status"] == "FAILED":
                raise Failure(
                    f"SQS gave up moving the letters of {queue.name}: {task['FailureReason']}",
                    do="What is left is still there: mend that, and ask again.",
                )
        if not any(task["Status"] == "RUNNING" for task in tasks):
            return
        time.sleep(_POLL_SECONDS)


def _arn(stack: Stack, queue: DeadLetters) -> str:
    return _told(stack, queue.source)["QueueArn"]
