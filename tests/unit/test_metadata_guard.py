"""Parsers are bounded in bytes and in time, and cannot hide what the file raised."""

from __future__ import annotations

import io
import time

import pytest

from mediamill.domain.metadata.guard import GuardedFile, OutOfBounds, at_most


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


def test_a_loop_that_never_ends_is_ended() -> None:
    began = time.monotonic()
    with pytest.raises(OutOfBounds, match="seconds"), at_most(0.1):
        while True:
            try:
                while True:
                    pass
            except Exception:
                continue
    assert time.monotonic() - began < 5


def test_what_ends_in_time_is_left_alone() -> None:
    with at_most(5):
        total = sum(range(1000))
    assert total == 499_500


def test_other_exceptions_pass() -> None:
    with pytest.raises(KeyError), at_most(5):
        raise KeyError("x")


def test_a_stop_that_comes_at_the_last_moment_does_not_escape() -> None:
    for _ in range(30):
        began = time.perf_counter()
        try:
            with at_most(0.002):
                while time.perf_counter() - began < 0.002:
                    pass
        except OutOfBounds:
            pass
    time.sleep(0.01)
