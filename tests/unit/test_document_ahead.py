"""A child that is forked ahead: one document, the same walls, and nothing of the wait left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator

import pytest
from made import pdf

from mediamill.domain.bounded import Waiting, deadline
from mediamill.domain.document import Wanted, ahead, make, warm
from mediamill.domain.errors import Broken, TimedOut

SMALL = b"%PDF"


def nothing(is_over: Callable[[], bool]) -> None:
    """Prepares nothing."""


def process(source: bytes) -> Iterator[int]:
    yield os.getpid()


def size(source: bytes, more: int) -> Iterator[int]:
    yield len(source) + more


def is_alive(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_does_the_work_in_a_child_that_is_gone_afterwards() -> None:
    with ahead(nothing) as child:
        (number,) = child.isolated(process, SMALL)
    assert number != os.getpid()
    assert not is_alive(number)


def test_gives_the_work_what_it_is_given() -> None:
    with ahead(nothing) as child:
        assert list(child.isolated(size, SMALL, 3)) == [7]


def test_a_second_document_meets_another_child() -> None:
    with ahead(nothing) as child:
        numbers = [next(child.isolated(process, SMALL)) for _ in range(3)]
    assert len(set(numbers)) == 3


def test_a_large_document_is_not_sent() -> None:
    large = bytes(5_000_000)
    sent: list[object] = []
    with ahead(nothing) as child, pytest.MonkeyPatch.context() as patched:
        patched.setattr(Waiting, "stream", lambda *given: sent.append(given))
        assert list(child.isolated(size, large, 1)) == [5_000_001]
    assert not sent


def die(is_over: Callable[[], bool]) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_child_that_was_lost_while_it_waited_costs_no_document() -> None:
    with ahead(die) as child:
        time.sleep(0.2)
        assert list(child.isolated(size, SMALL, 0)) == [4]


def fail(is_over: Callable[[], bool]) -> None:
    raise ValueError("could not prepare")


def test_what_cannot_prepare_works_all_the_same() -> None:
    with ahead(fail) as child:
        assert list(child.isolated(size, SMALL, 0)) == [4]


def crash(source: bytes) -> Iterator[int]:
    yield 1
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_crash_is_the_documents() -> None:
    with ahead(nothing) as child, pytest.raises(Broken, match="crashed") as raised:
        list(child.isolated(crash, SMALL))
    assert raised.value.code == "broken_document"


def hang(source: bytes) -> Iterator[int]:
    yield os.getpid()
    time.sleep(60)


def test_a_hang_ends_with_the_step() -> None:
    seen: list[int] = []
    with pytest.raises(TimedOut), deadline(0.5), ahead(nothing) as child:
        seen.extend(child.isolated(hang, SMALL))
    assert not is_alive(seen[0])


def bomb(source: bytes) -> Iterator[int]:
    yield len(bytearray(3_000_000_000))


def connect(source: bytes) -> Iterator[str]:
    import _socket  # the plain one: tests' own refuses anyhow

    try:
        _socket.socket()
    except OSError as error:
        yield type(error).__name__


def environment(source: bytes) -> Iterator[int]:
    yield len(os.environ)  # noqa: TID251 (that there is none)


def test_it_is_walled_in_as_any_other() -> None:
    with ahead(nothing) as child, pytest.raises(Broken, match="memory"):
        list(child.isolated(bomb, SMALL))
    with ahead(nothing) as child:
        assert list(child.isolated(connect, SMALL)) == ["PermissionError"]
    with ahead(nothing) as child:
        assert list(child.isolated(environment, SMALL)) == [0]


def test_a_child_that_got_warm_makes_the_same() -> None:
    source, wanted = pdf.document([b"BT /F1 12 Tf 20 20 Td (warm) Tj ET"]), Wanted()
    with ahead(lambda is_over: warm(wanted, is_over)) as child:
        assert list(child.isolated(make, source, wanted)) == list(make(source, wanted))
