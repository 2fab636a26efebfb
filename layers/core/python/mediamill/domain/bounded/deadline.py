"""A step's share of the function's time: past it, the step fails with `timed_out`.

An alarm raises `Alarm` into the block, which no `except Exception` swallows: not botocore's, which
would try the call again, and no parser's, which would say that the file is broken. Where something
swallows it nevertheless (`except:`, a callback from native code, `__del__`), it rings again until
the block is left. Only there does it become TimedOut.

A signal is heard between two bytecodes, and ends a wait for a socket, a lock or a child; it does
not cut a single long call into a decoder short. That is what children, limits and the function's
own time-out are for. Only the main thread hears signals: elsewhere the block fails at its edge, and
children that it waits for are bounded by `left()`.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Self

from mediamill.domain.bounded import children
from mediamill.domain.bounded.quiet import is_undisturbed, undisturbed
from mediamill.domain.errors import TimedOut

SHARE = 0.8

_AGAIN = 0.01  # seconds between two rings: a loop may swallow one for each of its rounds
_GRACE = 2.0  # seconds that a clean-up, which is handling the alarm, may take undisturbed


class Alarm(BaseException):
    """The time is over. Let it pass: the edge of the deadline's block turns it into TimedOut."""


class _Open(threading.local):
    """The deadlines that the current thread is in, outermost first."""

    def __init__(self) -> None:
        self.deadlines: list[Deadline] = []


_open = _Open()


def deadline(seconds: float) -> Deadline:
    """A block that raises TimedOut once `seconds` are over. Deadlines nest: the earliest rings."""
    return Deadline(seconds)


def left() -> float | None:
    """Seconds until the earliest deadline that this thread is in; None where it is in none."""
    if not _open.deadlines:
        return None
    return max(0.0, min(each.until for each in _open.deadlines) - time.monotonic())


def at_most(seconds: float | None) -> float | None:
    """`seconds`, or what is left where that is less, and never negative; None is no bound."""
    bounds = [each for each in (seconds, left()) if each is not None]
    return max(0.0, min(bounds)) if bounds else None


def forget() -> None:
    """In a forked child: the deadlines are its parent's, who ends it."""
    _open.deadlines.clear()


class Deadline:
    """One block's time; made by `deadline`."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.until = 0.0
        self.rang = False

    @undisturbed  # raised here, the alarm would come out of the statement and not of its block
    def __enter__(self) -> Self:
        self.until = time.monotonic() + self.seconds
        self._born_before = children.mark()
        self._is_heard = threading.current_thread() is threading.main_thread()
        if self._is_heard and not _open.deadlines:
            self._before = signal.signal(signal.SIGALRM, _ring)
        _open.deadlines.append(self)
        if self._is_heard:
            _set_alarm()
        return self

    @undisturbed
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _open.deadlines.remove(self)  # from here on no ring is this block's
        is_late = self.rang or (not self._is_heard and time.monotonic() >= self.until)
        if self._is_heard:
            _set_alarm()
            if not _open.deadlines:
                signal.signal(signal.SIGALRM, self._before)
        if not is_late:
            return
        children.end_since(self._born_before)
        if isinstance(error, KeyboardInterrupt | SystemExit):
            return
        if isinstance(error, Alarm) and any(each.rang for each in _open.deadlines):
            return  # an outer deadline's, whose edge is still to come
        # Whatever else came out of the block came of the alarm, or too late.
        raise TimedOut(
            f"The step took longer than the {self.seconds:.0f} s that it may take."
        ) from error


def _set_alarm() -> None:
    """Ring at the earliest deadline, and again until its block is left."""
    seconds = left()
    first = 0.0 if seconds is None else max(seconds, 0.001)
    signal.setitimer(signal.ITIMER_REAL, first, _AGAIN)


def _ring(_signal: int, frame: FrameType | None) -> None:
    now = time.monotonic()
    late = next((each for each in _open.deadlines if each.until <= now), None)
    if late is None or is_undisturbed(frame):
        return
    if now < late.until + _GRACE and _is_alarm(sys.exception()):
        return
    late.rang = True
    raise Alarm


def _is_alarm(handled: BaseException | None) -> bool:
    """Whether what is being handled is an alarm, or came of one."""
    while handled is not None and not isinstance(handled, Alarm):
        handled = handled.__context__
    return handled is not None
