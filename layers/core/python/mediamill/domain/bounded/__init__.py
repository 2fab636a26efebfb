"""Bounded: work on hostile bytes that ends in time, in its own room, whatever it does.

deadline     a block of the main thread's → TimedOut         deadline.py
within       a function's Python code, in any thread         interrupt.py
forked       a forked child beside a block                   forked.py
streamed     the values that a forked child yields           streamed.py
lent         the same, of a file that its parent reads       lent.py
received     what a child sends, as values and no more       received.py
started, answer_of    a program beside a block               program.py
fences       which of the fences hold on this machine        fences.py

    restrain.py   what a forked child does first     confine.py   the walls, by seccomp and Landlock
    children.py   ends them when the time is over    quiet.py     what no alarm interrupts
"""

from mediamill.domain.bounded.deadline import SHARE, at_most, deadline, left
from mediamill.domain.bounded.fences import fences
from mediamill.domain.bounded.forked import Crashed, forked
from mediamill.domain.bounded.interrupt import within
from mediamill.domain.bounded.lent import Lendable, LentFile, lent
from mediamill.domain.bounded.program import answer_of, started
from mediamill.domain.bounded.received import received
from mediamill.domain.bounded.streamed import Waiting, streamed, waiting

__all__ = [
    "SHARE",
    "Crashed",
    "Lendable",
    "LentFile",
    "Waiting",
    "answer_of",
    "at_most",
    "deadline",
    "fences",
    "forked",
    "left",
    "lent",
    "received",
    "started",
    "streamed",
    "waiting",
    "within",
]
