"""Python code on hostile bytes, bounded in time in whatever thread it runs."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from mediamill.domain.bounded.deadline import deadline
from mediamill.domain.errors import TimedOut

Result = TypeVar("Result")


class _Stop(BaseException):
    """Raised into a parser's thread; no `except Exception` of the parser can swallow it."""


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What `work` returns. Raises TimedOut where it takes more than `seconds`.

    In the main thread a deadline rings. Elsewhere an exception is raised into the thread from a
    timer, between two bytecodes. Native code is only stopped once it returns.
    """
    if threading.current_thread() is threading.main_thread():
        with deadline(seconds):
            return work()
    return _interrupted(seconds, work)


def _interrupted(seconds: float, work: Callable[[], Result]) -> Result:
    thread = threading.get_ident()
    settle = threading.Lock()
    state = {"done": False, "fired": False}

    def fire() -> None:
        with settle:
            if not state["done"]:
                state["fired"] = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(thread), ctypes.py_object(_Stop)
                )

    timer = threading.Timer(seconds, fire)
    timer.daemon = True
    # A function and not a context manager: all that may be interrupted stands inside one `try`.
    try:
        try:
            timer.start()
            return work()
        finally:
            with settle:
                state["done"] = True
            timer.cancel()
            # Fired, and not delivered yet: it has to land here, not in the caller's next line.
            for _ in range(1_000 if state["fired"] else 0):
                time.sleep(0)
    except _Stop as stop:
        raise TimedOut(f"It took more than the {seconds:g} s that it may take.") from stop
