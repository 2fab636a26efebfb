"""The plan: which steps there are, for which kinds, after what, and what each of them reads.

It is one line of settings, the same for every function:

    scan:*! metadata:* image:image,video>poster document:document,office>pdf office:office av:video

- `metadata:*` reads the original of every kind, `office:office` that of one kind;
- `video>poster` waits for a derivative named `poster` of a video, whichever step makes it, and
  reads that;
- `scan:*!` is a gate: every other step waits until it is complete, and none starts if it is not;
- `office:office?` is a step that this deployment has no worker for: it is `unavailable`.

`first` gives the steps of a new asset; `advance` what follows from how they stand now. Both are
pure: the record that is read is the record that is decided on.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from mediamill.domain.asset import Offer, Record, Step
from mediamill.domain.errors import Unavailable
from mediamill.domain.kind import Kind, StepStatus
from mediamill.domain.limits import Limits
from mediamill.domain.manifest import StepError

_ANY = "*"
_ENTRY = re.compile(
    r"(?P<step>[a-z][a-z0-9_-]*):(?P<reads>[a-z*]+(?:>[a-z][a-z0-9_-]*)?"
    r"(?:,[a-z*]+(?:>[a-z][a-z0-9_-]*)?)*)(?P<mark>[!?]?)"
)
_HOW_TO_ENABLE = {
    "office": (
        "This deployment converts no Office files. Deploy with OfficeWorker=image (or, on the "
        "laptop, install LibreOffice) and upload the file again."
    )
}
_NOT_DEPLOYED = "This deployment has no worker for this step."


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of the plan: for each kind (or `*`) the derivative that it reads, None if original.

    `is_gate` makes the others wait; `is_deployed` says whether there is a worker.
    """

    step: str
    reads: Mapping[str, str | None]
    is_gate: bool = False
    is_deployed: bool = True

    def takes(self, kind: Kind) -> bool:
        """Whether this step is for assets of this kind."""
        return kind.value in self.reads or _ANY in self.reads

    def read_for(self, kind: Kind) -> str | None:
        """The name of the derivative that it reads for this kind; None for the original."""
        return self.reads[kind.value] if kind.value in self.reads else self.reads.get(_ANY)

    @property
    def is_for_all(self) -> bool:
        """Whether it takes every original, whatever its kind."""
        return _ANY in self.reads


@dataclass(frozen=True)
class Plan:
    """The steps by name, in the order of the line."""

    entries: Mapping[str, Entry]

    @classmethod
    def parse(cls, line: str) -> Plan:
        """From a line as above. Raises ValueError on any other form."""
        entries = {}
        for text in line.split():
            entry = _ENTRY.fullmatch(text)
            if entry is None:
                raise ValueError(f"step {text!r} is not like image:image,video>poster or scan:*!")
            if entry["step"] in entries:
                raise ValueError(f"step {entry['step']!r} is there twice")
            entries[entry["step"]] = Entry(
                step=entry["step"],
                reads=dict(_read(part) for part in entry["reads"].split(",")),
                is_gate=entry["mark"] == "!",
                is_deployed=entry["mark"] != "?",
            )
        if not entries:
            raise ValueError("a plan has steps")
        return cls(entries)

    @cached_property
    def read_names(self) -> frozenset[str]:
        """The names of all derivatives that some step reads."""
        return frozenset(
            name for entry in self.entries.values() for name in entry.reads.values() if name
        )

    def first(self, kind: Kind, size: int, limits: Limits) -> dict[str, Step]:
        """The steps that an original of `kind` with `size` bytes is to go through.

        One that the limits rule out, or that no worker is deployed for, is there as failed or
        unavailable from the start, so that the manifest says why its derivatives are missing.
        """
        allowed = limits.bytes_for(kind)
        steps = {}
        for entry in self._taking(kind):
            if not entry.is_deployed:
                error = StepError(Unavailable.code, _HOW_TO_ENABLE.get(entry.step, _NOT_DEPLOYED))
                steps[entry.step] = Step(StepStatus.UNAVAILABLE, error=error)
            elif size > allowed and not entry.is_for_all and entry.read_for(kind) is None:
                error = too_large(kind, size, allowed)
                steps[entry.step] = Step(StepStatus.FAILED, error=error)
            elif self._waits(entry, kind):
                steps[entry.step] = Step(StepStatus.WAITING)
            else:
                steps[entry.step] = Step(is_gate=entry.is_gate)
        while following := self._following(kind, steps):
            steps.update(following)
        return steps

    def advance(self, record: Record) -> dict[str, Step]:
        """The waiting steps that go on now, as they are to stand: pending, or skipped.

        Empty where nothing follows from how the record stands. What follows from that in turn
        is told by the next call, on the record that this one led to.
        """
        return self._following(record.asset.kind, record.steps)

    def waits(self, step: str, kind: Kind) -> bool:
        """Whether the step begins by waiting, for a gate or for a derivative."""
        entry = self.entries.get(step)
        return entry is not None and self._waits(entry, kind)

    def reset(self, names: Collection[str], record: Record) -> dict[str, Step]:
        """Steps asked for again, and all that is to be done again after them.

        Steps that read what one of them makes, or wait at it if it is a gate, go back to waiting,
        though they be among `names`. Each counts one attempt more, so that nobody who is still at
        the old one can close it.
        """
        steps = record.steps
        again = {
            name: Step(
                attempt=steps[name].attempt + 1,
                source=steps[name].source,
                is_gate=steps[name].is_gate,
            )
            for name in sorted(names)
        }
        while after := {
            name: Step(StepStatus.WAITING, attempt=step.attempt + 1)
            for name, step in steps.items()
            if not (name in again and again[name].status is StepStatus.WAITING)
            and any(self._follows(name, each, record) for each in again if each != name)
        }:
            again |= after
        return again

    def _follows(self, name: str, step: str, record: Record) -> bool:
        """Whether one step waits again if another is done again."""
        other, state = record.steps[name], record.steps[step]
        if not self.waits(name, record.asset.kind):
            return False
        is_gate = self._is_gate(step, state)
        reads_it = other.source is not None and other.source in state.offers.values()
        held = is_gate and other.status is not StepStatus.UNAVAILABLE
        return reads_it or held or other.status is StepStatus.SKIPPED

    def _is_gate(self, name: str, step: Step) -> bool:
        """Whether a step is a gate by this plan, or by that of whoever opened the asset."""
        entry = self.entries.get(name)
        return step.is_gate or (entry is not None and entry.is_gate)

    def _waits(self, entry: Entry, kind: Kind) -> bool:
        gated = not entry.is_gate and any(other.is_gate for other in self._taking(kind))
        return gated or entry.read_for(kind) is not None

    def _taking(self, kind: Kind) -> Iterator[Entry]:
        return (entry for entry in self.entries.values() if entry.takes(kind))

    def _following(self, kind: Kind, steps: Mapping[str, Step]) -> dict[str, Step]:
        waiting = {name: step for name, step in steps.items() if step.status is StepStatus.WAITING}
        gates = [step for name, step in steps.items() if self._is_gate(name, step)]
        if not waiting or not all(gate.is_terminal for gate in gates):
            return {}
        if not all(gate.status is StepStatus.COMPLETE for gate in gates):
            return {name: _skipped(step, _SHUT) for name, step in waiting.items()}
        opened = {}
        for name, step in waiting.items():
            entry = self.entries.get(name)
            if entry is None or not entry.takes(kind) or not entry.is_deployed:
                opened[name] = _skipped(step, _NOT_PLANNED)  # another plan was deployed meanwhile
                continue
            wanted = entry.read_for(kind)
            offer = _offered(wanted, steps.values()) if wanted else None
            if offer is not None or not wanted:
                opened[name] = replace(step, status=StepStatus.PENDING, source=offer)
        if opened or any(step.is_pending for step in steps.values()):
            return opened
        return {name: _skipped(step, _NO_SOURCE) for name, step in waiting.items()}


_SHUT = StepError("gate_shut", "A step that every other one waits for was not complete.")
_NOT_PLANNED = StepError("not_planned", "This deployment no longer has this step for such files.")
_NO_SOURCE = StepError("no_source", "No step made the derivative that this one reads.")


def _skipped(step: Step, why: StepError) -> Step:
    return replace(step, status=StepStatus.SKIPPED, error=why)


def _offered(name: str, steps: Iterable[Step]) -> Offer | None:
    offers = (
        step.offers[name]
        for step in steps
        if step.status is StepStatus.COMPLETE and name in step.offers
    )
    return next(offers, None)


def _read(text: str) -> tuple[str, str | None]:
    kind, _, derivative = text.partition(">")
    return (kind if kind == _ANY else Kind(kind).value), derivative or None


def too_large(kind: Kind | None, size: int, allowed: int) -> StepError:
    """The refusal of an original that has more bytes than allowed; `kind` None is any kind."""
    what = "A file" if kind is None else f"A file of the kind {kind.value}"
    return StepError(
        "too_large",
        f"{what} may have {allowed / 1e6:,.0f} MB here; this one has {size / 1e6:,.1f} MB.",
    )
