"""Isolation: a hang, a crash and a bomb end in the child, with the right error."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from mediamill.domain.document import isolated
from mediamill.domain.errors import Broken, PasswordRequired, TimedOut


def numbers(count: int) -> Iterator[int]:
    yield from range(count)


def test_yields_what_the_work_yields() -> None:
    assert list(isolated(10, numbers, 3)) == [0, 1, 2]


def process(_: int) -> Iterator[int]:
    yield os.getpid()


def test_works_in_another_process_that_is_gone_afterwards() -> None:
    (child,) = isolated(10, process, 0)
    assert child != os.getpid()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def refuse() -> Iterator[int]:
    yield 1
    raise Broken("The page is broken.", code="broken_document") from ValueError("x")


def test_raises_what_the_work_raises_with_its_code() -> None:
    with pytest.raises(Broken, match=r"The page is broken\.") as raised:
        list(isolated(10, refuse))
    assert raised.value.code == "broken_document"


def needs_password() -> Iterator[int]:
    yield 1
    raise PasswordRequired("The document is encrypted with a password.")


def test_keeps_the_class_of_an_error() -> None:
    with pytest.raises(PasswordRequired):
        list(isolated(10, needs_password))


def hang() -> Iterator[int]:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM, signal.SIGTERM])
    yield os.getpid()
    time.sleep(60)


def test_ends_a_hang_in_time() -> None:
    begun = time.monotonic()
    seen = []
    with pytest.raises(TimedOut):
        for value in isolated(0.3, hang):
            seen.append(value)
    assert time.monotonic() - begun < 5
    with pytest.raises(ProcessLookupError):
        os.kill(seen[0], 0)


def crash() -> Iterator[int]:
    yield 1
    os.kill(os.getpid(), signal.SIGKILL)


def test_survives_a_crash() -> None:
    with pytest.raises(Broken, match="crashed") as raised:
        list(isolated(10, crash))
    assert raised.value.code == "broken_document"


def bomb() -> Iterator[int]:
    yield len(bytearray(3_000_000_000))


def test_refuses_memory_without_end() -> None:
    with pytest.raises(Broken, match="memory"):
        list(isolated(10, bomb))


def test_ends_the_child_when_the_reader_stops_early() -> None:
    values = isolated(10, hang)
    child = next(values)
    values.close()  # type: ignore[attr-defined]
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
