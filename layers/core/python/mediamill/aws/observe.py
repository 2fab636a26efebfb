"""Logs, traces and metrics of a function, and the one way to work off a queue's batch."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import BotoCoreError, ClientError

from mediamill.aws.clients import client
from mediamill.aws.messages import Delivery, delivery
from mediamill.aws.trace import current, traced
from mediamill.domain.asset import Asset
from mediamill.domain.bounded import fences
from mediamill.settings import Tracing

# A batch that changes nothing has nothing to count: that is no reason to warn.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
metrics = Metrics(namespace="mediamill")

_LONGEST_WAIT = 120
_SOON = 3  # deliveries; the last ones of five come when the other one is surely gone

LambdaHandler = Callable[[Mapping[str, Any], LambdaContext], Any]


class ComeAgain(Exception):
    """A message whose turn has not come: another delivery is at it, or is gone after `seconds`.

    That one is mostly done in no time, so the first looks come soon.
    """

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds

    def wait(self, attempt: int) -> float:
        """How many seconds the message waits after its `attempt`-th delivery."""
        return backoff(attempt) if attempt <= _SOON else self.seconds


def queue_handler(
    work: Callable[[Delivery, LambdaContext], None], queue: str | None = None
) -> LambdaHandler:
    """A Lambda handler that gives each message of an SQS batch to `work`.

    A message whose `work` raises is reported as failed, and only that one comes again: with
    `queue`, the URL that it came from, after some seconds, and not after the queue's whole
    patience. Where every message failed, the invocation fails, so that Lambda counts it as an
    error.
    """
    processor = BatchProcessor(event_type=EventType.SQS)

    @metrics.log_metrics(capture_cold_start_metric=True)
    @logger.inject_lambda_context(clear_state=True)
    def lambda_handler(event: Mapping[str, Any], context: LambdaContext) -> Any:
        def handle(record: SQSRecord) -> None:
            message = delivery(record.raw_event)
            _about_nothing()
            with traced(record.raw_event, Tracing.now()) as segment:
                logger.append_keys(trace_id=segment.root)
                try:
                    work(message, context)
                except ComeAgain as early:
                    logger.info("too early", why=str(early))
                    if queue is not None:
                        _come_again(queue, message, early.wait(message.attempt))
                    raise
                except Exception:
                    logger.exception("try failed", attempt=message.attempt)
                    if queue is not None:
                        wait = backoff(message.attempt) * random.uniform(0.5, 1.0)
                        _come_again(queue, message, wait)
                    raise

        return process_partial_response(
            event=dict(event), record_handler=handle, processor=processor, context=context
        )

    handler: LambdaHandler = lambda_handler
    return handler


def schedule_handler(work: Callable[[LambdaContext], None]) -> LambdaHandler:
    """A Lambda handler that does `work` whenever a schedule calls it."""

    @metrics.log_metrics
    @logger.inject_lambda_context(clear_state=True)
    def lambda_handler(event: Mapping[str, Any], context: LambdaContext) -> None:
        work(context)

    handler: LambdaHandler = lambda_handler
    return handler


def backoff(attempt: int) -> float:
    """How many seconds a message waits after its `attempt`-th delivery failed, before chance.

    3, 9, 27 and 81: what a passing fault needs, and less than any queue's patience.
    """
    return float(min(3**attempt, _LONGEST_WAIT))


def _come_again(queue: str, message: Delivery, seconds: float) -> None:
    """Set what is left of a failed message's time out of sight.

    That is a courtesy: where it fails, the message comes after the queue's own patience.
    """
    if message.receipt is None:
        return
    try:
        client("sqs").change_message_visibility(
            QueueUrl=queue, ReceiptHandle=message.receipt, VisibilityTimeout=round(seconds)
        )
    except (BotoCoreError, ClientError):
        logger.warning("the message could not be asked for earlier", exc_info=True)


def log_fences() -> None:
    """Log, once at a function's start, which fences hold around the children that it forks.

    What does not hold depends on the kernel that the function got: see `mediamill.domain.bounded`.
    """
    held = fences()
    logger.info(
        "fences around children",
        holding=[name for name, holds in held.items() if holds],
        missing=[name for name, holds in held.items() if not holds],
    )


def _about_nothing() -> None:
    """Forget what the last message of a batch was about."""
    logger.set_correlation_id(None)
    logger.remove_keys(["key", "kind"])


def about_key(key: str) -> None:
    """Put a key on every log line that follows, before anything else is known of it."""
    _about_nothing()
    logger.append_keys(key=key)


def about(asset: Asset) -> None:
    """Put the asset's identity on every log line and trace that follows."""
    logger.set_correlation_id(asset.asset_id)
    logger.append_keys(key=asset.key, kind=asset.kind.value)
    segment = current()
    if segment is not None:
        segment.annotations["asset_id"] = asset.asset_id


def count(name: str, value: float = 1) -> None:
    """Add to a metric that counts."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def measure_bytes(name: str, value: int) -> None:
    """Add to a metric of bytes."""
    metrics.add_metric(name=name, unit=MetricUnit.Bytes, value=value)


def measure_ms(name: str, value: float) -> None:
    """Add to a metric of milliseconds."""
    metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=value)
