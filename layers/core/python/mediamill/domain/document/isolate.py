"""A document in a child process: a hang, a crash or a bomb ends only the child."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from mediamill.domain.bounded import Crashed, Waiting, streamed, waiting
from mediamill.domain.errors import Broken

P = ParamSpec("P")
T = TypeVar("T")

# Address space on top of what the parent has: a page of 25 megapixels takes 400 MB at its worst.
MEMORY = 1_200_000_000
# Bytes of a document that are sent to a child; past it, a fork costs less than the copies.
_MOST_SENT = 4_000_000


def isolated(
    seconds: float | None, work: Callable[P, Iterator[T]], *args: P.args, **kwargs: P.kwargs
) -> Iterator[T]:
    """What `work(*args, **kwargs)` yields, made in a forked child, one value at a time.

    `seconds` is wall clock for all of it; None leaves that to the deadline that stands. Raises what
    the work raises, TimedOut past `seconds`, and Broken (`broken_document`) where the child crashes
    or asks for too much memory. The child never outlives the iterator.
    """
    with _explained():
        yield from streamed(seconds, MEMORY, work, *args, **kwargs)


class Ahead:
    """A child that was forked before there was a document; whatever comes after has its own."""

    def __init__(self, child: Waiting) -> None:
        self._child: Waiting | None = child

    def isolated(
        self, work: Callable[..., Iterator[T]], source: bytes, *args: object
    ) -> Iterator[T]:
        """As `isolated(None, work, source, *args)`, by the child that waits, if it still does.

        A large document goes with a fork of its own, which sees it where it is.
        """
        child, self._child = self._child, None
        if child is None or len(source) > _MOST_SENT:
            return isolated(None, work, source, *args)
        try:
            values = child.stream(None, work, source, *args)
        except OSError:  # it is gone, of which this document is not the cause
            return isolated(None, work, source, *args)
        return _told(values)


@contextmanager
def ahead(prepare: Callable[[Callable[[], bool]], None]) -> Iterator[Ahead]:
    """A child forked now, for one document that is still to be fetched; it ends with the block.

    Meanwhile it prepares: `prepare` is told by the function it is given when to stop.
    """
    with waiting(MEMORY, prepare) as child:
        yield Ahead(child)


def _told(values: Iterator[T]) -> Iterator[T]:
    with _explained():
        yield from values


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except Crashed as error:
        raise Broken(
            "The document crashed the renderer, or asked it for too much memory.",
            code="broken_document",
        ) from error
