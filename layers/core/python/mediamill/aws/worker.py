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

from mediamill.aws.made import Attempt, MadeTable
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
from mediamill.domain.asset import Offer, Record, Step, milliseconds_between
from mediamill.domain.bounded import SHARE, deadline
from mediamill.domain.errors import Refusal, Unprocessable
from mediamill.domain.kind import StepStatus
from mediamill.domain.made import Made, Stored
from mediamill.domain.manifest import StepError
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


@dataclass(frozen=True, slots=True)
class _Work:
    """What a try came to: what it made, whether that is all, and why it is not."""

    made: Made
    parts: tuple[str, ...]
    error: StepError | None
    is_refusal: bool
    started_at: str
    duration_ms: int


class _Visit:
    """One delivery of one message to a worker."""

    def __init__(self, worker: Worker, message: Delivery) -> None:
        self._worker = worker
        self._settings = worker.settings
        self._message = message
        self._told = told = fan_out(message)
        self._called = Called(
            told.asset.asset_id, worker.step, told.attempt, told.part, message.attempt, message.tag
        )
        about(told.asset)
        self._has_written = message.is_again  # or an earlier delivery may have
        self._relay = Relay(worker.settings)
        self._table = self._relay.table
        self._made = MadeTable(worker.settings.made_table)
        self._attempt = Attempt(told.asset.key, told.asset.asset_id, worker.step, told.attempt)

    def carry_out(self, seconds: float) -> None:
        """Read the record, decide, do. The job may take `seconds`."""
        record, state, arrived = self._look()
        move = turn(record, self._called, arrived)
        if record is None or move is Move.DROP:
            logger.info("dropped: it is done, or a newer version or a deletion has come")
        elif state is None or move is Move.STALE:
            self._relay.disturbed(record.asset.key)
        elif move in (Move.HAND_ON, Move.PARK):
            self._hand_on(record, state)
            if move is Move.PARK:
                raise GivenUp(state.error.message if state.error else "given up")
        elif move is Move.REDO:
            self._redo(record)
        elif move is Move.TELL_PARTS:
            self._tell([part for part in state.parts if part not in arrived])
        elif move is Move.JOIN:
            self._join(state, arrived)
        elif move is Move.GIVE_UP:
            self._close_without(state, "crashed", _CRASHED)
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
            self._relay.disturbed(record.asset.key)
            return False
        if move is Move.HAND_ON:
            self._hand_on(record, state)
            return False
        if move in (Move.TELL_PARTS, Move.JOIN):  # the worker closes it, or its parts do
            AssetsTopic(self._settings.assets_topic).publish(
                replace(self._told, steps=(self._worker.step,), part=None, reason="again")
            )
            return False
        if move in (Move.WORK, Move.GIVE_UP):
            tries = state.tries.error if state.tries and state.tries.error else _NEVER
            self._close_without(state, "retries_exhausted", _exhausted(tries))
        return True

    def _look(self) -> tuple[Record | None, Step | None, Mapping[str, str]]:
        """The record, its step, and the parts of it that are in."""
        record = self._table.get(self._told.asset.key)
        state = record.steps.get(self._worker.step) if record else None
        arrived: Mapping[str, str] = {}
        if state is not None and state.parts:
            arrived = self._made.arrived(self._attempt)
        return record, state, arrived

    def _hand_on(self, record: Record, state: Step) -> None:
        if may_differ(state, self._called):  # another closed it; this one may have written since
            self._relay.disturbed(record.asset.key)
        self._relay.hand_on(record, again=self._message.is_again)

    def _redo(self, record: Record) -> None:
        """The message comes from the dead letters: have the whole step done again."""
        steps = self._settings.plan.reset(self._worker.step, record)
        after = self._table.change(record, steps, again=True)
        if after is None:
            raise RuntimeError("The record moved while its step was asked for again.")
        logger.info("redriven: the step is done again")
        self._relay.tell(after, steps, "again")

    def _work(self, state: Step, seconds: float) -> None:
        asset, is_last = self._told.asset, self._message.attempt >= self._settings.max_receive_count
        tries = tried(state, self._called, utc_now())
        if self._message.is_again:  # should this try end without a word, the next one knows
            self._table.tried(asset, self._worker.step, state.attempt, tries)
        try:
            work = self._try(state, seconds)
        except OriginalGone as gone:
            if is_last:  # its removal has not come, in all this time
                self._close_without(state, "original_gone", str(gone))
            raise
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"[:300]
            if is_last:
                self._close_without(state, "retries_exhausted", _exhausted(reason))
            else:
                self._table.tried(asset, self._worker.step, state.attempt, failed(tries, reason))
            raise
        if work.parts and not work.error:
            self._split(state, work)
        elif self._called.part is not None and not work.error:
            self._arrive(state, work)
        else:
            self._close(state, work)

    def _try(self, state: Step, seconds: float) -> _Work:
        started_at, started = utc_now(), time.monotonic()
        error: StepError | None = None
        facts: Mapping[str, Any] = {}
        parts: list[str] = []
        told = self._told
        is_refusal = False
        results = Results(self._settings.results_bucket, self._settings.cache_control)
        with Shelf(results, told.asset) as shelf:
            try:
                with deadline(seconds):
                    task = Task(told.asset, told.source, self._settings, shelf, told.part, parts)
                    facts = self._worker.job(task)
            except Unprocessable as refusal:
                error = StepError(refusal.code, str(refusal))
                is_refusal = isinstance(refusal, Refusal)
                logger.info("failed", code=refusal.code, reason=str(refusal))
            stored = shelf.stored()
        self._has_written = self._has_written or bool(stored)
        return _Work(
            made=Made(stored, facts, is_derived=state.source is not None),
            parts=tuple(parts),
            error=error,
            is_refusal=is_refusal,
            started_at=started_at,
            duration_ms=round((time.monotonic() - started) * 1000),
        )

    def _split(self, state: Step, work: _Work) -> None:
        """Note the parts, then tell of them: should that fail, the message's next delivery does."""
        name = self._message.token
        self._put(name, work.made)
        self._made.begin(self._attempt)
        split = replace(
            state,
            parts=work.parts,
            made=(name,),
            offers=self._offers(work.made.rows),
            warnings=_warnings(work.made),
            count=len(work.made.rows),
            bytes=work.made.bytes,
            by=self._message.token,
            started_at=work.started_at,
        )
        if self._table.split(self._told.asset, self._worker.step, split) is not None:
            self._tell(work.parts)
        else:
            self._too_late()

    def _tell(self, parts: list[str] | tuple[str, ...]) -> None:
        """Tell the workers of this step of parts that are not in."""
        told = replace(self._told, steps=(self._worker.step,), reason="part")
        messages = [replace(told, part=part) for part in parts]
        AssetsTopic(self._settings.assets_topic).publish_all(messages)

    def _arrive(self, state: Step, work: _Work) -> None:
        """A part is made: note it, and close the step if it was the last one."""
        part = self._called.part or ""
        name = f"{part}@{self._message.token}"
        self._put(name, work.made)
        arrived = self._made.arrive(self._attempt, part, name)
        self._measure(work)
        now = self._table.get(self._told.asset.key)
        stands = now.steps.get(self._worker.step) if now else None
        if (
            now is None
            or stands is None
            or now.asset.asset_id != self._told.asset.asset_id
            or stands.attempt != state.attempt
            or not stands.is_pending
            or arrived.get(part) != name
        ):
            self._too_late()
        elif set(stands.parts) <= arrived.keys():
            self._join(stands, arrived)

    def _join(self, state: Step, arrived: Mapping[str, str]) -> None:
        """Every part of a split step is in: close it with all of them."""
        finished_at = utc_now()
        names = (*state.made, *(arrived[part] for part in state.parts))
        rows = self._made.rows(self._attempt, names)
        self._finish(
            replace(
                state,
                status=StepStatus.COMPLETE,
                parts=(),
                made=names,
                offers={**state.offers, **self._offers(rows)},
                count=len(rows),
                bytes=sum(stored.row.bytes for stored in rows),
                by=self._message.token,
                tries=None,
                finished_at=finished_at,
                duration_ms=milliseconds_between(state.started_at or finished_at, finished_at),
            )
        )

    def _close(self, state: Step, work: _Work) -> None:
        """The job is done, or can never be: close the step with what was made."""
        name = self._message.token
        if self._called.part is not None:
            name = f"{self._called.part}@{name}"
        names = self._so_far(state)
        if work.made.rows or work.made.facts:
            self._put(name, work.made)
            names = (*names, name)
        self._measure(work)
        before = self._made.rows(self._attempt, names[:-1]) if len(names) > 1 else ()
        rows = (*before, *work.made.rows)
        self._finish(
            replace(
                state,
                status=StepStatus.FAILED if work.error else StepStatus.COMPLETE,
                parts=(),
                made=names,
                offers={**state.offers, **self._offers(work.made.rows)},
                count=len(rows),
                bytes=sum(stored.row.bytes for stored in rows),
                error=work.error,
                warnings=(*state.warnings, *_warnings(work.made)),
                failed_part=self._called.part if work.error else None,
                is_refusal=work.is_refusal,
                by=self._message.token,
                tries=None,
                started_at=state.started_at or work.started_at,
                finished_at=utc_now(),
                duration_ms=work.duration_ms,
            )
        )

    def _close_without(self, state: Step, code: str, reason: str) -> None:
        """Close the step as failed with what its parts have made, if it has any."""
        names = self._so_far(state)
        rows = self._made.rows(self._attempt, names) if names else ()
        self._finish(
            replace(
                state,
                status=StepStatus.FAILED,
                parts=(),
                made=names,
                count=len(rows),
                bytes=sum(stored.row.bytes for stored in rows),
                error=StepError(code, reason),
                failed_part=self._called.part,
                by=self._message.token,
                finished_at=utc_now(),
            ),
            untidy=True,
        )

    def _so_far(self, state: Step) -> tuple[str, ...]:
        """The items that count in a split step as it stands; none in any other."""
        if not state.parts:
            return ()
        return (*state.made, *self._made.arrived(self._attempt).values())

    def _put(self, name: str, made: Made) -> None:
        """Write down what this try made, for the record to name, or for the finisher to delete."""
        self._has_written = True
        self._made.put(self._attempt, name, made)

    def _finish(self, closing: Step, *, untidy: bool = False) -> None:
        untidy = untidy or self._message.is_again or closing.failed_part is not None
        closed = self._table.close(self._told.asset, self._worker.step, closing, untidy=untidy)
        if closed is not None:
            self._relay.hand_on(closed)
        else:
            self._too_late()

    def _too_late(self) -> None:
        """The step was closed, or asked for again, or a newer version or a deletion has come."""
        key = self._told.asset.key
        if self._has_written:
            self._relay.disturbed(key)
        now = self._table.get(key)
        state = now.steps.get(self._worker.step) if now else None
        if (
            now is not None
            and now.asset.asset_id == self._told.asset.asset_id
            and state is not None
            and state.is_terminal
        ):
            self._relay.hand_on(now, again=True)

    def _offers(self, rows: tuple[Stored, ...]) -> dict[str, Offer]:
        """Those derivatives that another step may read, the first of each name."""
        names = self._settings.plan.read_names
        return {
            stored.row.name: Offer(
                key=stored.row.key,
                format=stored.row.format,
                bytes=stored.row.bytes,
                version_id=stored.version_id,
                etag=stored.etag,
            )
            for stored in reversed(rows)
            if stored.row.name in names
        }

    def _measure(self, work: _Work) -> None:
        count("StepFailed" if work.error else "StepComplete")
        measure_ms("StepDuration", work.duration_ms)
        measure_bytes("BytesIn", self._told.source.bytes)
        measure_bytes("BytesOut", work.made.bytes)


def _exhausted(reason: str) -> str:
    return (
        f"Every try failed, the last one with {reason}. "
        "The message waits in the dead-letter queue, from where it can be redriven."
    )


def _warnings(made: Made) -> tuple[StepError, ...]:
    """What the job wants people to know: its facts have it under `warnings`."""
    told = made.facts.get("warnings", ())
    return tuple(StepError(each["code"], each["message"]) for each in told)
