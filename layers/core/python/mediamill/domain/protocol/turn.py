"""A worker's turn: from the record and a message to what the worker does about it.

the record tells of another version         stale: whoever tried before may have written
this attempt was asked for again since      stale
the step is done                            hand on, once more
… given up, and this message was redriven   ask for the whole step again
… given up, and this message comes on       let it end among the dead letters
it was split, and this is its first word    tell of the parts that are not in
it was split, and this part is in           close it, if it was the last one
two tries crashed                           give up
otherwise                                   work
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum, auto

from mediamill.domain.asset import Record, Step, Tries
from mediamill.domain.kind import Status, StepStatus

GIVEN_UP = frozenset({"retries_exhausted", "crashed", "overdue", "original_gone"})
"""Codes of steps that trying again may still help, if somebody asks for it."""

CRASHES = 2
"""So many tries that ended without a word are enough: a third would end as they did."""


class Move(Enum):
    """What a worker does with a message."""

    DROP = auto()
    STALE = auto()  # drop it, and have the record that stands now looked after
    HAND_ON = auto()
    TELL_PARTS = auto()
    JOIN = auto()
    GIVE_UP = auto()
    REDO = auto()
    PARK = auto()  # fail it until it is a dead letter, from where it can be redriven
    WORK = auto()


@dataclass(frozen=True, slots=True)
class Called:
    """What a message asks of a worker: the step, its attempt, the part; and which try this is.

    `tag` tells this message's deliveries from those of others. `sent_at` (epoch seconds) is when it
    came into the queue, anew where it was redriven.
    """

    asset_id: str
    step: str
    attempt: int
    part: str | None
    number: int
    tag: str
    sent_at: float = 0.0

    @property
    def is_again(self) -> bool:
        """Whether an earlier delivery of this message may have got as far as writing."""
        return self.number > 1


def turn(record: Record | None, called: Called, arrived: Collection[str] = ()) -> Move:
    """The worker's move. `arrived` are the parts of a split step that are in."""
    if record is None:
        return Move.DROP
    state = record.steps.get(called.step)
    stale = record.asset.asset_id != called.asset_id or record.status is Status.DELETED
    if stale or state is None or called.attempt < state.attempt:
        return Move.STALE if called.is_again else Move.DROP
    if state.is_terminal:
        if not _is_given_up(state, called):
            return Move.HAND_ON
        return Move.REDO if _is_redriven(state, called) else Move.PARK
    if state.status is StepStatus.WAITING:
        return Move.DROP
    if state.parts:
        return _turn_of_part(state, called, arrived)
    if called.part is not None:
        return Move.DROP
    return _try(state, called)


def _turn_of_part(state: Step, called: Called, arrived: Collection[str]) -> Move:
    if set(state.parts) <= set(arrived):
        return Move.JOIN
    if called.part is None:
        return Move.TELL_PARTS
    if called.part not in state.parts or called.part in arrived:
        return Move.DROP
    return _try(state, called)


def _try(state: Step, called: Called) -> Move:
    return Move.GIVE_UP if tried(state, called, "").crashes >= CRASHES else Move.WORK


def _is_given_up(state: Step, called: Called) -> bool:
    """Whether the step was given up because of this message, or of its part."""
    return (
        state.error is not None
        and state.error.code in GIVEN_UP
        and state.failed_part == called.part
    )


def _is_redriven(state: Step, called: Called) -> bool:
    """Whether the message comes from the dead letters: somebody wants the step done again.

    It is delivered for the first time, or for a further one, if the account had no room for the
    first; but it came into its queue after the step was given up.
    """
    if not called.is_again:
        return True
    if state.finished_at is None:
        return False
    return called.sent_at > datetime.fromisoformat(state.finished_at).timestamp()


def tried(state: Step, called: Called, at: str) -> Tries:
    """The note of the try that begins: it counts those before it that ended without a word.

    The first try writes no note, so that a file that is done at once costs no write more: the
    crash that is told is that of a second one.
    """
    before = state.tries if state.tries and state.tries.part == called.part else None
    crashes = before.crashes if before else 0
    if before is not None and before.error is None and before.number < called.number:
        crashes += 1
    return Tries(called.number, at, called.part, None, crashes)


def failed(tries: Tries, error: str) -> Tries:
    """The note of a try that ended with an error, which the next one may not end with."""
    return replace(tries, error=error)


def may_differ(state: Step, called: Called) -> bool:
    """Whether this message's earlier delivery may have written after another closed the step."""
    return called.is_again and not state.by.startswith(called.tag)
