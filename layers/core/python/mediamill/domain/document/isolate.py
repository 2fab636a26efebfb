"""A document in a child process: a hang, a crash or a bomb ends only the child."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

from mediamill.domain.bounded import Crashed, streamed
from mediamill.domain.errors import Broken

P = ParamSpec("P")
T = TypeVar("T")

# Address space on top of what the parent has: a page of 25 megapixels takes 400 MB at its worst.
MEMORY = 1_200_000_000


def isolated(
    seconds: float | None, work: Callable[P, Iterator[T]], *args: P.args, **kwargs: P.kwargs
) -> Iterator[T]:
    """What `work(*args, **kwargs)` yields, made in a forked child, one value at a time.

    `seconds` is wall clock for all of it; None leaves that to the deadline that stands. Raises what
    the work raises, TimedOut past `seconds`, and Broken (`broken_document`) where the child crashes
    or asks for too much memory. The child never outlives the iterator.
    """
    try:
        yield from streamed(seconds, MEMORY, work, *args, **kwargs)
    except Crashed as error:
        raise Broken(
            "The document crashed the renderer, or asked it for too much memory.",
            code="broken_document",
        ) from error
