"""A step's share of the function's time: past it, the step fails with `timed_out`.

The alarm is heard between two bytecodes, so it does not cut a single long call into a decoder
short; that is what the limits and the function's own time-out are for.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from mediamill.domain.errors import TimedOut

SHARE = 0.8


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Raise TimedOut in this block once `seconds` are over; only the main thread hears it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_signal: int, _frame: FrameType | None) -> NoReturn:
        raise TimedOut(f"The step took longer than the {seconds:.0f} s that it may take.")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
