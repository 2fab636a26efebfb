"""What a child that has fallen to its file can make its parent do: nothing."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mediamill.domain.bounded import Crashed, lent, received, streamed
from mediamill.domain.bounded.lent import PART, LentFile
from mediamill.domain.document.parts import PageRange
from mediamill.domain.errors import Broken


class Calling:
    """Pickled, it says: call this with that."""

    def __init__(self, what: Callable[..., object], *arguments: object) -> None:
        self._call = (what, arguments)

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return self._call


def sent(message: bytes) -> Any:
    """`message` as a parent takes it."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    with closing(ours), closing(theirs):
        theirs.send_bytes(message)
        return received(ours)


@pytest.mark.parametrize(
    "value",
    [
        {"a": (1, 2.5, b"\0", None, True, "é"), "b": [{1}, frozenset({2})]},
        Broken("page 3 is none"),
        PageRange(2, 4),
        ValueError("no header"),
    ],
)
def test_values_and_errors_come_as_they_were_sent(value: object) -> None:
    assert repr(sent(pickle.dumps(value))) == repr(value)


@pytest.mark.parametrize(
    "hostile",
    [
        Calling(os.system, "false"),
        Calling(eval, "1 + 1"),
        Calling(getattr, "a", "upper"),
        Calling(subprocess.Popen, "false"),
        Calling(Path, "/etc/passwd"),
        os.system,
        Path,
    ],
)
def test_nothing_is_called_and_no_class_is_given(hostile: object) -> None:
    with pytest.raises(Crashed, match="what is no value"):
        sent(pickle.dumps([1, hostile]))


@pytest.mark.parametrize(
    "name",
    ["subprocess.Popen", "os.system", "Popen", "answer_of", "started"],
)
def test_what_our_own_modules_import_is_not_given_either(name: str) -> None:
    module = "mediamill.domain.bounded.program"
    written = b"\x80\x04" + b"".join(
        b"\x8c" + bytes([len(each)]) + each.encode() for each in (module, name)
    )
    with pytest.raises(Crashed, match=name):
        sent(written + b"\x93.")  # STACK_GLOBAL, the way to names with dots


def test_a_module_that_is_not_loaded_stays_so() -> None:
    assert "antigravity" not in sys.modules
    with pytest.raises(Crashed):
        sent(b"cantigravity\nfly\n.")
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize("message", [b"", b"not a pickle", pickle.dumps([1, 2])[:-3]])
def test_what_is_no_pickle_is_a_crash(message: bytes) -> None:
    with pytest.raises(Crashed):
        sent(message)


def ill_behaved(path: Path) -> Iterator[object]:
    yield 1
    yield Calling(path.touch)


def test_work_that_answers_with_a_call_ends_as_a_crash_and_calls_nothing(tmp_path: Path) -> None:
    left = tmp_path / "left"
    values = streamed(10, 10**8, ill_behaved, left)
    assert next(values) == 1
    with pytest.raises(Crashed):
        next(values)
    assert not left.exists()


def greedy(file: LentFile) -> Iterator[object]:
    file._parent.send(("read", (0, PART + 1)))
    yield 1


def whole(file: LentFile) -> Iterator[bytes]:
    file.seek(1)
    yield hashlib.sha256(file.read()).digest()


def test_a_child_has_no_more_of_a_lent_file_held_for_it_than_a_part() -> None:
    with pytest.raises(Crashed, match="what is no answer"):
        list(lent(io.BytesIO(bytes(PART + 1)), 10**8, greedy))


def test_a_lent_file_of_many_parts_is_read_whole() -> None:
    body = os.urandom(2 * PART + 3)
    assert list(lent(io.BytesIO(body), 10**8, whole)) == [hashlib.sha256(body[1:]).digest()]
