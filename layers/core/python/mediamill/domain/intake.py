"""What becomes of an event: the table's record decides, not the message.

Events come twice, late and out of order. `decide` settles each case from what the event says and
what the record says; the conditional write that follows fails if the record has moved meanwhile,
and then the decision is made anew.
"""

from __future__ import annotations

from enum import Enum, auto

from mediamill.domain.asset import Claim, Record, comparable
from mediamill.domain.kind import Status

CLAIM_SECONDS = 180.0
"""How long a delivery is taken to be alive: six times the time-out of ingest and manifest."""


class Decision(Enum):
    """What to do with an event about a key."""

    OPEN = auto()  # it is news: write the record, then publish
    RESUME = auto()  # the record stands, but its opener did not get to publish
    SKIP = auto()  # known, older, or in the hands of another delivery


def decide(record: Record | None, *, sequencer: str, delivery: str, now: float) -> Decision:
    """Whether the event `sequencer`, brought by `delivery` at `now` (epoch seconds), is news."""
    if record is None or comparable(record.asset.sequencer) < comparable(sequencer):
        return Decision.OPEN
    if comparable(record.asset.sequencer) > comparable(sequencer) or record.is_published:
        return Decision.SKIP
    may_resume = may_take(record.opening, delivery=delivery, now=now)
    return Decision.RESUME if may_resume else Decision.SKIP


def may_take(claim: Claim | None, *, delivery: str, now: float) -> bool:
    """Whether `delivery` may go on: nobody claimed it, it did so itself, or the claimant is gone.

    A queue brings a message back until it is done or dead, so whoever claimed comes again; a claim
    that has outlived its delivery can be taken over. So no claim can be left behind.
    """
    return claim is None or claim.delivery == delivery or now - claim.since > CLAIM_SECONDS


def may_finish(record: Record, *, delivery: str, now: float) -> bool:
    """Whether `delivery` may write the manifest of this record now."""
    return (
        record.status is Status.PROCESSING
        and record.is_settled
        and may_take(record.finishing, delivery=delivery, now=now)
    )
