"""What nobody has spoken of for long: ask again twice, then say so.

A message can be lost for good: purged by hand, kept past its fourteen days, or swallowed by a
function that is gone. What waits in a long queue is not lost, and asking again costs a message.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum, auto

from mediamill.domain.asset import Record
from mediamill.domain.kind import Status

NUDGES = 2


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
    return Nudge.CLOSE if is_open and record.nudges >= NUDGES else Nudge.ASK
