"""SNS in memory: queues that subscribe with filter policies on message attributes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from made.refusals import refused

from model.queues import ACCOUNT, REGION, Queues


@dataclass(slots=True)
class Subscription:
    """One queue's interest in a topic."""

    arn: str
    queue_arn: str
    policy: Mapping[str, list[Any]]
    is_raw: bool


@dataclass(slots=True)
class Topics:
    """Every topic of the account, by ARN, and who listens."""

    queues: Queues
    by_arn: dict[str, list[Subscription]] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def create_topic(self, *, Name: str, **_: Any) -> Any:
        arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:{Name}"
        self.by_arn.setdefault(arn, [])
        return {"TopicArn": arn}

    def subscribe(
        self,
        *,
        TopicArn: str,
        Protocol: str,
        Endpoint: str,
        Attributes: Mapping[str, str] | None = None,
        **_: Any,
    ) -> Any:
        if Protocol != "sqs":
            raise NotImplementedError(f"the model's topics know no {Protocol}")
        given = Attributes or {}
        if given.get("FilterPolicyScope", "MessageAttributes") != "MessageAttributes":
            raise NotImplementedError("the model's filters look at message attributes only")
        policy = json.loads(given.get("FilterPolicy", "{}"))
        for rules in policy.values():
            for rule in rules:
                _matches(rule, "", checks=True)
        arn = f"{TopicArn}:{next(self._ids)}"
        raw = given.get("RawMessageDelivery") == "true"
        self._topic(TopicArn, "Subscribe").append(Subscription(arn, Endpoint, policy, raw))
        return {"SubscriptionArn": arn}

    def publish(
        self,
        *,
        TopicArn: str,
        Message: str,
        Subject: str | None = None,
        MessageAttributes: Mapping[str, Any] | None = None,
    ) -> Any:
        attributes = MessageAttributes or {}
        message_id = f"{next(self._ids):08x}-0000-5000-8000-000000000000"
        for listener in self._topic(TopicArn, "Publish"):
            if not _wanted(listener.policy, attributes):
                continue
            queue = self.queues.by_arn(listener.queue_arn)
            if listener.is_raw:
                self.queues.put(queue, Message, 0, attributes)
                continue
            envelope = {
                "Type": "Notification",
                "MessageId": message_id,
                "TopicArn": TopicArn,
                **({"Subject": Subject} if Subject else {}),
                "Message": Message,
                "Timestamp": self.queues.clock.utc(),
                "MessageAttributes": {
                    name: {"Type": held["DataType"], "Value": held["StringValue"]}
                    for name, held in attributes.items()
                },
            }
            self.queues.put(queue, json.dumps(envelope))
        return {"MessageId": message_id}

    def publish_batch(
        self, *, TopicArn: str, PublishBatchRequestEntries: list[Mapping[str, Any]]
    ) -> Any:
        sent = []
        for entry in PublishBatchRequestEntries:
            rest = {name: value for name, value in entry.items() if name != "Id"}
            sent.append({"Id": entry["Id"], **self.publish(TopicArn=TopicArn, **rest)})
        return {"Successful": sent, "Failed": []}

    def _topic(self, arn: str, operation: str) -> list[Subscription]:
        if arn not in self.by_arn:
            raise refused(operation, "NotFound", "Topic does not exist", status=404)
        return self.by_arn[arn]


def _wanted(policy: Mapping[str, list[Any]], attributes: Mapping[str, Any]) -> bool:
    return all(_passes(rules, attributes.get(name)) for name, rules in policy.items())


def _passes(rules: list[Any], attribute: Mapping[str, Any] | None) -> bool:
    if attribute is None:
        return any(isinstance(rule, dict) and rule.get("exists") is False for rule in rules)
    text = attribute["StringValue"]
    values = json.loads(text) if attribute["DataType"] == "String.Array" else [text]
    return any(_matches(rule, value) for rule in rules for value in values)


def _matches(rule: Any, value: Any, *, checks: bool = False) -> bool:
    """Whether one rule of a filter policy takes a value; raises for rules that it does not know."""
    if not isinstance(rule, dict):
        return bool(rule == value)
    ((word, operand),) = rule.items()
    if word == "exists":
        return bool(operand)
    if word == "anything-but":
        others = operand if isinstance(operand, list) else [operand]
        return checks or value not in others
    text = str(value)
    if word == "prefix":
        return text.startswith(str(operand))
    if word == "suffix":
        return text.endswith(str(operand))
    if word == "equals-ignore-case":
        return text.lower() == str(operand).lower()
    raise NotImplementedError(f"the model's filters know no {word}")
