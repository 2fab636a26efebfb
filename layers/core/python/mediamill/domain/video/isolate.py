"""A film or a sound in a child process: a hang, a crash or a bomb ends only the child."""

from __future__ import annotations

from collections.abc import Generator

from mediamill.domain.bounded import Crashed, Lendable, lent
from mediamill.domain.derivative import Product
from mediamill.domain.video.making import Told, make
from mediamill.domain.video.opening import Medium, broken

# Address space on top of what the parent has: a decoder of 8K in 10 bits keeps eight frames.
MEMORY = 1_200_000_000


def isolated(file: Lendable, medium: Medium) -> Generator[Product | Told, None, None]:
    """What `make` yields of the file, made in a forked child that reads through this process.

    Raises what `make` and reading the file raise, TimedOut, and Broken where the child crashes or
    asks for too much memory.
    """
    try:
        yield from lent(file, MEMORY, make, medium)
    except Crashed as error:
        raise broken(medium, "crashed the decoder, or asked it for too much memory") from error


def ready() -> None:
    """Load the decoders in the parent, once: every child then has them."""
    import av.filter  # noqa: F401
