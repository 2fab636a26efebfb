"""The deadline: a step that takes too long fails with a code, and the next one is not hit."""

from __future__ import annotations

import time

import pytest

from mediamill.aws.deadline import deadline
from mediamill.domain.errors import TimedOut


def test_work_past_its_time_is_ended_with_timed_out() -> None:
    started = time.monotonic()
    with pytest.raises(TimedOut) as caught, deadline(0.05):
        while time.monotonic() - started < 5:
            pass
    assert caught.value.code == "timed_out"
    assert time.monotonic() - started < 2


def test_work_within_its_time_leaves_no_alarm_behind() -> None:
    with deadline(0.05):
        pass
    time.sleep(0.1)
