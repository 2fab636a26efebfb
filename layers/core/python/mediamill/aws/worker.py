"""A worker: reads what a message names, has the domain do the work, stores, closes the step.

`domain/protocol/turn.py` says what to do with a message; this carries it out. The step is closed
before the message is acknowledged, and a retry of a closed step only repeats the hand-over: so the
hand-over happens at least once, and every effect ends as if it had once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from mediamill.aws.closing import Closing, Work
from mediamill.aws.messages import Delivery, fan_out
from mediamill.aws.observe import (
    LambdaHandler,
    about,
    count,
    logger,
    measure_bytes,
    measure_ms,
    queue_handler,
)
from mediamill.aws.ranged import OriginalGone
from mediamill.aws.relay import Relay
from mediamill.aws.results import Results, Shelf
from mediamill.aws.table import utc_now
from mediamill.aws.task import Task
from mediamill.aws.topics import AssetsTopic
from mediamill.domain.asset import Record, Step
from mediamill.domain.bounded import SHARE, deadline
from mediamill.domain.errors import Refusal, Unprocessable
from mediamill.domain.made import Made
from mediamill.domain.manifest import StepError
from mediamill.domain.protocol.overdue import is_unheard
from mediamill.domain.protocol.turn import Called, Move, failed, may_differ, tried, turn
from mediamill.settings import Settings

Job = Callable[[Task], Mapping[str, Any]]
"""Stores products, and returns the step's share of the manifest. Raises Unprocessable."""


_CRASHED = "The worker crashed on this file, or ran out of memory or time, again and again."
_NEVER = "a crash, or a time-out, or before a worker had it"


class GivenUp(Exception):
    """The step was given up; its message goes on to the dead letters, to be redriven from there."""


def worker(step: str, settings: Settings, job: Job) -> LambdaHandler:
    """The Lambda handler of the worker that does `job` as the step `step`."""
    return queue_handler(Worker(step, settings, job).handle, settings.own_queue)


@dataclass(frozen=True, slots=True)
class Worker:
    """One step of every asset that the assets topic brings."""

    step: str
    settings: Settings
    job: Job

    def handle(self, message: Delivery, context: LambdaContext) -> None:
        """Do the step for the asset of one message, unless it is done or no longer wanted."""
        _Visit(self, message).carry_out(context.get_remaining_time_in_millis() / 1000 * SHARE)

    def bury(self, letter: Delivery) -> bool:
        """A dead letter of this worker's queue: whether to keep it, to be redriven.

        Its step is closed as failed, if nobody has said anything of it.
        """
        return _Visit(self, letter).bury()


class _Visit:
    """One delivery of one message to a worker."""

    def __init__(self, worker: Worker, message: Delivery) -> None:
        self._worker = worker
        self._settings = worker.settings
        self._message = message
        self._told = told = fan_out(message)
        self._called = Called(
            asset_id=told.asset.asset_id,
            step=worker.step,
            attempt=told.attempt,
            part=told.part,
            number=message.attempt,
            tag=message.tag,
            sent_at=message.sent_at,
        )
        about(told.asset)
        self._relay = Relay(worker.settings)
        self._table = self._relay.table
        self._closing = Closing(worker.settings, self._relay, message, told, worker.step)

    def carry_out(self, seconds: float) -> None:
        """Read the record, decide, do. The job may take `seconds`."""
        record, state, arrived = self._look()
        move = turn(record, self._called, arrived)
        if record is None or move is Move.DROP:
            logger.info("dropped: it is done, or a newer version or a deletion has come")
        elif state is None or move is Move.STALE:
            self._stale(record, state)
        elif move in (Move.HAND_ON, Move.PARK):
            self._hand_on(record, state)
            if move is Move.PARK:
                raise GivenUp(state.error.message if state.error else "given up")
        elif move is Move.REDO:
            if not self._redo(record):
                self.carry_out(seconds)  # the record has moved: decide anew
        elif move is Move.TELL_PARTS:
            self._closing.tell_parts([part for part in state.parts if part not in arrived])
        elif move is Move.JOIN:
            self._closing.join(state, arrived)
        elif move is Move.GIVE_UP:
            self._closing.give_up(state, "crashed", _CRASHED)
            raise GivenUp(_CRASHED)
        else:
            self._work(state, seconds)

    def bury(self) -> bool:
        """Read the record, and have it say what this dead letter came to; whether to keep it."""
        record, state, arrived = self._look()
        move = turn(record, self._called, arrived)
        if record is None or move is Move.DROP:
            return False
        if state is None or move is Move.STALE:
            self._stale(record, state)
            return False
        if move is Move.HAND_ON:
            self._hand_on(record, state)
            return False
        if move in (Move.TELL_PARTS, Move.JOIN):  # the worker closes it, or its parts do
            self._ask(part=None)
            return False
        if move is Move.WORK and is_unheard(record, state, self._told.part):
            self._ask(part=self._told.part)
            return False
        if move in (Move.WORK, Move.GIVE_UP):
            tries = state.tries.error if state.tries and state.tries.error else _NEVER
            self._closing.give_up(state, "retries_exhausted", _exhausted(tries))
        return True

    def _ask(self, part: str | None) -> None:
        """Tell of this step, or of a part of it, once more: the dead letter's place is taken."""
        logger.info("asked for again", step=self._worker.step, part=part)
        AssetsTopic(self._settings.assets_topic).publish(
            replace(self._told, steps=(self._worker.step,), part=part, reason="again")
        )

    def _look(self) -> tuple[Record | None, Step | None, Mapping[str, str]]:
        """The record, its step, and the parts of it that are in."""
        record = self._table.get(self._told.asset.key)
        state = record.steps.get(self._worker.step) if record else None
        arrived: Mapping[str, str] = {}
        if state is not None and state.parts:
            arrived = self._closing.arrived()
        return record, state, arrived

    def _hand_on(self, record: Record, state: Step) -> None:
        if may_differ(state, self._called):  # another closed it; this one may have written since
            self._relay.disturbed(record.asset.key)
        self._relay.hand_on(record, again=self._message.is_again)

    def _stale(self, record: Record, state: Step | None) -> None:
        """An earlier delivery may have written, or have asked for the step without telling."""
        self._relay.disturbed(record.asset.key)
        if state is not None and state.attempt and record.asset.asset_id == self._called.asset_id:
            self._relay.tell(record, {self._worker.step: state}, "again")

    def _redo(self, record: Record) -> bool:
        """The message comes from the dead letters: have the whole step done again."""
        steps = self._settings.plan.reset({self._worker.step}, record)
        after = self._table.change(record, steps, again=True)
        if after is None:
            return False
        logger.info("redriven: the step is done again")
        self._relay.tell(after, {name: after.steps[name] for name in steps}, "again")
        return True

    def _work(self, state: Step, seconds: float) -> None:
        asset, is_last = self._told.asset, self._message.attempt >= self._settings.max_receive_count
        tries = tried(state, self._called, utc_now())
        if self._message.is_again:  # should this try end without a word, the next one knows
            self._table.tried(asset, self._worker.step, state.attempt, tries)
        try:
            self._come_to_an_end(state, self._try(state, seconds))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            if is_last and isinstance(error, OriginalGone):
                # its removal has not come, in all this time
                self._closing.give_up(state, "original_gone", str(error))
            elif is_last:
                self._closing.give_up(state, "retries_exhausted", _exhausted(reason))
            else:
                self._table.tried(asset, self._worker.step, state.attempt, failed(tries, reason))
            raise

    def _come_to_an_end(self, state: Step, work: Work) -> None:
        """Write down what the try came to."""
        if work.parts and not work.error:
            self._closing.split(state, work)
            return
        count("StepFailed" if work.error else "StepComplete")
        measure_ms("StepDuration", work.duration_ms)
        measure_bytes("BytesIn", self._told.source.bytes)
        measure_bytes("BytesOut", work.made.bytes)
        if self._called.part is not None and not work.error:
            self._closing.arrive(state, work)
        else:
            self._closing.close(state, work)

    def _try(self, state: Step, seconds: float) -> Work:
        started_at, started = utc_now(), time.monotonic()
        error: StepError | None = None
        facts: Mapping[str, Any] = {}
        parts: list[str] = []
        told = self._told
        is_refusal = False
        results = Results(self._settings.results_bucket, self._settings.cache_control)
        repeats = self._settings.stores_repeats
        late = deadline(seconds)
        with Shelf(results, told.asset, stores_repeats=repeats) as shelf:
            try:
                with late:
                    task = Task(told.asset, told.source, self._settings, shelf, told.part, parts)
                    facts = self._worker.job(task)
            except Unprocessable as refusal:
                if late.rang and not self._message.is_again:
                    raise  # S3 may have been slow, and not the file: once more
                error = StepError(refusal.code, str(refusal))
                is_refusal = isinstance(refusal, Refusal)
                logger.info("failed", code=refusal.code, reason=str(refusal))
            stored = shelf.stored()
            self._closing.has_written = self._closing.has_written or shelf.is_used
        return Work(
            made=Made(stored, facts, is_derived=state.source is not None),
            parts=tuple(parts),
            error=error,
            is_refusal=is_refusal,
            started_at=started_at,
            duration_ms=round((time.monotonic() - started) * 1000),
        )


def _exhausted(reason: str) -> str:
    return (
        f"Every try failed, the last one with {reason}. "
        "The message waits in the dead-letter queue, from where it can be redriven."
    )
