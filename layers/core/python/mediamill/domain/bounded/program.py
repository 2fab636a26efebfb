"""A program beside a block: with nothing of our environment, in a session of its own, then gone."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO

from mediamill.domain.bounded import children
from mediamill.domain.bounded.deadline import at_most
from mediamill.domain.bounded.forked import Crashed
from mediamill.domain.bounded.restrain import hide_memory
from mediamill.domain.errors import TimedOut


@contextmanager
def started(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    given: int | None = subprocess.DEVNULL,
    output: int | IO[bytes] = subprocess.DEVNULL,
    messages: int | IO[bytes] = subprocess.DEVNULL,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program; leaving the block kills it and all that it has started.

    It sees of the environment only what is given here: ours holds credentials.
    """
    born: list[subprocess.Popen[bytes]] = []

    def start() -> Callable[[], None]:
        hide_memory()
        process = subprocess.Popen(
            command,
            stdin=given,
            stdout=output,
            stderr=messages,
            cwd=folder,
            env=dict(environment or {}),
            start_new_session=True,
        )
        born.append(process)
        return partial(_kill, process)

    number = children.born(start)
    try:
        yield born[0]
    finally:
        children.end(number)


def answer_of(command: Sequence[str], given: bytes, seconds: float) -> bytes:
    """What a program writes when it is given these bytes. Raises TimedOut, or Crashed."""
    with started(command, given=subprocess.PIPE, output=subprocess.PIPE) as process:
        try:
            answer, _ = process.communicate(given, at_most(seconds))
        except subprocess.TimeoutExpired as error:
            raise TimedOut(f"It took more than the {seconds:.0f} s that it may take.") from error
        if process.returncode:
            raise Crashed(f"the program ended with {process.returncode}")
    return answer


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
