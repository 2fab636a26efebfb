"""The outbox: a finished asset in, a signed POST to every receiver out.

Each receiver gets a message of its own in the queue, in a group of its own, so that one who does
not answer holds up nobody else: SQS prefers groups that have little under way, and an instance that
has just waited in vain for a receiver does not wait for it again right away.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from mediamill.aws.clients import client
from mediamill.aws.messages import Delivery
from mediamill.aws.observe import ComeAgain, about_key, count, logger
from mediamill.domain.webhooks import signing
from mediamill.domain.webhooks.receiver import BadReceiver, Receiver
from mediamill.domain.webhooks.retrying import GONE, wait
from mediamill.settings import Settings
from mediamill.webhooks.post import Unreachable, post
from mediamill.webhooks.secrets import Secrets

_RESTS_SECONDS = 30.0


class NotTaken(ComeAgain):
    """A receiver has not taken its message, which comes again after `seconds`."""

    def wait(self, attempt: int) -> float:
        return self.seconds


@dataclass(slots=True)
class Outbox:
    """Sends webhooks for one deployment."""

    settings: Settings
    _secrets: Secrets = field(init=False)
    _resting: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._secrets = Secrets(self.settings.webhook_secret)

    def handle(self, message: Delivery, context: LambdaContext) -> None:
        """Send a message on to its receiver, or one to each where it names none."""
        receivers = {each.url: each for each in self.settings.webhook_receivers}
        if "receiver" in message.body:
            completed = message.body["completed"]
            receiver = receivers.get(message.body["receiver"])
            if receiver is None:
                logger.info("dropped: the deployment no longer names this receiver")
                return
        else:
            completed = message.body
            if len(receivers) != 1:
                self._give_each_its_own(completed, receivers)
                return
            (receiver,) = receivers.values()
        about_key(completed["key"])
        self._send(receiver, completed, message.attempt)

    def _give_each_its_own(self, completed: Mapping[str, Any], urls: Iterable[str]) -> None:
        for url in urls:  # a few: a parameter's
            client("sqs").send_message(
                QueueUrl=str(self.settings.own_queue),
                MessageBody=json.dumps({"receiver": url, "completed": completed}),
                MessageGroupId=sha256(url.encode()).hexdigest()[:32],
            )

    def _send(self, receiver: Receiver, completed: Mapping[str, Any], attempt: int) -> None:
        if time.monotonic() < self._resting.get(receiver.url, 0.0):
            raise NotTaken(f"{receiver.host} did not answer just now", _wait(attempt))
        body = signing.payload(completed)
        now = int(time.time())
        headers = signing.headers(self._secrets.current(), completed["id"], now, body)
        try:
            answer = post(receiver, body, headers)
        except (Unreachable, BadReceiver) as error:
            self._resting[receiver.url] = time.monotonic() + _RESTS_SECONDS
            self._complain(receiver, attempt, str(error))
            raise NotTaken(str(error), _wait(attempt)) from error
        self._resting.pop(receiver.url, None)
        if answer.is_taken:
            count("WebhookTaken")
            logger.info("webhook taken", receiver=receiver.host, status=answer.status)
        elif answer.status == GONE:
            logger.warning("webhook dropped: its receiver says 410 Gone", receiver=receiver.host)
        else:
            said = f"it answered {answer.status}"
            self._complain(receiver, attempt, said)
            raise NotTaken(said, _wait(attempt, answer.headers))

    def _complain(self, receiver: Receiver, attempt: int, why: str) -> None:
        count("WebhookFailed")
        logger.warning("webhook not taken", receiver=receiver.host, attempt=attempt, why=why)


def _wait(attempt: int, headers: Mapping[str, str] | None = None) -> float:
    return wait(attempt, random.random(), headers)
