"""The children that live now: whoever's time is over ends them, whatever else goes wrong."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable

from mediamill.domain.bounded.quiet import undisturbed

_numbers = itertools.count()


class _Living(threading.local):
    """How to end each child of the current thread, by number, oldest first."""

    def __init__(self) -> None:
        self.ends: dict[int, Callable[[], None]] = {}


_living = _Living()


@undisturbed
def born(start: Callable[[], Callable[[], None]]) -> int:
    """Start a child; `start` returns how to end it. Its number."""
    number = next(_numbers)
    _living.ends[number] = start()
    return number


@undisturbed
def end(number: int) -> None:
    """End the child of this number, unless it has been."""
    if number in _living.ends:
        _living.ends.pop(number)()


def mark() -> int:
    """A mark for `end_since`: children born from now on are younger."""
    return next(_numbers)


@undisturbed
def end_since(mark: int) -> None:
    """End this thread's children born after that mark: nobody else may be left to do it."""
    for number in [number for number in _living.ends if number > mark]:
        end(number)


def disown() -> None:
    """In a forked child: these are its parent's."""
    _living.ends.clear()
