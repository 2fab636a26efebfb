"""Logs, traces and metrics of a function, and the one way to work off a queue's batch."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from mediamill.aws.records import Delivery, delivery
from mediamill.domain.asset import Asset

# A batch that changes nothing has nothing to count: that is no reason to warn.
warnings.filterwarnings("ignore", message="No application metrics to publish")

logger = Logger()
metrics = Metrics(namespace="mediamill")
tracer = Tracer(auto_patch=False)  # patching would load every AWS library there is

LambdaHandler = Callable[[Mapping[str, Any], LambdaContext], Any]


def queue_handler(work: Callable[[Delivery, LambdaContext], None]) -> LambdaHandler:
    """A Lambda handler that gives each message of an SQS batch to `work`.

    A message whose `work` raises is reported as failed, and only that one comes again. Where every
    message failed, the invocation fails, so that Lambda counts it as an error.
    """
    processor = BatchProcessor(event_type=EventType.SQS)

    @metrics.log_metrics(capture_cold_start_metric=True)
    @tracer.capture_lambda_handler(capture_response=False)
    @logger.inject_lambda_context(clear_state=True)
    def lambda_handler(event: Mapping[str, Any], context: LambdaContext) -> Any:
        def handle(record: SQSRecord) -> None:
            message = delivery(record.raw_event)
            try:
                work(message, context)
            except Exception:
                logger.exception("try failed", attempt=message.attempt)
                raise

        return process_partial_response(
            event=dict(event), record_handler=handle, processor=processor, context=context
        )

    handler: LambdaHandler = lambda_handler
    return handler


def about(asset: Asset) -> None:
    """Put the asset's identity on every log line and trace that follows."""
    logger.set_correlation_id(asset.asset_id)
    logger.append_keys(key=asset.key, kind=asset.kind.value)
    tracer.put_annotation("asset_id", asset.asset_id)


def count(name: str, value: float = 1) -> None:
    """Add to a metric that counts."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)


def measure_bytes(name: str, value: int) -> None:
    """Add to a metric of bytes."""
    metrics.add_metric(name=name, unit=MetricUnit.Bytes, value=value)


def measure_ms(name: str, value: float) -> None:
    """Add to a metric of milliseconds."""
    metrics.add_metric(name=name, unit=MetricUnit.Milliseconds, value=value)
