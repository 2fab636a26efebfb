"""S3, SNS, SQS and DynamoDB in memory, as strict as AWS documents them, on a clock of their own.

    cloud = Cloud()
    monkeypatch.setattr(clients, "_made", cloud.client)

What a test does not need is not there, and says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError
from made.refusals import refusal

from model.buckets import Buckets
from model.calls import ATTEMPTS, Call, Client, is_retried, named, validate
from model.clock import Clock
from model.queues import Queues
from model.tables import Tables
from model.topics import Topics

_ONLY_LOOKS = ("Get", "Head", "List", "Query", "Scan", "Receive", "BatchGet", "ChangeMessage")


def _nothing(call: Call) -> None:
    """No fault."""


@dataclass(slots=True)
class Cloud:
    """One account. `before` and `after` see every request, and may raise what befalls it.

    `strict` checks parameters against botocore's service models, which takes most of a call's time.
    """

    clock: Clock = field(default_factory=Clock)
    strict: bool = True
    latency: float = 0.004  # seconds that a request takes
    changes: int = 0  # requests that were to change more than a message's visibility
    before: Callable[[Call], None] = _nothing
    after: Callable[[Call], None] = _nothing
    sqs: Queues = field(init=False)
    sns: Topics = field(init=False)
    s3: Buckets = field(init=False)
    dynamodb: Tables = field(init=False)
    _clients: dict[str, Client] = field(init=False, default_factory=dict)
    _tokens: itertools.count[int] = field(init=False, default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.sqs = Queues(self.clock)
        self.sns = Topics(self.sqs)
        self.s3 = Buckets(self.clock, self.sqs)
        self.dynamodb = Tables(self.clock)

    def client(self, service: str) -> Any:
        """The client of one service."""
        if service not in self._clients:
            self._clients[service] = Client(service, self.call)
        return self._clients[service]

    def call(self, service: str, operation: str, params: Mapping[str, Any]) -> Any:
        """Carry out one call, with botocore's standard retries."""
        if self.strict:
            validate(service, operation, params)
        work = getattr(getattr(self, service), xform_name(operation), None)
        if work is None:
            raise NotImplementedError(f"the model's {service} has no {operation}")
        if operation == "TransactWriteItems":  # botocore makes one up, the same for every retry
            params = {"ClientRequestToken": f"token-{next(self._tokens)}", **params}
        self.changes += not operation.startswith(_ONLY_LOOKS)
        for attempt in range(1, ATTEMPTS + 1):
            call = Call(service, operation, params, attempt)
            try:
                self.before(call)
                error = refusal(service, operation, params)
                if error is not None:
                    raise error
                self.clock.sleep(self.latency)
                answer = work(**params)
                self.after(call)
                return answer
            except Exception as error:
                if attempt == ATTEMPTS or not is_retried(error):
                    if isinstance(error, ClientError):
                        raise named(service, error) from None
                    raise
                self.clock.sleep(2 ** (attempt - 1) / 2)  # on average: botocore draws it by lot
        raise AssertionError("unreachable")
