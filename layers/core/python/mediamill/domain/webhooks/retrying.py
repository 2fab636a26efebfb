"""When a webhook is tried again: soon, then ever later, within eighteen hours."""

from __future__ import annotations

from collections.abc import Mapping

WAITS = (5, 60, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600)
"""Seconds after the first, second … try: seven, so that a message is tried eight times."""

LONGEST = 12 * 3600 - 60
"""SQS keeps a message out of sight for twelve hours at the most, from when it was handed out."""

GONE = 410


def wait(attempt: int, chance: float, headers: Mapping[str, str] | None = None) -> float:
    """How many seconds to wait after the `attempt`-th try; `chance` is between 0 and 1.

    A fifth more or less, so that what failed together does not come back together. A receiver that
    says `Retry-After` in seconds is not called earlier.
    """
    usual = WAITS[min(attempt, len(WAITS)) - 1] * (0.8 + 0.4 * chance)
    asked = (headers or {}).get("retry-after", "")
    return min(max(usual, float(asked) if asked.isdecimal() else 0.0), LONGEST)
