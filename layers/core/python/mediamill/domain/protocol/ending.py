"""The end of an asset: from the record and a hand-over to what the finisher does about it."""

from __future__ import annotations

from enum import Enum, auto

from mediamill.domain.asset import Claim, Record, settled_status
from mediamill.domain.kind import Status

CLAIM_SECONDS = 180.0
"""How long a delivery is taken to be alive: six times the time-out of the manifest function."""

UNFINISHED = "manifest_failed"
"""The code of an asset whose manifest could not be written; a redriven hand-over tries again."""


class End(Enum):
    """What the finisher does with a hand-over."""

    DROP = auto()
    STALE = auto()  # drop it, and have the record that stands now looked after
    TELL = auto()  # an earlier try may have asked for steps again, and not told of it
    WAIT = auto()  # another delivery is at it, and may never come to its end: look again later
    FINISH = auto()
    TIDY = auto()


def ending(
    record: Record | None,
    *,
    asset_id: str,
    delivery: str,
    is_again: bool,
    now: float,
    is_second_look: bool = False,
) -> End:
    """The finisher's move for the hand-over of `asset_id`, delivered by `delivery` at `now`."""
    if record is None:
        return End.DROP
    if record.asset.asset_id != asset_id:
        return End.STALE if is_again else End.DROP
    if record.status is Status.PROCESSING or is_unfinished(record) or is_contradicted(record):
        if not record.is_settled:
            return End.TELL if is_again else End.DROP
        mine = may_take(record.finishing, delivery=delivery, now=now)
        return End.FINISH if mine else End.WAIT
    if record.is_untidy or is_second_look:
        return End.TIDY
    # An earlier try may have written or deleted on its way, and met its end before it could say so.
    return End.STALE if is_again else End.DROP


def is_unfinished(record: Record) -> bool:
    """Whether the manifest was given up, and so may be tried again."""
    return record.unfinished is not None


def is_contradicted(record: Record) -> bool:
    """Whether the end was told, and then another by somebody late, so that it is to be told again.

    See `AssetsTable.mark_untidy`.
    """
    return record.status not in (Status.PROCESSING, Status.DELETED) and record.told is None


def may_take(claim: Claim | None, *, delivery: str, now: float) -> bool:
    """Whether `delivery` may go on: nobody claimed it, it did so itself, or the claimant is gone.

    A queue brings a message back until it is done or dead, so whoever claimed comes again; a claim
    that has outlived its delivery can be taken over. So no claim can be left behind.
    """
    return claim is None or claim.delivery == delivery or now - claim.since > CLAIM_SECONDS


def is_news(record: Record) -> bool:
    """Whether the record's end has not been told yet: the first one, or one that turned out other.

    An asset that was mended, and is what it was, is told only once; unless somebody may have told
    something else in between, and died.
    """
    status = settled_status(record)
    return record.told is not status or record.telling not in (None, status)
