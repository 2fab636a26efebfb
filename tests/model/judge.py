"""Whether a history ends as it should."""

from __future__ import annotations

from model.check import Wrong, check
from model.drive import Drive, Endless
from model.histories import History, Sweep
from model.inside import World

REDRIVES = 3  # rounds: what fails four times out of five may need more than one


def judge(world: World, history: History, *, strict: bool = False) -> Wrong | None:
    """Play a history to its end; the first thing that is wrong then."""
    return _played(Drive(world, strict=strict), history)


def explain(world: World, history: History) -> str:
    """A history call by call, as far as its failure."""
    drive = Drive(world, is_loud=True)
    wrong = _played(drive, history)
    return "\n".join([*drive.log, f"⇒ {wrong}"])


def _played(drive: Drive, history: History) -> Wrong | None:
    try:
        for action in history:
            drive.play(action)
        drive.rest()
        if drive.has_dead_letters:  # the next sweep reads them
            drive.sweep(Sweep())
            drive.rest()
        if not drive.has_lost:  # what is lost shows when it is overdue, hours later
            for wrong in check(drive):
                return wrong
        drive.settle()
        for wrong in check(drive, redriven=drive.is_only_throttled):
            return wrong
        drive.tell("· every dead letter is redriven")
        for _ in range(REDRIVES):
            if not drive.redrive():
                break
            drive.settle()
        for wrong in check(drive, redriven=True):
            return wrong
    except Endless as error:
        return Wrong("endless", str(error))
    return None
