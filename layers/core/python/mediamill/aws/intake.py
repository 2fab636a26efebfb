"""Intake: an event of the uploads bucket in; what stands there opened, or its tombstone written.

`domain/protocol/intake.py` says what to do; this carries it out.
"""

from __future__ import annotations

import time
from datetime import datetime
from functools import cached_property

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from mediamill.aws.messages import Delivery, FanOut, StorageEvent, storage_events
from mediamill.aws.observe import ComeAgain, about, about_key, count, logger
from mediamill.aws.relay import Relay, original
from mediamill.aws.storage import Unreadable, glance, is_deleted, look, reach
from mediamill.aws.table import AssetsTable, utc_now
from mediamill.aws.topics import AssetsTopic, IngestQueue
from mediamill.domain.asset import Asset, Record, comparable
from mediamill.domain.bounded import deadline
from mediamill.domain.detect import HEAD_BYTES, Detected, detect
from mediamill.domain.errors import TimedOut, Unprocessable
from mediamill.domain.keys import check_key
from mediamill.domain.kind import Kind, Status
from mediamill.domain.manifest import StepError
from mediamill.domain.moving_picture import Reach
from mediamill.domain.plan import too_large
from mediamill.domain.protocol.intake import (
    OPENING_SECONDS,
    UNREADABLE,
    Arrival,
    Current,
    Look,
    identity,
    is_taken_away,
    on_event,
    on_known,
    on_look,
)
from mediamill.domain.protocol.overdue import ASKS
from mediamill.settings import Settings

TOMBSTONE_SECONDS = 15 * 24 * 3600
"""A tombstone outlives every queue: SQS keeps a message for 14 days at most."""

_RECOGNISE_SECONDS = 2.0

_FAILED = StepError(
    "intake_failed",
    "The file could not be taken in. Its message waits in the dead-letter queue, from where it can "
    "be redriven.",
)


class Intake:
    """Opens assets: one record per uploads key, told to the workers once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def handle(self, message: Delivery, context: LambdaContext) -> None:
        """Take in every event of one message; a file that cannot be read is tried again.

        The last try that was refused opens it as rejected.
        """
        is_last = message.attempt >= self._settings.max_receive_count
        for event in storage_events(message):
            about_key(event.key)
            if event.bucket != self._settings.uploads_bucket:
                logger.warning("skipped: an event of another bucket", bucket=event.bucket)
            else:
                try:
                    self._take(event, message.tag)
                except (Unreadable, ClientError, TimedOut) as error:
                    if is_last:
                        self._take(event, message.tag, instead=_why(error))
                    raise

    @cached_property
    def _relay(self) -> Relay:
        return Relay(self._settings)

    @property
    def _table(self) -> AssetsTable:
        return self._relay.table

    def bury(self, letter: Delivery) -> bool:
        """A dead letter of the ingest queue: whether to keep it, to be redriven.

        As long as nobody has said anything of it, it is put back; at last, whatever stands under
        its keys is opened as rejected.
        """
        bucket = self._settings.uploads_bucket
        events = [event for event in storage_events(letter) if event.bucket == bucket]
        if letter.asks < ASKS and not any(map(self._is_refused, events)):
            if events:
                logger.info("asked for again", keys=[event.key for event in events])
                IngestQueue(self._settings.ingest_queue).put_back(letter)
            return False
        for event in events:
            about_key(event.key)
            if not self._is_refused(event):
                self._take(event, letter.tag, instead=_FAILED)
        return any(map(self._is_refused, events))

    def _is_refused(self, event: StorageEvent) -> bool:
        """Whether the record says that this event's file could not be read."""
        seen = self._table.get(event.key)
        return (
            seen is not None
            and seen.rejection is not None
            and seen.rejection.code in UNREADABLE
            and comparable(event.sequencer or seen.asset.sequencer)
            == comparable(seen.asset.sequencer)
        )

    def _take(
        self, event: StorageEvent, delivery: str, *, instead: StepError | None = None
    ) -> None:
        """Bring the record to what the bucket holds; `instead` refuses it without reading it."""
        while True:  # each round sees a newer record, so the rounds come to an end
            seen = self._table.get(event.key)
            arrival = on_event(seen, sequencer=event.sequencer, delivery=delivery, now=time.time())
            if arrival is not Arrival.LOOK and seen is not None:
                return self._known(seen, arrival)
            try:
                found = look(event.bucket, event.key, HEAD_BYTES)
            except (Unreadable, ClientError):
                if instead is None:
                    raise
                unread = _unread(event, seen)
                found = (unread, b"") if unread else None
            current, head = found if found else (None, b"")
            if instead is not None:
                head = b""  # reading it may be what went wrong
            decision, order = on_look(
                seen, current, bucket=event.bucket, key=event.key, sequencer=event.sequencer
            )
            if decision is Look.BURY and self._is_quarantined(seen, event):
                decision = Look.SKIP
            if decision is Look.SKIP:
                if seen is None:
                    logger.info("skipped: a folder marker")
                    return
                stands = self._table.known(seen, comparable(order))
                if stands is None:
                    continue
                arrival = on_known(stands, delivery=delivery, now=time.time())
                return self._known(stands, arrival)
            if decision is Look.BURY:
                record = self._tombstone(event, order, seen, delivery)
            else:
                why = instead or self._refusal(event.key, current)
                record = self._record(event.key, current, order, seen, delivery, head, why)
            opened = self._table.open(record, instead_of=seen)
            if opened is not None:
                return self._tell(opened)

    def _is_quarantined(self, seen: Record | None, event: StorageEvent) -> bool:
        """Whether nothing stands there because what a gate refused was taken away."""
        return is_taken_away(seen, event.removed) and not is_deleted(event.bucket, event.key)

    def _known(self, record: Record, arrival: Arrival) -> None:
        """The record says it all; what is left to do is to tell of it, if anything is."""
        if arrival is Arrival.WAIT:
            raise ComeAgain("another delivery has just opened this", OPENING_SECONDS)
        if arrival is Arrival.TELL:
            self._tell(record)
        else:
            logger.info("skipped: known, or older than the record")

    def _record(
        self,
        key: str,
        current: Current | None,
        sequencer: str,
        seen: Record | None,
        delivery: str,
        head: bytes,
        why: StepError | None,
    ) -> Record:
        bucket = self._settings.uploads_bucket
        found = _recognised(head, key, reach(bucket, key, current) if current and head else None)
        asset_id = identity(current, bucket=bucket, key=key, sequencer=sequencer)
        same = seen is not None and seen.asset.asset_id == asset_id
        size = current.bytes if current else 0
        limits = self._settings.limits
        return Record(
            asset=Asset(
                asset_id=asset_id,
                bucket=bucket,
                key=key,
                version_id=current.version_id if current else None,
                etag=current.etag if current else "",
                sequencer=comparable(sequencer),
                bytes=size,
                kind=found.kind,
                content_type=found.content_type,
                created_at=utc_now(),
            ),
            status=Status.PROCESSING,
            steps={} if why else self._settings.plan.first(found.kind, size, limits),
            rejection=why,
            opened_by=delivery,
            is_untidy=seen is not None,  # somebody of its earlier life may be at work still
            announced=seen.announced if seen else 0,  # whoever was told is told of a new life too
            told=seen.told if seen and same else None,  # and once of one that could not be read
        )

    def _tombstone(
        self, event: StorageEvent, sequencer: str, seen: Record | None, delivery: str
    ) -> Record:
        created_at = utc_now()
        begun = int(datetime.fromisoformat(created_at).timestamp())
        return Record(
            asset=Asset(
                asset_id=identity(None, bucket=event.bucket, key=event.key, sequencer=sequencer),
                bucket=event.bucket,
                key=event.key,
                version_id=None,
                etag="",
                sequencer=comparable(sequencer),
                bytes=0,
                kind=seen.asset.kind if seen else Kind.OTHER,
                content_type=seen.asset.content_type if seen else "application/octet-stream",
                created_at=created_at,
            ),
            status=Status.DELETED,
            steps={},
            opened_by=delivery,
            is_untidy=_is_disturbing(seen),
            announced=seen.announced if seen else 0,  # whoever was told is told of a new life too
            expires_at=begun + TOMBSTONE_SECONDS,
        )

    def _refusal(self, key: str, current: Current | None) -> StepError | None:
        size, limits = current.bytes if current else 0, self._settings.limits
        if size > limits.any_bytes:
            return too_large(None, size, limits.any_bytes)
        try:
            check_key(key, [profile.name for profile in self._settings.profiles])
        except Unprocessable as error:
            return StepError(error.code, str(error))
        return None

    def _tell(self, record: Record) -> None:
        """Hand the record over to whoever goes on with it."""
        asset = record.asset
        about(asset)
        if record.status is Status.DELETED:
            if record.is_untidy:
                self._relay.hand_over(asset)
            logger.info("buried")
            return
        pending = {name: step for name, step in record.steps.items() if step.is_pending}
        first = tuple(
            name for name, step in pending.items() if not step.attempt and not step.source
        )
        if first:
            AssetsTopic(self._settings.assets_topic).publish(FanOut(asset, original(asset), first))
        # What has been opened since, or asked for again, reads what its own step says.
        later = {name: step for name, step in pending.items() if name not in first}
        self._relay.tell(record, later, "again")
        if record.is_settled:  # refused, or nothing is left to do
            self._relay.hand_over(asset)
        count("AssetOpened")
        logger.info("opened", content_type=asset.content_type, bytes=asset.bytes)


def _is_disturbing(seen: Record | None) -> bool:
    """Whether the results may hold something of what stood there before."""
    return seen is not None and (seen.status is not Status.DELETED or seen.is_untidy)


def _unread(event: StorageEvent, seen: Record | None) -> Current | None:
    """What stands under a key that may not be read. Raises ClientError.

    Where S3 does not even say that, an upload's event is of something new, which is refused; after
    a removal it may be what the record tells of: that is not given up for a passing fault.
    """
    try:
        return glance(event.bucket, event.key)
    except ClientError:
        if event.is_removal and seen is not None and seen.status is not Status.DELETED:
            raise
        return Current(None, "unreadable", 0)


def _why(error: Exception) -> StepError:
    return StepError(error.code, str(error)) if isinstance(error, Unreadable) else _FAILED


def _recognised(head: bytes, key: str, reach: Reach | None) -> Detected:
    """What a file is by its first bytes; by its name alone where these are made to confuse.

    Raises TimedOut: the other messages of the batch want their time too.
    """
    with deadline(_RECOGNISE_SECONDS):
        try:
            return detect(head, key, reach)
        except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError):
            logger.exception("the file confuses its recogniser")
            return detect(b"", key)
