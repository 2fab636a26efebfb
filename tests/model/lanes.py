"""Virtual time in which many things go on side by side: each waits by letting the others go on."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from greenlet import getcurrent, greenlet

from model.clock import Clock


@dataclass(slots=True)
class Lanes(Clock):
    """A clock for work that overlaps. Outside of a lane it is a clock like any other."""

    _waiting: list[tuple[float, int, Any]] = field(default_factory=list)
    _order: itertools.count[int] = field(default_factory=itertools.count)

    def sleep(self, seconds: float) -> None:
        """Let others go on until this time has passed."""
        lane = getcurrent()
        if lane.parent is None:
            self.now += seconds
            return
        heapq.heappush(self._waiting, (self.now + seconds, next(self._order), lane))
        lane.parent.switch()

    def begin(self, work: Callable[[], object]) -> None:
        """Begin a lane at this time; it runs once `run` does."""
        heapq.heappush(self._waiting, (self.now, next(self._order), greenlet(work)))

    def run(self) -> None:
        """Let time pass until every lane has come to its end."""
        while self._waiting:
            at, _, lane = heapq.heappop(self._waiting)
            self.now = max(self.now, at)
            lane.switch()
