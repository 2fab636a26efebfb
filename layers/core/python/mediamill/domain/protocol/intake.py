"""What becomes of an event of the uploads bucket: the bucket and the record decide, not the event.

Events come twice, late and out of order, so an event is only a hint to look. What stands under the
key now is what counts: the version that is there is opened, and where nothing is there, a tombstone
is written, whether there was a record or not; without it, an upload's event that comes after its
removal's would bring a ghost to life. The conditional write that follows fails if the record has
moved meanwhile, and then the move is decided anew.

One event says more than "look": that exactly the version was removed which a gate had refused. Then
the record stays, unless something else stands under the key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from mediamill.domain.asset import Record, asset_id_of, comparable
from mediamill.domain.kind import Status, StepStatus

UNREADABLE = frozenset({"unreadable_original", "archived_original", "intake_failed"})
"""Codes of originals that could not be read at the door, and may be by the time of a redrive."""

OPENING_SECONDS = 180.0
"""How long whoever opened a record is taken to be alive: six times the time-out of ingest."""


class Arrival(Enum):
    """What to do with an event about a key."""

    LOOK = auto()  # it may be news: see what the bucket holds
    TELL = auto()  # the record stands, but its opener may not have told the workers
    SKIP = auto()  # known, or older than the record
    WAIT = auto()  # another delivery may be about to tell, or may be gone: see later


class Look(Enum):
    """What to do after a look into the bucket."""

    OPEN = auto()
    BURY = auto()  # nothing is there: write the tombstone
    SKIP = auto()


@dataclass(frozen=True, slots=True)
class Current:
    """The object that stands under a key now.

    `modified` (ISO 8601, whole seconds) tells one upload from another where there are no versions.
    """

    version_id: str | None
    etag: str
    bytes: int
    modified: str = ""


def on_event(record: Record | None, *, sequencer: str, delivery: str, now: float) -> Arrival:
    """Whether an event, brought by `delivery` at `now` (epoch seconds), is news.

    An event without a sequencer, as lifecycle rules send them, has no place in the order: only the
    bucket can say.
    """
    if record is None or not sequencer:
        return Arrival.LOOK
    known, said = comparable(record.asset.sequencer), comparable(sequencer)
    if known < said:
        return Arrival.LOOK
    if known > said:
        return Arrival.SKIP
    if record.rejection is not None and record.rejection.code in UNREADABLE:
        return Arrival.LOOK  # redriven: it may be readable now
    return on_known(record, delivery=delivery, now=now)


def on_known(record: Record, *, delivery: str, now: float) -> Arrival:
    """Whether `delivery` is to tell of a record that stands: its opener may not have come to it."""
    if _is_moving(record):
        return Arrival.SKIP
    opened = datetime.fromisoformat(record.asset.created_at).timestamp()
    is_over = now - opened > OPENING_SECONDS
    return Arrival.TELL if record.opened_by == delivery or is_over else Arrival.WAIT


def on_look(
    record: Record | None, current: Current | None, *, bucket: str, key: str, sequencer: str
) -> tuple[Look, str]:
    """What follows from what the bucket holds, and the sequencer to write it under."""
    order = sequencer or (record.asset.sequencer if record else "")
    if current is not None and key.endswith("/") and not current.bytes:  # a folder marker
        is_file = record is not None and record.status is not Status.DELETED
        return (Look.BURY if is_file else Look.SKIP), order
    if current is None:
        return Look.BURY, order
    if record is None or record.status is Status.DELETED:
        return Look.OPEN, order
    if record.rejection is not None and record.rejection.code in UNREADABLE:
        return Look.OPEN, order
    known = record.asset
    same = (known.version_id, known.etag) == (current.version_id, current.etag)
    if current.version_id is None:  # the same bytes may have been put again
        again = identity(current, bucket=bucket, key=key, sequencer=order)
        same = same and known.asset_id == again
    return (Look.SKIP if same else Look.OPEN), order


def is_taken_away(record: Record | None, removed: str | None) -> bool:
    """Whether the version `removed` for good is the one that a gate refused.

    Where nothing else stands under the key then, not even a delete marker, nobody deleted the
    file: it was put in quarantine, and the record and its manifest go on saying why.
    """
    return (
        record is not None
        and removed is not None
        and record.asset.version_id == removed
        and any(step.is_refusal for step in record.steps.values())
    )


def identity(current: Current | None, *, bucket: str, key: str, sequencer: str) -> str:
    """The asset's id of what stands under a key; of its tombstone where nothing does."""
    version = current.version_id if current else None
    etag = current.etag if current else "removed"
    if current is not None and version is None and current.modified:
        sequencer = current.modified  # the event may be another upload's than what stands there
    return asset_id_of(bucket, key, version_id=version, etag=etag, sequencer=sequencer)


def _is_moving(record: Record) -> bool:
    """Whether somebody has been told of the record: its opener got that far."""
    if record.status is Status.DELETED:
        return not record.is_untidy
    if record.status is not Status.PROCESSING:
        return True
    first = [step for step in record.steps.values() if step.status is not StepStatus.WAITING]
    return any(step.by or step.tries or step.attempt for step in first)
