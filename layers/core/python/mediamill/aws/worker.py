"""A worker: reads what the message names, has the domain do the work, stores, closes the step.

The step is closed before the message is acknowledged, and a retry of a closed step only repeats
the hand-over: so the hand-over happens at least once, and every effect ends as if it had once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from mediamill.aws import storage
from mediamill.aws.observe import (
    LambdaHandler,
    about,
    count,
    logger,
    measure_bytes,
    measure_ms,
    queue_handler,
)
from mediamill.aws.ranged import OriginalGone, RangedFile
from mediamill.aws.records import Delivery, FanOut, HandOver, fan_out
from mediamill.aws.storage import Results, Shelf
from mediamill.aws.table import AssetsTable, utc_now
from mediamill.aws.topics import AssetsTopic, ManifestQueue, OwnQueue
from mediamill.domain.asset import Asset, Record, Source, Step, gathered, joined
from mediamill.domain.bounded import SHARE, deadline
from mediamill.domain.derivative import Derivative, Product
from mediamill.domain.errors import Unprocessable
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill.domain.manifest import StepError
from mediamill.domain.stored import StoredFacts
from mediamill.domain.workers import follow_up
from mediamill.settings import Settings

_GRACE_SECONDS = 5  # added to a function's remaining time before its last try counts as lost


@dataclass(frozen=True, slots=True)
class Task:
    """What a job is given: the asset, the source to read, and a place for what it makes.

    `part` is the part of a split job that is to be done now; `parts` collects those that the job
    leaves to other deliveries.
    """

    asset: Asset
    source: Source
    settings: Settings
    shelf: Shelf
    part: str | None = None
    parts: list[str] = field(default_factory=list)

    def read(self) -> bytes:
        """All bytes of the source, which the limits of its kind allow. Raises TooLarge."""
        return storage.read(self.source, self.settings.limits.bytes_for(self.source.kind))

    def open(self) -> RangedFile:
        """The source as a file, of which only what is read is fetched."""
        return storage.ranged(self.source)

    def stored(self) -> StoredFacts:
        """What S3 itself knows of the source."""
        return storage.stored_facts(self.source)

    def store(self, product: Product) -> None:
        """Store a product under its name in the results bucket, while the job goes on."""
        self.shelf.put(product)

    def leave(self, part: str) -> None:
        """Leave a part of the job to another delivery; the step closes when the last one is in."""
        self.parts.append(part)


Job = Callable[[Task], Mapping[str, Any]]
"""Stores products, and returns the step's share of the manifest. Raises Unprocessable."""


def worker(step: str, settings: Settings, job: Job) -> LambdaHandler:
    """The Lambda handler of the worker that does `job` as the step `step`."""
    return queue_handler(Worker(step, settings, job).handle)


@dataclass(frozen=True, slots=True)
class Worker:
    """One step of every asset that the assets topic brings."""

    step: str
    settings: Settings
    job: Job

    def handle(self, message: Delivery, context: LambdaContext) -> None:
        """Do the step for the asset of one message, unless it is done or no longer wanted."""
        told = fan_out(message)
        about(told.asset)
        record = self.table.get(told.asset.key)
        if record is None or record.asset.asset_id != told.asset.asset_id:
            logger.info("dropped: a newer version or a deletion has come")
            if message.attempt > 1:  # an earlier try may have got as far as writing
                self._undo(told.asset, ())
            return
        state = record.steps.get(self.step)
        if state is None:
            logger.warning("dropped: this asset has no such step", step=self.step)
            return
        if state.is_terminal:
            self._hand_on(record)
            return
        if (state.parts or told.part) and not self._has_work(told, record):
            return
        is_last = message.attempt >= self.settings.max_receive_count
        seconds = context.get_remaining_time_in_millis() / 1000
        if is_last:  # should this try end without a word, somebody has to say so
            overdue = HandOver(told.asset.key, told.asset.asset_id, self.step, told.part)
            self.manifest_queue.send(overdue, delay_seconds=round(seconds) + _GRACE_SECONDS)
        try:
            closing = self._work(told, state, seconds * SHARE)
        except OriginalGone as gone:
            logger.info("dropped: gone, its removal is on the way", reason=str(gone))
            return
        except Exception as error:
            if is_last:
                self._close(told.asset, _exhausted(state, error))
            raise
        if closing.status is StepStatus.PENDING:
            self._split(told, closing)
        elif told.part is not None:
            self._part(told.asset, told.part, closing)
        else:
            self._close(told.asset, closing)

    def _work(self, told: FanOut, state: Step, seconds: float) -> Step:
        started_at, started = utc_now(), time.monotonic()
        error: StepError | None = None
        facts: Mapping[str, Any] = {}
        parts: list[str] = []
        results = Results(self.settings.results_bucket, self.settings.cache_control)
        stored: tuple[Derivative, ...] = ()
        with Shelf(results, told.asset) as shelf:
            try:
                with deadline(seconds):
                    facts = self.job(
                        Task(told.asset, told.source, self.settings, shelf, told.part, parts)
                    )
            except Unprocessable as refusal:
                error = StepError(refusal.code, str(refusal))
                logger.info("failed", code=refusal.code, reason=str(refusal))
            stored = shelf.stored()
        duration_ms = round((time.monotonic() - started) * 1000)
        if parts and not error:
            made = replace(state, derivatives=stored, facts=facts, started_at=started_at)
            return replace(made, parts=dict.fromkeys(parts, ()))
        count("StepFailed" if error else "StepComplete")
        measure_ms("StepDuration", duration_ms)
        measure_bytes("BytesIn", told.source.bytes)
        measure_bytes("BytesOut", sum(row.bytes for row in stored))
        return replace(
            state,
            status=StepStatus.FAILED if error else StepStatus.COMPLETE,
            derivatives=stored,
            error=error,
            facts=facts,
            started_at=started_at,
            finished_at=utc_now(),
            duration_ms=duration_ms,
        )

    def _has_work(self, told: FanOut, record: Record) -> bool:
        """Whether a message about a split step asks for a part that is not in yet."""
        state = record.steps[self.step]
        if told.part is None:  # split by an earlier try, which may not have told of every part
            self._tell(told, state)
            return False
        if state.is_in:
            self._close(record.asset, joined(state, utc_now()))
        return state.parts.get(told.part) == ()

    def _split(self, told: FanOut, split: Step) -> None:
        record = self.table.split(told.asset, self.step, split)
        if record is not None:
            self._tell(told, split)
            return
        now = self.table.get(told.asset.key)
        if now is None or now.asset.asset_id != told.asset.asset_id:
            self._undo(told.asset, split.derivatives)

    def _tell(self, told: FanOut, state: Step) -> None:
        """Put every part that is not in on the worker's own queue."""
        messages = [replace(told, part=part) for part, made in state.parts.items() if not made]
        OwnQueue(self.settings.own_queue).send(messages)

    def _part(self, asset: Asset, part: str, done: Step) -> None:
        """Note what a part has made; close the step with the last part, or with one that failed."""
        record = self.table.part(asset, self.step, done.attempt, part, done.derivatives)
        if record is not None:
            closing = joined(record.steps[self.step], utc_now())
            if done.error is not None:
                closing = replace(closing, status=StepStatus.FAILED, error=done.error)
                self._close(asset, closing)
            elif record.steps[self.step].is_in:
                self._close(asset, closing)
            return
        now = self.table.get(asset.key)
        if now is None or now.asset.asset_id != asset.asset_id:
            self._undo(asset, done.derivatives)
        elif now.steps[self.step].is_terminal:  # another part failed, or this one came twice
            owned = {row.key for row in now.derivatives}
            keys = [row.key for row in done.derivatives if row.key not in owned]
            Results(self.settings.results_bucket).delete(keys)

    def _close(self, asset: Asset, closing: Step) -> None:
        following = follow_up(self.step, closing)
        opens = {following[0]: Step()} if following else {}
        record = self.table.close(asset, self.step, closing, opens=opens)
        if record is not None:
            self._hand_on(record)
            return
        now = self.table.get(asset.key)
        if now is not None and now.asset.asset_id == asset.asset_id:
            if now.steps[self.step].is_terminal:  # another delivery of the message was faster
                self._hand_on(now)
            return
        self._undo(asset, closing.derivatives)

    def _hand_on(self, record: Record) -> None:
        """To the step that reads what this one made, or, if this was the last one, to the end."""
        following = follow_up(self.step, record.steps[self.step])
        if following is not None and not record.steps[following[0]].is_terminal:
            self.topic.publish(FanOut(record.asset, self._made(following[1])))
        elif record.is_settled and record.status is Status.PROCESSING:
            self.manifest_queue.send(HandOver(record.asset.key, record.asset.asset_id))

    def _made(self, row: Derivative) -> Source:
        kind = "document" if row.format == "pdf" else "image"
        return Source(
            bucket=self.settings.results_bucket,
            key=row.key,
            version_id=None,
            kind=Kind(kind),
            content_type=row.content_type,
            bytes=row.bytes,
        )

    def _undo(self, asset: Asset, stored: tuple[Derivative, ...]) -> None:
        """This worker was too late, and may have written over what a newer version made.

        Where the newer version has this step, it is asked for again. What it does not own, or
        does not own yet, is deleted: the late worker may have made more than it will.
        """
        while True:
            newer = self.table.get(asset.key)
            wanted = newer is not None and newer.status is not Status.DELETED
            owned = {row.key for row in newer.derivatives} if newer and wanted else set()
            keys = [row.key for row in stored if row.key not in owned]
            Results(self.settings.results_bucket).delete(keys)
            if newer is None or not wanted or self.step not in newer.steps:
                return
            again = self.table.reopen(newer, self.step)
            if again is not None:
                self.topic.publish(FanOut(again.asset, self._source(again)))
                return

    def _source(self, record: Record) -> Source:
        """What this step of a record reads: the original, or what an earlier step made of it."""
        for name, state in record.steps.items():
            following = follow_up(name, state)
            if following is not None and following[0] == self.step:
                return self._made(following[1])
        return original(record.asset)

    @property
    def table(self) -> AssetsTable:
        """The assets table."""
        return AssetsTable(self.settings.assets_table)

    @property
    def topic(self) -> AssetsTopic:
        """The assets topic."""
        return AssetsTopic(self.settings.assets_topic)

    @property
    def manifest_queue(self) -> ManifestQueue:
        """The manifest queue."""
        return ManifestQueue(self.settings.manifest_queue)


def original(asset: Asset) -> Source:
    """The original itself, as a source."""
    return Source(
        bucket=asset.bucket,
        key=asset.key,
        version_id=asset.version_id,
        kind=asset.kind,
        content_type=asset.content_type,
        bytes=asset.bytes,
        etag=asset.etag,
    )


def _exhausted(state: Step, error: Exception) -> Step:
    return replace(
        gathered(state),
        status=StepStatus.FAILED,
        error=StepError(
            "retries_exhausted",
            f"Every try failed, the last one with {type(error).__name__}. "
            "The message waits in the dead-letter queue.",
        ),
        finished_at=utc_now(),
    )
