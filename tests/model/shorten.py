"""A history that fails, made as short as it can be by leaving out what it fails without."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from model.check import Wrong
from model.histories import Deliver, History, Sweep
from model.inside import World
from model.judge import judge


def shortened(world: World, history: History, wrong: Wrong) -> History:
    """The shortest history that is found by leaving out, and that fails in the same way."""

    def fails(shorter: History) -> bool:
        found = judge(world, shorter)
        return found is not None and found.what == wrong.what

    is_shorter = True
    while is_shorter:
        is_shorter = False
        size = max(1, len(history) // 2)
        while size:
            at = 0
            while at < len(history):
                rest = history[:at] + history[at + size :]
                if fails(rest):
                    history, is_shorter = rest, True
                else:
                    at += size
            size //= 2
        for at, shorter in _simpler(history):
            candidate = (*history[:at], shorter, *history[at + 1 :])
            if fails(candidate):
                history, is_shorter = candidate, True
                break
    return history


def _simpler(history: History) -> Iterator[tuple[int, Deliver | Sweep]]:
    for at, action in enumerate(history):
        if not isinstance(action, (Deliver, Sweep)):
            continue
        for number in range(len(action.faults)):
            faults = action.faults[:number] + action.faults[number + 1 :]
            yield at, replace(action, faults=faults)
        if isinstance(action, Deliver):
            if action.twin:
                yield at, replace(action, twin=False)
            if action.kept:
                yield at, replace(action, kept=False)
            if action.message > 9:
                yield at, replace(action, message=action.message % 10)
