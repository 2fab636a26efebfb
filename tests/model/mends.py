"""What keeps each hole of the protocol shut, how to take it out, and a history that shows it then.

Each of them was found missing, or would be: a removal that overtakes its upload, an answer that is
lost, a try that dies between storing and noting, a late worker, deletion or manifest. The histories
are short on purpose: they show that the checks see the hole. `model.search` draws many of them by
chance, and some too seldom to wait for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from mediamill.aws import finish, intake, table, tidy, worker
from mediamill.aws.made import MadeTable
from mediamill.aws.relay import Relay
from mediamill.aws.table import AssetsTable
from mediamill.aws.worker import Worker
from mediamill.domain.asset import Record
from mediamill.domain.protocol.ending import End
from mediamill.domain.protocol.intake import Arrival, Look, on_look
from mediamill.domain.protocol.tidying import Untidiness, compare
from mediamill.domain.protocol.turn import Move
from model.contents import Content
from model.found import FOUND
from model.histories import (
    Delete,
    Deliver,
    Fault,
    Gate,
    History,
    Lose,
    Put,
    Quarantine,
    Resume,
    Rush,
    Throttle,
    Tick,
)

Patch = Callable[[Any, str, Any], None]
REFUSED = Content(step="scan", fails="refuses", times=1)


@dataclass(frozen=True, slots=True)
class Mend:
    """One mend. Taken out, `history` ends with `hole`, a word of `model.check`."""

    take_out: Callable[[Patch], None]
    hole: str
    history: History


@contextmanager
def without(mend: Mend) -> Iterator[None]:
    """The project without one of its mends."""
    undo: list[Callable[[], None]] = []

    def patch(owner: Any, name: str, value: Any) -> None:
        old = getattr(owner, name)
        undo.append(lambda: setattr(owner, name, old))
        setattr(owner, name, value)

    mend.take_out(patch)
    try:
        yield
    finally:
        for each in reversed(undo):
            each()


# ── the mends, taken out ──────────────────────────────────────────────────────────────────────────


def no_tombstone_without_a_record(patch: Patch) -> None:
    """A removal that comes before its upload writes nothing."""

    def forgetful(record: Record | None, *rest: Any, **more: Any) -> Any:
        look, order = on_look(record, *rest, **more)
        return (Look.SKIP, order) if record is None and look is Look.BURY else (look, order)

    patch(intake, "on_look", forgetful)


def no_quarantine(patch: Patch) -> None:
    """Whatever is taken away was deleted."""
    patch(intake, "is_taken_away", lambda *_: False)


def no_look_for_a_delete_marker(patch: Patch) -> None:
    """Whatever is taken away was not deleted as well."""
    patch(intake, "is_deleted", lambda *_: False)


def no_telling_again_at_the_door(patch: Patch) -> None:
    """An opened record is taken to have been told of."""
    _instead(patch, intake, "on_event", Arrival.TELL, Arrival.SKIP)


def no_knowing_of_its_own_writes(patch: Patch) -> None:
    """A condition that does not hold always means that somebody else wrote."""
    standing = table._standing

    def nobody(error: Any) -> None:
        standing(error)

    patch(table, "_standing", nobody)


def no_telling_of_parts_again(patch: Patch) -> None:
    """A split that was noted is taken to have been told of."""
    _instead(patch, worker, "turn", Move.TELL_PARTS, Move.DROP)


def no_joining_again(patch: Patch) -> None:
    """Whoever brings the last part closes the step, or nobody does."""
    _instead(patch, worker, "turn", Move.JOIN, Move.DROP)


def no_handing_on_again(patch: Patch) -> None:
    """A step that is done is taken to have been handed on."""
    _instead(patch, worker, "turn", Move.HAND_ON, Move.DROP)


def no_redoing(patch: Patch) -> None:
    """A redriven message finds its step done."""
    _instead(patch, worker, "turn", Move.REDO, Move.HAND_ON)


def no_care_for_stale_tries(patch: Patch) -> None:
    """A try whose original is gone is taken to have stored nothing before."""
    _instead(patch, worker, "turn", Move.STALE, Move.DROP)
    no_second_look_at_tombstones(patch)  # it would come to the same, a quarter of an hour later


def no_care_for_stale_hand_overs(patch: Patch) -> None:
    """A hand-over of an older version is taken to have written nothing before."""
    _instead(patch, finish, "ending", End.STALE, End.DROP)
    no_second_look_at_tombstones(patch)


def no_telling_of_reopened_steps(patch: Patch) -> None:
    """A finisher that asked for a step again is taken to have told of it."""
    _instead(patch, finish, "ending", End.TELL, End.DROP)


def no_marks(patch: Patch) -> None:
    """Nobody is told that the results may be disturbed."""
    patch(Relay, "disturbed", lambda *_, **__: None)
    no_second_look_at_tombstones(patch)


def no_mark_on_failure(patch: Patch) -> None:
    """What a failed or crashed try has stored is forgotten."""
    close = AssetsTable.close

    def tidily(self: Any, *rest: Any, untidy: bool = False) -> Any:
        return close(self, *rest, untidy=False)

    patch(AssetsTable, "close", tidily)


def no_second_look_after_tidying(patch: Patch) -> None:
    """What a late deletion took of a newer version is nobody's business."""
    carry_out = finish._Ending.carry_out

    def blindly(self: Any, record: Record, is_second_look: bool) -> None:
        self._relay.disturbed = lambda *_, **__: None
        carry_out(self, record, is_second_look)

    patch(finish._Ending, "carry_out", blindly)


def no_look_before_deleting_what_was_made(patch: Patch) -> None:
    """What is listed in the made table is taken to be of this life or of an older one."""
    keep_only = MadeTable.keep_only

    def blindly(self: Any, record: Record, **_: Any) -> None:
        keep_only(self, record, stands=lambda: record)

    patch(MadeTable, "keep_only", blindly)


def no_note_of_what_still_stands(patch: Patch) -> None:
    """An event after which the known version stands leaves no trace."""
    patch(AssetsTable, "known", lambda _self, record, _sequencer: record)


def no_second_look_at_tombstones(patch: Patch) -> None:
    """Who may still be at work on what was deleted is nobody's business."""
    patch(Relay, "look_again", lambda *_: None)


def no_look_for_damage(patch: Patch) -> None:
    """What a late worker wrote over is not missed."""
    _found(patch, damaged=frozenset())


def no_look_for_the_manifest(patch: Patch) -> None:
    """A manifest that a late finisher wrote over is not missed."""
    _found(patch, is_manifest_lost=False)


def no_memory_of_what_was_told(patch: Patch) -> None:
    """Whatever comes to its end again is told of again."""
    patch(finish, "is_news", lambda _: True)


def no_reading_of_dead_letters(patch: Patch) -> None:
    """What ends among the dead letters says nothing."""
    for owner in (Worker, finish.Finish, intake.Intake):
        patch(owner, "bury", lambda *_: True)


def no_asking_for_what_no_worker_had(patch: Patch) -> None:
    """A step whose message is a dead letter is failed, though nobody ever began with it."""
    patch(worker, "is_unheard", lambda *_: False)


def no_asking_for_what_no_finisher_did(patch: Patch) -> None:
    """An asset whose hand-over is a dead letter is failed, though nobody ever came to its end."""
    patch(finish, "is_in_vain", lambda _: True)


def no_asking_for_what_ingest_never_had(patch: Patch) -> None:
    """An event that is a dead letter refuses its file, though nobody ever looked at it."""
    patch(intake, "ASKS", 0)


def _instead(patch: Patch, room: Any, name: str, move: Any, instead: Any) -> None:
    """Have a room of `mediamill.aws` decide otherwise in one case."""
    decide = getattr(room, name)

    def other(*rest: Any, **more: Any) -> Any:
        decided = decide(*rest, **more)
        return instead if decided is move else decided

    patch(room, name, other)


def _found(patch: Patch, **instead: Any) -> None:

    def trusting(*rest: Any, **more: Any) -> Untidiness:
        return replace(compare(*rest, **more), **instead)

    patch(tidy, "compare", trusting)


# ── and the histories that miss them ──────────────────────────────────────────────────────────────


def _delivered(*faults: tuple[int, str], message: int = 0) -> Deliver:
    return Deliver(message, tuple(Fault(number, kind) for number, kind in faults))


_DELIVERED = _delivered()
_UPLOADED = Put(0, Content("image", serial=1))
_OVERWRITTEN = (Put(0, Content("image", serial=2)), *(_DELIVERED,) * 4)
_LONG = Put(0, Content("document", serial=1, pages=2, parts=2))
_REMOVED = (Delete(0), _DELIVERED)
_OVERTAKEN: History = (
    *(_UPLOADED, _DELIVERED, _delivered((3, "pause"))),
    *(*_OVERWRITTEN, _DELIVERED, Resume(0)),
)

_AT_THE_DOOR = (
    Mend(
        no_tombstone_without_a_record,
        "ghost",
        (_UPLOADED, _delivered((3, "pause")), *_REMOVED, Resume(0)),
    ),
    Mend(
        no_note_of_what_still_stands,
        "other version",
        FOUND["a removal that looked before it was undone writes its tombstone after"],
    ),
    Mend(
        no_telling_again_at_the_door,
        "stuck",
        (_UPLOADED, _delivered((4, "crash"))),
    ),
    Mend(
        no_knowing_of_its_own_writes,
        "stuck",
        (_LONG, _DELIVERED, _delivered((5, "lost"), message=1)),
    ),
)
_BY_A_GATE = (
    Mend(no_quarantine, "forgotten", (Gate(), Put(0, REFUSED), Rush(), Quarantine(0))),
    Mend(
        no_look_for_a_delete_marker,
        "ghost",
        (Gate(), Put(0, REFUSED), Rush(), Delete(0), Quarantine(0), Deliver(1)),
    ),
)

_AT_WORK = (
    Mend(
        no_telling_of_parts_again,
        "stuck",
        (_LONG, _DELIVERED, _delivered((6, "crash"), message=1)),
    ),
    Mend(
        no_joining_again,
        "stuck",
        (
            _LONG,
            _DELIVERED,
            *(_delivered(message=1),) * 2,
            _delivered((8, "crash_after"), message=1),
        ),
    ),
    Mend(
        no_handing_on_again,
        "stuck",
        (_UPLOADED, _DELIVERED, _DELIVERED, _delivered((6, "crash"))),
    ),
    Mend(
        no_redoing,
        "given up",
        (Put(0, Content("image", 1, step="image", fails="crashes", times=4)),),
    ),
    Mend(
        no_care_for_stale_tries,
        "left behind",
        (
            _UPLOADED,
            _DELIVERED,
            _delivered((4, "pause"), (5, "crash")),
            *_REMOVED,
            _DELIVERED,
            Resume(0),
        ),
    ),
    Mend(
        no_mark_on_failure,
        "left behind",
        (
            Put(
                0,
                Content("image", 1, step="image", fails="crashes", times=99, stores_first=True),
            ),
        ),
    ),
    Mend(
        no_reading_of_dead_letters,
        "stuck",
        (_UPLOADED, _DELIVERED, *(_delivered((1, "crash")), Tick(400)) * 5),
    ),
)
_AT_THE_END = (
    Mend(
        no_marks,
        "left in the table",
        (*(_UPLOADED, _DELIVERED, _delivered((4, "pause"))), *_REMOVED, Rush(), Resume(0)),
    ),
    Mend(
        no_second_look_after_tidying,
        "no manifest",
        (
            *(_UPLOADED, Rush(), *_REMOVED, _delivered((7, "pause"))),
            *(*_OVERWRITTEN, Resume(0), Rush()),
            *(Tick(800), Tick(400), Lose(0), Lose(0)),  # what a later look would mend
        ),
    ),
    Mend(
        no_look_before_deleting_what_was_made,
        "stuck",
        FOUND["an old finisher deletes the arrivals of a newer version's parts"],
    ),
    Mend(
        no_second_look_at_tombstones,
        "left behind",
        FOUND["a twin stores after the deletion, and dies"],
    ),
    Mend(no_look_for_damage, "other bytes", _OVERTAKEN),
    Mend(
        no_look_for_the_manifest,
        "other manifest",
        (*(_UPLOADED, *(_DELIVERED,) * 3, _delivered((4, "pause"))), *_OVERWRITTEN, Resume(0)),
    ),
    Mend(no_memory_of_what_was_told, "told twice", _OVERTAKEN),
    Mend(
        no_telling_of_reopened_steps,
        "stuck",
        (*_OVERTAKEN, _delivered((12, "crash"))),
    ),
    Mend(
        no_care_for_stale_hand_overs,
        "left behind",
        (
            *(_UPLOADED, *(_DELIVERED,) * 3, _delivered((4, "pause"), (5, "crash"))),
            *(*_REMOVED, _DELIVERED, Resume(0)),
        ),
    ),
)
_WITHOUT_ROOM = (
    Mend(no_asking_for_what_ingest_never_had, "refused", (_UPLOADED, Throttle(0))),
    Mend(no_asking_for_what_no_worker_had, "given up", (_UPLOADED, _DELIVERED, Throttle(0))),
    Mend(
        no_asking_for_what_no_finisher_did,
        "no manifest",
        (_UPLOADED, *(_DELIVERED,) * 3, Throttle(0)),
    ),
)

MENDS: Mapping[str, Mend] = {
    mend.take_out.__name__: mend
    for mend in (*_AT_THE_DOOR, *_BY_A_GATE, *_AT_WORK, *_AT_THE_END, *_WITHOUT_ROOM)
}
