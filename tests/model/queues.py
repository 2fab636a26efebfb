"""SQS in memory: visibility, receive counts, delays, and dead letters."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from made.refusals import refused

from model.clock import Clock

ACCOUNT = "000000000000"
REGION = "us-east-1"
MOST_AT_ONCE = 10
LONGEST_VISIBILITY = 43_200


@dataclass(slots=True)
class Message:
    """A message in a queue; `visible_at` is when it can be received (again), in epoch seconds."""

    message_id: str
    body: str
    attributes: Mapping[str, Any]
    sent_at: float
    visible_at: float
    receives: int = 0
    receipt: str = ""


@dataclass(slots=True)
class Queue:
    """One standard queue. `messages` are in the order in which they came."""

    name: str
    attributes: dict[str, str]
    messages: dict[str, Message] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """Its ARN."""
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{self.name}"

    @property
    def visibility(self) -> int:
        """How long a received message is out of sight, in seconds."""
        return int(self.attributes.get("VisibilityTimeout", 30))

    @property
    def retention(self) -> int:
        """How long a message is kept, in seconds."""
        return int(self.attributes.get("MessageRetentionPeriod", 345_600))

    @property
    def redrive(self) -> tuple[str, int] | None:
        """The ARN of the queue for dead letters, and how often a message is received before."""
        policy = self.attributes.get("RedrivePolicy")
        if not policy:
            return None
        plain = json.loads(policy)
        return plain["deadLetterTargetArn"], int(plain["maxReceiveCount"])


@dataclass(slots=True)
class Queues:
    """Every queue of the account, by its address."""

    clock: Clock
    by_url: dict[str, Queue] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def create_queue(
        self, *, QueueName: str, Attributes: Mapping[str, str] | None = None, **_: Any
    ) -> Any:
        url = f"https://sqs.{REGION}.invalid/{ACCOUNT}/{QueueName}"
        self.by_url.setdefault(url, Queue(QueueName, dict(Attributes or {})))
        return {"QueueUrl": url}

    def get_queue_url(self, *, QueueName: str) -> Any:
        for url, queue in self.by_url.items():
            if queue.name == QueueName:
                return {"QueueUrl": url}
        raise _no_queue("GetQueueUrl")

    def get_queue_attributes(
        self, *, QueueUrl: str, AttributeNames: list[str] | None = None
    ) -> Any:
        queue, now = self._queue(QueueUrl, "GetQueueAttributes"), self.clock.now
        waiting = [message for message in queue.messages.values() if message.visible_at <= now]
        hidden = [message for message in queue.messages.values() if message.visible_at > now]
        delayed = [message for message in hidden if not message.receives]
        held = {
            "QueueArn": queue.arn,
            "VisibilityTimeout": str(queue.visibility),
            "MessageRetentionPeriod": str(queue.retention),
            "ApproximateNumberOfMessages": str(len(waiting)),
            "ApproximateNumberOfMessagesNotVisible": str(len(hidden) - len(delayed)),
            "ApproximateNumberOfMessagesDelayed": str(len(delayed)),
            **queue.attributes,
        }
        wanted = AttributeNames or []
        return {"Attributes": {name: held[name] for name in held if {name, "All"} & {*wanted}}}

    def set_queue_attributes(self, *, QueueUrl: str, Attributes: Mapping[str, str]) -> Any:
        self._queue(QueueUrl, "SetQueueAttributes").attributes.update(Attributes)
        return {}

    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        DelaySeconds: int = 0,
        MessageAttributes: Mapping[str, Any] | None = None,
    ) -> Any:
        queue = self._queue(QueueUrl, "SendMessage")
        message = self.put(queue, MessageBody, DelaySeconds, MessageAttributes or {})
        return {"MessageId": message.message_id, "MD5OfMessageBody": _md5(MessageBody)}

    def send_message_batch(self, *, QueueUrl: str, Entries: list[Mapping[str, Any]]) -> Any:
        sent = []
        for entry in Entries:
            rest = {name: value for name, value in entry.items() if name != "Id"}
            sent.append({"Id": entry["Id"], **self.send_message(QueueUrl=QueueUrl, **rest)})
        return {"Successful": sent}

    def receive_message(
        self,
        *,
        QueueUrl: str,
        MaxNumberOfMessages: int = 1,
        VisibilityTimeout: int | None = None,
        WaitTimeSeconds: int = 0,
        AttributeNames: list[str] | None = None,
        MessageSystemAttributeNames: list[str] | None = None,
        MessageAttributeNames: list[str] | None = None,
    ) -> Any:
        queue = self._queue(QueueUrl, "ReceiveMessage")
        if not 1 <= MaxNumberOfMessages <= MOST_AT_ONCE or not 0 <= WaitTimeSeconds <= 20:
            raise refused("ReceiveMessage", "InvalidParameterValue", "A parameter is out of range.")
        found: list[dict[str, Any]] = []
        for message in list(self.visible(queue)):
            if len(found) < MaxNumberOfMessages and self.take(queue, message, VisibilityTimeout):
                found.append(
                    received(
                        queue,
                        message,
                        {*(AttributeNames or ()), *(MessageSystemAttributeNames or ())},
                        {*(MessageAttributeNames or ())},
                    )
                )
        return {"Messages": found} if found else {}

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> Any:
        queue = self._queue(QueueUrl, "DeleteMessage")
        message = self._held(queue, ReceiptHandle, "DeleteMessage")
        if message is not None and message.receipt == ReceiptHandle:
            del queue.messages[message.message_id]
        return {}

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[Mapping[str, str]]) -> Any:
        for entry in Entries:
            self.delete_message(QueueUrl=QueueUrl, ReceiptHandle=entry["ReceiptHandle"])
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}

    def change_message_visibility(
        self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int
    ) -> Any:
        operation = "ChangeMessageVisibility"
        queue = self._queue(QueueUrl, operation)
        message = self._held(queue, ReceiptHandle, operation)
        if not 0 <= VisibilityTimeout <= LONGEST_VISIBILITY:
            raise refused(operation, "InvalidParameterValue", "VisibilityTimeout is out of range.")
        if message is None:
            raise refused(operation, "InvalidParameterValue", "The message does not exist.")
        if message.receipt != ReceiptHandle or message.visible_at <= self.clock.now:
            code = "AWS.SimpleQueueService.MessageNotInflight"
            raise refused(operation, code, "The message is not in flight.")
        message.visible_at = self.clock.now + VisibilityTimeout
        return {}

    def start_message_move_task(self, *, SourceArn: str, DestinationArn: str | None = None) -> Any:
        """Move dead letters back at once; each is a new message then, as on AWS."""
        (dead,) = (queue for queue in self.by_url.values() if queue.arn == SourceArn)
        sources = [
            queue
            for queue in self.by_url.values()
            if (queue.redrive and queue.redrive[0] == SourceArn and not DestinationArn)
            or queue.arn == DestinationArn
        ]
        for message in list(self.visible(dead)):
            del dead.messages[message.message_id]
            self.put(sources[0], message.body, 0, message.attributes)
        return {"TaskHandle": "done"}

    def purge_queue(self, *, QueueUrl: str) -> Any:
        self._queue(QueueUrl, "PurgeQueue").messages.clear()
        return {}

    # ── for the driver, which is the poller of Lambda's event source mappings ────────────────────

    def by_arn(self, arn: str) -> Queue:
        """The queue with this ARN."""
        return next(queue for queue in self.by_url.values() if queue.arn == arn)

    def put(
        self, queue: Queue, body: str, delay: float = 0, attributes: Mapping[str, Any] | None = None
    ) -> Message:
        """Put a message in, as SNS and S3 do as well."""
        now = self.clock.now
        message_id = f"{next(self._ids):08x}-0000-4000-8000-000000000000"
        message = Message(message_id, body, attributes or {}, now, now + delay)
        queue.messages[message_id] = message
        return message

    def visible(self, queue: Queue) -> Iterator[Message]:
        """The messages that may be received now; those past their retention are gone."""
        now, oldest = self.clock.now, self.clock.now - queue.retention
        for message in list(queue.messages.values()):
            if message.sent_at < oldest:
                del queue.messages[message.message_id]
            elif message.visible_at <= now:
                yield message

    def take(self, queue: Queue, message: Message, visibility: float | None = None) -> bool:
        """Receive one message; False where it went to the dead letters instead."""
        redrive = queue.redrive
        if redrive is not None and message.receives >= redrive[1]:
            del queue.messages[message.message_id]
            dead = self.by_arn(redrive[0])
            message.visible_at = self.clock.now  # it keeps its id, its age and its count
            dead.messages[message.message_id] = message
            return False
        message.receives += 1
        message.receipt = f"{message.message_id}#{message.receives}"
        hidden = queue.visibility if visibility is None else visibility
        message.visible_at = self.clock.now + hidden
        return True

    def _queue(self, url: str, operation: str) -> Queue:
        if url not in self.by_url:
            raise _no_queue(operation)
        return self.by_url[url]

    @staticmethod
    def _held(queue: Queue, receipt: str, operation: str) -> Message | None:
        message_id, mark, _ = receipt.partition("#")
        if not mark:
            raise refused(operation, "ReceiptHandleIsInvalid", "The receipt handle is not valid.")
        return queue.messages.get(message_id)


def received(
    queue: Queue, message: Message, system: set[str], attributes: set[str]
) -> dict[str, Any]:
    """A message as ReceiveMessage gives it, with those attributes that were asked for."""
    known = {
        "ApproximateReceiveCount": str(message.receives),
        "SentTimestamp": str(round(message.sent_at * 1000)),
    }
    shown = {name: value for name, value in known.items() if system & {name, "All"}}
    own = {name: held for name, held in message.attributes.items() if attributes & {name, "All"}}
    return {
        "MessageId": message.message_id,
        "ReceiptHandle": message.receipt,
        "MD5OfBody": _md5(message.body),
        "Body": message.body,
        **({"Attributes": shown} if shown else {}),
        **({"MessageAttributes": own} if own else {}),
    }


def lambda_record(queue: Queue, message: Message) -> dict[str, Any]:
    """A message as a Lambda event source mapping gives it."""
    plain = received(queue, message, {"All"}, {"All"})
    return {
        "messageId": plain["MessageId"],
        "receiptHandle": plain["ReceiptHandle"],
        "body": plain["Body"],
        "attributes": plain["Attributes"],
        "messageAttributes": {
            name: {"dataType": held["DataType"], "stringValue": held.get("StringValue")}
            for name, held in message.attributes.items()
        },
        "md5OfBody": plain["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": queue.arn,
        "awsRegion": REGION,
    }


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _no_queue(operation: str) -> Exception:
    code = "AWS.SimpleQueueService.NonExistentQueue"
    return refused(operation, code, "The specified queue does not exist.")
