"""What nobody has spoken of for long: ask again twice, then say so.

A message can be lost for good: purged by hand, kept past its fourteen days, or swallowed by a
function that is gone. What waits in a long queue is not lost, and asking again costs a message.

So it is with a message that its function never had: where an account has no room for another
instance, Lambda receives, is refused, and lets go, until the message is a dead letter. As long as
nobody has begun with what it asks for, it is asked for again.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto

from mediamill.domain.asset import Record, Step
from mediamill.domain.kind import Status

NUDGES = 2

ASKS = 3
"""So often an event that nothing is known of is put back into its queue, and then refused."""


class Nudge(Enum):
    """What to do with a record that is still being processed."""

    LEAVE = auto()
    ASK = auto()  # tell the workers, or the finisher, once more
    CLOSE = auto()  # fail the steps that nobody answers for


def overdue(record: Record, *, now: float, patience: float) -> Nudge:
    """The sweep's move at `now` (epoch seconds), after `patience` seconds without a word.

    What is final and still to be tidied is asked for as often as it takes.
    """
    is_open = record.status is Status.PROCESSING
    if record.updated_at is None or not (is_open or record.is_untidy):
        return Nudge.LEAVE
    if now - datetime.fromisoformat(record.updated_at).timestamp() < patience:
        return Nudge.LEAVE
    return Nudge.CLOSE if is_open and is_in_vain(record) else Nudge.ASK


def is_unheard(record: Record, step: Step, part: str | None) -> bool:
    """Whether no worker has begun with a pending step, or with this part, as far as is known.

    A first try that ends without a word says nothing either; asking once more does no harm. What is
    asked for in vain for long is overdue as well, and is not asked for any more after that.
    """
    tried = step.tries is not None and step.tries.part == part
    return not tried and not is_in_vain(record)


def is_in_vain(record: Record) -> bool:
    """Whether a record was overdue so often that its messages are not asked for any more."""
    return record.nudges >= NUDGES
