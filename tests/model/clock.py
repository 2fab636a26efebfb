"""A clock that runs only when it is told to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

START = 1_763_700_000.0  # epoch seconds: a day in November 2025, which no queue has seen the end of


@dataclass(slots=True)
class Clock:
    """Virtual time, in epoch seconds."""

    now: float = START

    def time(self) -> float:
        """What `time.time` says."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    def date(self) -> datetime:
        """The same as a date in UTC."""
        return datetime.fromtimestamp(self.now, UTC)

    def utc(self) -> str:
        """The same as records write it."""
        return self.date().isoformat(timespec="milliseconds").replace("+00:00", "Z")
