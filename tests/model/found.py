"""Histories that went wrong once, and must not again: found by chance or by thinking.

Each is the shortest that showed its hole. `model.mends` has those whose mend can be taken out.
"""

from __future__ import annotations

from collections.abc import Mapping

from model.contents import Content
from model.histories import (
    Delete,
    Deliver,
    Fault,
    History,
    Put,
    Redrive,
    Resume,
    Rush,
    Throttle,
    Tick,
)


def _at(number: int, kind: str = "pause") -> tuple[Fault, ...]:
    return (Fault(number, kind),)


_NEXT = Deliver(0)
_LONG = Content("document", 1, pages=4, parts=2)
_LONGER = Content("document", 2, pages=4, parts=2)
_FAILING = Content("image", 1, pages=2, step="image", fails="raises", times=5)
_HALF = Content("image", 1, pages=2, step="image", fails="raises", times=5, stores_first=True)
_GIVEN_UP: History = (
    _NEXT,
    *(each for wait in (30, 30, 30, 200, 400) for each in (_NEXT, Tick(wait))),
)
_OTHER = Content("image", 2, pages=1)
_LATE_TWIN = Deliver(0, (*_at(3), *_at(4, "crash")), twin=True)
_REDONE: History = (Redrive(), _NEXT, _NEXT)


def _partial(*faults: Fault) -> History:
    """A photo whose image step was given up, and its finisher, with faults."""
    return (Put(0, _HALF), *_GIVEN_UP, _NEXT, _NEXT, Deliver(0, faults))


FOUND: Mapping[str, History] = {
    "an old finisher deletes the arrivals of a newer version's parts": (
        *(Put(0, _LONG), Rush(), Delete(0), _NEXT, Deliver(0, _at(7))),
        *(Put(0, _LONGER), _NEXT, Deliver(1), Resume(0)),
    ),
    "a twin at the door sends the original to a step that reads a derivative": (
        *(Put(0, Content("office", 1, pages=2)), Deliver(0, _at(3), twin=True)),
        *(_NEXT, Deliver(1), Resume(0), Deliver(3)),
    ),
    "a removal that looked before it was undone writes its tombstone after": (
        *(Put(0, Content("other", 1)), Rush(), Delete(0), Deliver(0, _at(3))),
        *(Delete(0, undo=True), _NEXT, Resume(0)),
    ),
    "a twin stores after the deletion, and dies": (
        *(Put(0, Content("image", 1, pages=1)), _NEXT),
        *(Deliver(0, (*_at(3), *_at(4, "crash")), twin=True), _NEXT, Rush(), Delete(0)),
        *(Rush(), Resume(0)),
    ),
    "a twin stores over what a newer version has made, and dies": (
        *(Put(0, Content("image", 1, pages=1)), _NEXT, _LATE_TWIN, _NEXT, Rush()),
        *(Put(0, _OTHER), Rush(), Resume(0)),
    ),
    "a twin stores over what a newer version has made, and may not say so": (
        *(Put(0, Content("image", 1, pages=1)), _NEXT),
        *(Deliver(0, (*_at(3), *_at(4, "refused")), twin=True), _NEXT, Rush()),
        *(Put(0, _OTHER), Rush(), Resume(0)),
    ),
    "a twin stores another PDF of the same file, and dies": (
        *(Put(0, Content("office", 1, pages=1)), _NEXT),
        *(Deliver(1, (*_at(3), *_at(4, "crash")), twin=True), Deliver(1), Rush(), Resume(0)),
    ),
    "a twin of a tombstone's finisher deletes what the next life made, and dies": (
        *(Put(0, Content("image", 1, pages=1)), Rush(), Delete(0), _NEXT),
        *(Deliver(0, (*_at(6), *_at(7, "crash")), twin=True), _NEXT),
        *(Put(0, _OTHER), Rush(), Resume(0)),
    ),
    "a late finisher's manifest stands over that of a step that was redone": (
        *(*_partial(*_at(12)), *_REDONE, _NEXT, Resume(0)),
    ),
    "a late finisher deletes what a step that was redone has made": (
        *(*_partial(*_at(7)), *_REDONE, _NEXT, Resume(0)),
    ),
    "a finisher that died after telling is followed by another end": (
        *(*_partial(*_at(14, "crash")), *_REDONE),
    ),
    "a finisher that told one end comes to another": (*(*_partial(*_at(14)), *_REDONE, Resume(0)),),
    "whoever noted the last part dies, and a twin of that part comes after": (
        *(Put(0, Content("document", 1, pages=3, parts=2)), Deliver(2), Deliver(2), Deliver(5)),
        Deliver(2, (*_at(8, "crash"), *_at(2, "lost_pause")), twin=True),
        *(Deliver(6, _at(7)), Deliver(1), Resume(34)),
    ),
    "a finisher dies, and there is no room for its further tries": (
        *(Put(0, Content("image", 1, pages=1)), Rush(), Put(0, _OTHER), *(_NEXT,) * 3),
        *(Deliver(0, _at(9, "crash")), Tick(400), Throttle(0)),
    ),
    "a redriven step is reset, the answer is lost, and somebody else writes": (
        *(Put(0, _FAILING), *_GIVEN_UP, Redrive(), Deliver(0, _at(2, "lost_pause"))),
        *(_NEXT, Resume(0)),
    ),
}
