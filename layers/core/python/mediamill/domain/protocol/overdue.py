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
    """The sweep's move at `now` (epoch seconds), after `patience` seconds without a word."""
    if record.status is not Status.PROCESSING or record.updated_at is None:
        return Nudge.LEAVE
    if now - datetime.fromisoformat(record.updated_at).timestamp() < patience:
        return Nudge.LEAVE
    return Nudge.ASK if record.nudges < NUDGES else Nudge.CLOSE
