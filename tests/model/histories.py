"""Histories: what users, queues, the clock and bad luck do, as a list that can be shortened.

Every choice in an action is a number that is taken modulo what there is to choose from, so that an
action keeps a meaning when those before it are left out.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from model.contents import Content

KEYS = ("a", "a.json", "pages/a")  # each could be taken for another's derivative, and must not be


@dataclass(frozen=True, slots=True)
class Gate:
    """From now on the plan has a gate: a step that every other one waits for."""


@dataclass(frozen=True, slots=True)
class Put:
    """An upload under the key `key`."""

    key: int
    content: Content


@dataclass(frozen=True, slots=True)
class Delete:
    """The current version of a key deleted; with `undo`, its newest delete marker instead."""

    key: int
    undo: bool = False


@dataclass(frozen=True, slots=True)
class Quarantine:
    """What a gate has refused under a key is taken away: exactly that version."""

    key: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What befalls the `number`-th call of a delivery.

    `refused`: every try of it is throttled, and it fails. `lost`: the answer to its first try is
    lost after the effect, and it is made again. `dead`: the answers to all its tries are.
    `crash`: the process ends before it; `crash_after`: when it took effect. `pause`: it waits while
    others go on; `lost_pause`: the answer is lost, and it waits before its second try.
    """

    KINDS: ClassVar[Sequence[str]] = (
        *("pause",) * 5,
        *("crash", "crash_after") * 2,
        *("lost", "lost_pause", "refused", "dead"),
    )
    number: int
    kind: str


@dataclass(frozen=True, slots=True)
class Deliver:
    """One of the visible messages delivered, with faults on the way.

    `twin` leaves it visible, so that it may come a second time at once; `kept` has it come again
    although it was done, as a queue may do.
    """

    message: int
    faults: tuple[Fault, ...] = ()
    twin: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Rush:
    """Everything that is visible is delivered, and what comes of it, while the paused ones wait."""


@dataclass(frozen=True, slots=True)
class Resume:
    """A paused delivery goes on; or its process ends, with `kill`."""

    run: int
    kill: bool = False


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Redrive:
    """All dead letters are put back into their queues."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """The schedule calls the sweep."""

    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Lose:
    """One of the visible messages is purged, or has outlived its queue's fourteen days."""

    message: int


@dataclass(frozen=True, slots=True)
class Throttle:
    """One of the visible messages is received in vain: the account has no room for its function.

    As often as a queue lets it be: then it is a dead letter that nobody has had.
    """

    message: int


Action = (
    Gate
    | Put
    | Delete
    | Quarantine
    | Deliver
    | Rush
    | Resume
    | Tick
    | Redrive
    | Sweep
    | Lose
    | Throttle
)
History = tuple[Action, ...]

_KINDS = ("image", "image", "document", "office", "other")


def random_history(seed: int) -> History:
    """A history by its number."""
    lot = random.Random(seed)
    keys = 1 if lot.random() < 0.7 else 2
    gated = lot.random() < 0.2
    calm = lot.random() < 0.15  # no fault: order alone is enough for some holes
    bad_luck = 0.0 if calm else lot.choice((0.15, 0.4, 0.8))
    serial = 0
    actions: list[Action] = []
    users = lot.choice((1, 2, 2, 3, 3, 4))
    total = users + lot.randint(4, 26)
    at = sorted(lot.randrange(total) for _ in range(users))
    at[0] = 0
    for step in range(total):
        if step in at:
            key = lot.randrange(keys)
            if step == 0 or lot.random() < 0.6:
                serial += lot.random() < 0.9
                actions.append(Put(key, _content(lot, serial)))
            else:
                actions.append(Delete(key, undo=lot.random() < 0.1))
            continue
        what = lot.random()
        if what < 0.08:
            actions.append(Rush())
        elif what < 0.72:
            faults = _faults(lot, bad_luck)
            twin, kept = lot.random() < bad_luck / 8, lot.random() < 0.04
            actions.append(Deliver(lot.randrange(60), faults, twin, kept))
        elif what < 0.86:
            actions.append(Resume(lot.randrange(60), kill=lot.random() < 0.2))
        elif what < 0.88:
            actions.append(Throttle(lot.randrange(60)))
        elif what < 0.96 or calm:
            actions.append(Tick(lot.choice((1, 30, 70, 200, 400, 800))))
        elif what < 0.965:
            actions.append(Lose(lot.randrange(60)))
        elif what < 0.985:
            actions.append(Redrive())
        else:
            actions.append(Sweep(_faults(lot, bad_luck)))
    return (Gate(), *_guarded(random.Random(f"gate {seed}"), actions)) if gated else tuple(actions)


def _guarded(lot: random.Random, actions: Sequence[Action]) -> Iterator[Action]:
    """Every other history has files that the gate refuses, and somebody who takes them away."""
    if lot.random() < 0.5:
        yield from actions
        return
    for action in actions:
        if isinstance(action, Put) and lot.random() < 0.6:
            refused = replace(action.content, step="scan", fails="refuses", times=1)
            action = replace(action, content=refused)
        yield action
        if lot.random() < 0.2:
            yield Quarantine(lot.randrange(2))
    yield Rush()
    yield Quarantine(0)


def _faults(lot: random.Random, bad_luck: float) -> tuple[Fault, ...]:
    if lot.random() >= bad_luck:
        return ()
    many = lot.choice((1, 1, 1, 2))
    # Most deliveries make no more than a dozen calls, a finisher who tidies some more.
    return tuple(
        Fault(min(lot.randint(1, 16), lot.randint(1, 16)), lot.choice(Fault.KINDS))
        for _ in range(many)
    )


def _content(lot: random.Random, serial: int) -> Content:
    kind = lot.choice(_KINDS)
    pages = lot.choice((1, 2, 3, 4))
    parts = lot.choice((0, 2, 3)) if kind in ("document", "office") else 0
    fails, step, times = "", "", 0
    if lot.random() < 0.2:
        fails = lot.choice(("refuses", "raises", "crashes"))
        step = lot.choice(("image", "metadata", "document", "office", "scan"))
        times = lot.choice((1, 2, 4, 99))
    first = bool(fails) and lot.random() < 0.5
    return Content(kind, serial, pages, parts, step, fails, times, first)


def told(history: History) -> str:
    """A history as it is written in Python, to be pasted into a test."""
    lines = "".join(f"    {action!r},\n" for action in history)
    return f"(\n{lines})"
