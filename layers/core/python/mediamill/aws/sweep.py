"""The sweep: whatever no queue brings any more ends in a record that says so.

A message that its function could not do, or never received, lies among the dead letters. The sweep
reads them and leaves them there, to be redriven, where that could still help; letters that nobody
needs any more are deleted. Records that nobody has spoken of for hours are asked for again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from mediamill.aws.clients import client
from mediamill.aws.finish import Finish
from mediamill.aws.intake import Intake
from mediamill.aws.items import UNTIDY
from mediamill.aws.made import Attempt, MadeTable
from mediamill.aws.messages import Delivery, UnknownMessage, delivered
from mediamill.aws.observe import about, count, logger
from mediamill.aws.relay import Relay
from mediamill.aws.table import utc_now, written
from mediamill.aws.worker import Worker
from mediamill.domain.asset import Asset, Record, Step
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.made import counting
from mediamill.domain.manifest import StepError
from mediamill.domain.protocol.overdue import Nudge, overdue
from mediamill.settings import Settings

_AT_ONCE = 10  # what SQS hands out in a request
_MOST_LETTERS = 1000  # of one queue in one sweep
_OUT_OF_SIGHT = 120  # seconds: longer than a sweep, so that it meets no letter twice
_MOST_OVERDUE = 100  # of one part of the list in one sweep
_SPARE_MS = 10_000  # what the function keeps of its time

OVERDUE = StepError(
    "overdue", "No worker has said anything of this step for long; its message may be lost."
)


@dataclass(frozen=True, slots=True)
class Sweep:
    """One round through the dead letters and the overdue records."""

    settings: Settings

    def run(self, context: LambdaContext) -> None:
        """Sweep as much as there is time for; the next round goes on.

        Letters that are kept come again each time: half of the time is not theirs.
        """
        self._overdue(context, spare_ms=context.get_remaining_time_in_millis() // 2)
        for name, queue in self.settings.dead_letters.items():
            self._letters(queue, self._reader(name), context)

    def _reader(self, name: str) -> Callable[[Delivery], bool]:
        """What reads the letters of one queue; it says whether a letter may still be of use."""
        if name == "ingest":
            return Intake(self.settings).bury
        if name == "manifest":
            return Finish(self.settings).bury
        return Worker(name, self.settings, _no_job).bury

    def _letters(
        self, queue: str, is_of_use: Callable[[Delivery], bool], context: LambdaContext
    ) -> None:
        sqs, kept = client("sqs"), []
        for letter in _received(queue):
            try:
                keep = is_of_use(letter)
            except Exception:
                logger.exception("a dead letter could not be read", queue=queue)
                keep = True
            if keep:
                kept.append(letter)
            elif letter.receipt is not None:
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=letter.receipt)
            if context.get_remaining_time_in_millis() < _SPARE_MS:
                break
        for letter in kept:  # in sight again, for whoever redrives them
            sqs.change_message_visibility(
                QueueUrl=queue, ReceiptHandle=str(letter.receipt), VisibilityTimeout=0
            )
        if kept:
            count("DeadLetters", len(kept))
            logger.warning("dead letters", queue=queue, count=len(kept))

    def _overdue(self, context: LambdaContext, spare_ms: int) -> None:
        now, patience = time.time(), self.settings.overdue_seconds
        before = written(datetime.fromtimestamp(now - patience, UTC))
        relay = Relay(self.settings)
        for state in (Status.PROCESSING.value, UNTIDY):
            keys = relay.table.listed_before(state, before, _MOST_OVERDUE)
            for key in keys:
                if context.get_remaining_time_in_millis() < spare_ms:
                    return
                try:
                    self._nudge(relay, key, now, patience)
                except Exception:  # one that cannot be read keeps nobody from the others
                    logger.exception("an overdue record could not be asked for", key=key)

    def _nudge(self, relay: Relay, key: str, now: float, patience: float) -> None:
        record = relay.table.get(key)
        if record is None:
            return
        about(record.asset)
        move = overdue(record, now=now, patience=patience)
        if move is Nudge.ASK:
            _ask(relay, record)
        elif move is Nudge.CLOSE:
            _close(relay, record, MadeTable(self.settings.made_table))


def _ask(relay: Relay, record: Record) -> None:
    """Tell everybody who has a part in the record once more."""
    nudged = relay.table.change(record, {}, nudges=record.nudges + 1)
    if nudged is None:
        return  # somebody has just spoken
    logger.warning("overdue: asked for again", nudges=nudged.nudges)
    count("AssetOverdue")
    if nudged.status is not Status.PROCESSING:
        relay.hand_over(nudged.asset)  # it is still to be tidied
        return
    relay.tell(nudged, dict(nudged.steps), "again")
    relay.hand_on(nudged)


def _close(relay: Relay, record: Record, made: MadeTable) -> None:
    """Fail what nobody answers for, so that the asset comes to its end, with the parts it has."""
    steps = {
        name: _given_up(record.asset, name, step, made)
        for name, step in record.steps.items()
        if step.is_pending
    }
    closed = relay.table.change(record, steps, nudges=0)
    if closed is not None:
        logger.error("overdue: given up", steps=sorted(steps))
        relay.hand_on(relay.table.mark_untidy(closed) or closed)


def _given_up(asset: Asset, name: str, step: Step, made: MadeTable) -> Step:
    attempt = Attempt(asset.key, asset.asset_id, name, step.attempt)
    names = made.so_far(attempt, step)
    return replace(
        counting(step, names, made.rows(attempt, names)),
        status=StepStatus.FAILED,
        parts=(),
        error=OVERDUE,
        finished_at=utc_now(),
    )


def _received(queue: str) -> Iterator[Delivery]:
    sqs, seen = client("sqs"), 0
    while seen < _MOST_LETTERS:
        answer = sqs.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=_AT_ONCE,
            VisibilityTimeout=_OUT_OF_SIGHT,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        messages = answer.get("Messages", [])
        if not messages:
            return
        for message in messages:
            seen += 1
            yield _letter(message)


def _letter(message: Any) -> Delivery:
    """A dead letter, as its last delivery would be; empty where it is no JSON."""
    try:
        return delivered(
            message["Body"],
            message_id=message["MessageId"],
            attempt=1_000,
            receipt=message["ReceiptHandle"],
        )
    except json.JSONDecodeError:
        return Delivery(message["MessageId"], 1_000, {}, message["ReceiptHandle"])


def _no_job(_: object) -> dict[str, Any]:
    raise UnknownMessage("A sweep does no step.")
