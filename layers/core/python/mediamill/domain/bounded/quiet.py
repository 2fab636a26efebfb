"""Functions that no alarm interrupts: what they begin they end, and the alarm rings again."""

from __future__ import annotations

from collections.abc import Callable
from types import CodeType, FrameType
from typing import TypeVar

F = TypeVar("F", bound=Callable[..., object])

_undisturbed: set[CodeType] = set()


def undisturbed(function: F) -> F:
    """Mark a function that must be short: no alarm is raised in it, nor in what it calls."""
    _undisturbed.add(function.__code__)
    return function


def is_undisturbed(frame: FrameType | None) -> bool:
    """Whether this frame is in such a function."""
    while frame is not None and frame.f_code not in _undisturbed:
        frame = frame.f_back
    return frame is not None
