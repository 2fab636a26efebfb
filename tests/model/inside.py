"""The project's code inside of the model: its clients, its clock, its chance and its threads."""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Any

from mediamill.aws import clients, observe
from model.cloud import Cloud


class World:
    """The cloud that stands for AWS now; another one for each history."""

    def __init__(self) -> None:
        self.cloud = Cloud()
        self.tokens = count(1)

    def enter(self, cloud: Cloud) -> None:
        """Let this cloud be AWS from now on, with chance from its beginning."""
        self.cloud = cloud
        self.tokens = count(1)


class Inline:
    """An executor that does at once what it is given, so that calls come in an order."""

    def __init__(self, max_workers: int | None = None) -> None:
        self._results: list[Any] = []

    def submit(self, work: Callable[..., Any], *given: Any) -> Any:
        """Do it; a fault is kept for whoever asks for the result, a crash is one."""
        return _Done(work, given)

    def shutdown(self, wait: bool = True, **_: Any) -> None:
        """Nothing is on its way."""


class _Done:
    def __init__(self, work: Callable[..., Any], given: tuple[Any, ...]) -> None:
        self._error: Exception | None = None
        self._value: Any = None
        try:
            self._value = work(*given)
        except Exception as error:
            self._error = error

    def result(self, timeout: float | None = None) -> Any:
        if self._error is not None:
            raise self._error
        return self._value


class Unhurried(AbstractContextManager[None]):
    """A deadline that never rings: the real one's alarm rings in real time."""

    rang = False

    def __exit__(self, *_: object) -> None:
        """Whatever came out of the block comes out of it."""


@contextmanager
def inside() -> Iterator[World]:
    """Run the project's code against `World.cloud`; afterwards everything is as it was."""
    world = World()
    undo: list[Callable[[], None]] = []

    def replace(owner: Any, name: str, value: Any) -> None:
        if not hasattr(owner, name):
            return
        old = getattr(owner, name)
        undo.append(lambda: setattr(owner, name, old))
        setattr(owner, name, value)

    replace(clients, "_made", lambda service: world.cloud.client(service))
    replace(time, "time", lambda: world.cloud.clock.now)
    replace(time, "monotonic", lambda: world.cloud.clock.now)
    replace(time, "sleep", lambda seconds: world.cloud.clock.sleep(seconds))
    replace(secrets, "token_hex", lambda size=4: f"{next(world.tokens):0{2 * size}x}")
    replace(observe.metrics, "add_metric", lambda **_: None)
    for name, module in list(sys.modules.items()):
        if name.startswith("mediamill.aws."):
            replace(module, "utc_now", lambda: world.cloud.clock.utc())
            replace(module, "ThreadPoolExecutor", Inline)
            replace(module, "deadline", lambda _: Unhurried())
    level = observe.logger.log_level
    undo.append(lambda: observe.logger.setLevel(level))
    observe.logger.setLevel("CRITICAL")
    try:
        yield world
    finally:
        for each in reversed(undo):
            each()
