"""The deadline: a step that takes too long fails with a code, and the next one is not hit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NoReturn

import pytest

from mediamill.domain.bounded import deadline, left, started, streamed
from mediamill.domain.bounded.quiet import undisturbed
from mediamill.domain.errors import Broken, TimedOut


def busy(seconds: float) -> None:
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        pass


def test_work_past_its_time_is_ended_with_timed_out() -> None:
    started = time.monotonic()
    with pytest.raises(TimedOut) as caught, deadline(0.05):
        busy(5)
    assert caught.value.code == "timed_out"
    assert time.monotonic() - started < 2


def test_work_within_its_time_leaves_no_alarm_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with deadline(0.05):
        pass
    time.sleep(0.1)
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


def test_a_wait_is_ended_too() -> None:
    started = time.monotonic()
    with pytest.raises(TimedOut), deadline(0.05):
        threading.Event().wait(5)
    assert time.monotonic() - started < 2


def a_library_that_tries_again() -> None:
    for _ in range(20):
        with suppress(Exception):
            busy(0.5)


def a_parser_that_swallows_everything() -> None:
    for _ in range(20):
        with suppress(BaseException):
            busy(0.5)


def a_parser_that_blames_the_file() -> NoReturn:
    try:
        busy(5)
    except BaseException as error:
        raise Broken("The file is broken.") from error
    raise AssertionError("it was not disturbed")


def a_parser_that_makes_do_with_less() -> None:
    try:
        busy(5)
    except BaseException:
        return


class Finalised:
    def __del__(self) -> None:
        busy(0.5)


def a_finaliser_that_cannot_raise() -> None:
    for _ in range(20):
        Finalised()


@pytest.mark.parametrize(
    "work",
    [
        a_library_that_tries_again,
        a_parser_that_swallows_everything,
        a_parser_that_blames_the_file,
        a_parser_that_makes_do_with_less,
        a_finaliser_that_cannot_raise,
    ],
)
def test_no_library_makes_anything_else_of_it(
    work: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    # pytest's own hook is slow enough to be interrupted itself.
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    started = time.monotonic()
    with pytest.raises(TimedOut), deadline(0.1):
        work()
    assert time.monotonic() - started < 5


def test_a_clean_up_is_let_finish() -> None:
    cleaned = False
    with pytest.raises(TimedOut), deadline(0.05):
        try:
            busy(5)
        finally:
            busy(0.7)  # much longer than from one ring to the next
            cleaned = True
    assert cleaned


def test_a_clean_up_without_end_is_not() -> None:
    started = time.monotonic()
    with pytest.raises(TimedOut), deadline(0.05):
        try:
            busy(20)
        finally:
            busy(20)
    assert time.monotonic() - started < 10


def test_an_inner_deadline_ends_only_its_own_block() -> None:
    with deadline(10):
        with pytest.raises(TimedOut), deadline(0.05):
            busy(5)
        busy(0.3)  # and it does not ring again


@pytest.mark.parametrize("inner", [0.5, 10])
def test_the_outer_deadline_ends_an_inner_block_s_rest_too(inner: float) -> None:
    started = time.monotonic()
    passed_by = False
    with pytest.raises(TimedOut, match="longer than the 0 s"), deadline(0.2):
        try:
            with deadline(inner):
                busy(5)
        except TimedOut:
            passed_by = True
    assert time.monotonic() - started < 2
    assert not passed_by


def test_the_outer_deadline_still_stands_after_an_inner_one() -> None:
    with pytest.raises(TimedOut), deadline(0.3):
        with deadline(0.1):
            pass
        busy(5)


def test_what_is_left_is_the_earliest_s() -> None:
    assert left() is None
    with deadline(100):
        with deadline(10), deadline(50):
            assert 9 < (left() or 0) <= 10
        assert 99 < (left() or 0) <= 100


def test_the_work_s_own_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), deadline(5):
        _ = 1 // 0


def test_no_alarm_escapes_from_the_edge() -> None:
    for attempt in range(300):
        with suppress(TimedOut), deadline(0.002):
            busy(0.0019 + attempt % 7 * 0.00005)
    with suppress(TimedOut), deadline(0.000_001):
        pass
    time.sleep(0.3)


def test_what_must_not_be_interrupted_is_not() -> None:
    done = []

    @undisturbed
    def all_or_nothing() -> None:
        busy(0.4)
        done.append(True)

    with pytest.raises(TimedOut), deadline(0.05):
        all_or_nothing()
        busy(5)
    assert done


def numbers() -> Iterator[int]:
    yield os.getpid()
    time.sleep(60)


def test_a_child_that_it_waits_for_dies_with_it() -> None:
    seen: list[int] = []
    with pytest.raises(TimedOut), deadline(0.3):
        for value in streamed(None, 10**8, numbers):
            seen.append(value)
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)


def test_a_child_dies_with_it_also_while_something_else_is_done() -> None:
    values = streamed(None, 10**8, numbers)
    with pytest.raises(TimedOut), deadline(0.3):
        child = next(values)
        busy(5)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_program_dies_with_it_and_what_it_started() -> None:
    script = "import os, time; os.fork(); print(os.getpid(), flush=True); time.sleep(60)"
    with (
        pytest.raises(TimedOut),
        deadline(2),
        started([sys.executable, "-I", "-c", script], output=subprocess.PIPE) as program,
    ):
        assert program.stdout is not None
        both = [int(program.stdout.readline()) for _ in range(2)]
        program.wait()
    time.sleep(0.1)
    for process in both:
        assert not is_running(process)


def is_running(process: int) -> bool:
    """Whether it is there and no corpse that nobody has buried yet."""
    try:
        with open(f"/proc/{process}/stat") as stat:  # noqa: PTH123
            return stat.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_in_another_thread_it_ends_at_the_edge_and_bounds_the_child() -> None:
    seen: list[int] = []

    def work() -> None:
        with deadline(0.3):
            for value in streamed(None, 10**8, numbers):
                seen.append(value)

    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool, pytest.raises(TimedOut):
        pool.submit(work).result()
    assert time.monotonic() - started < 5
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)


def test_another_thread_s_deadline_is_none_of_the_main_thread_s() -> None:
    def work() -> None:
        with deadline(0.05):
            time.sleep(0.2)

    with ThreadPoolExecutor(1) as pool, deadline(5):
        late = pool.submit(work)
        busy(0.3)
    with pytest.raises(TimedOut):
        late.result()
