"""Parsers are bounded in bytes and in time, and cannot hide what the file raised."""

from __future__ import annotations

import io
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from mediamill.domain.metadata.reading.guard import GuardedFile, OutOfBounds, within


def test_reading_past_the_budget_is_refused() -> None:
    guarded = GuardedFile(io.BytesIO(bytes(1000)), most=100)
    assert len(guarded.read(60)) == 60
    with pytest.raises(OutOfBounds):
        guarded.read(60)
    assert guarded.spent


def test_the_file_s_own_end_is_not_a_refusal() -> None:
    guarded = GuardedFile(io.BytesIO(bytes(50)), most=100)
    assert len(guarded.read()) == 50
    assert guarded.read(10) == b""
    assert not guarded.spent


def test_a_quiet_guard_ends_the_file_instead() -> None:
    guarded = GuardedFile(io.BytesIO(bytes(1000)), most=100, quiet=True)
    assert len(guarded.read(60)) == 60
    assert guarded.read(60) == b""
    assert guarded.spent


class Torn(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise ConnectionError("reset")


def test_what_the_file_raised_comes_out_in_the_end() -> None:
    guarded = GuardedFile(Torn(b"abc"), quiet=True)
    assert guarded.read(1) == b""
    assert not guarded.spent
    with pytest.raises(ConnectionError):
        guarded.reraise()


def loop() -> None:
    while True:
        try:
            while True:
                pass
        except Exception:
            continue


def test_a_loop_that_never_ends_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(OutOfBounds, match="seconds"):
        within(0.1, loop)
    assert time.monotonic() - began < 5


def test_it_is_ended_in_any_thread() -> None:
    with ThreadPoolExecutor(1) as pool, pytest.raises(OutOfBounds):
        pool.submit(within, 0.1, loop).result()


def test_what_ends_in_time_is_returned() -> None:
    assert within(5, lambda: sum(range(1000))) == 499_500


def test_other_exceptions_pass() -> None:
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)


def test_a_stop_that_comes_at_the_last_moment_does_not_escape() -> None:
    def just_in_time() -> None:
        began = time.perf_counter()
        while time.perf_counter() - began < 0.002:
            pass

    for _ in range(60):
        with suppress(OutOfBounds):
            within(0.002, just_in_time)
    time.sleep(0.01)
