"""An asset: one version of one original, and all that we know of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from mediamill.domain.derivative import Derivative
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill.domain.manifest import StepError

SEQUENCER_DIGITS = 32


@dataclass(frozen=True, slots=True)
class Asset:
    """One version of one original. `bytes` is its size; times are ISO 8601 in UTC."""

    asset_id: str
    bucket: str
    key: str
    version_id: str | None
    etag: str
    sequencer: str
    bytes: int
    kind: Kind
    content_type: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Source:
    """What a worker reads: the original, or what another worker made of it. `bytes` is its size."""

    bucket: str
    key: str
    version_id: str | None
    kind: Kind
    content_type: str
    bytes: int
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One worker's part in an asset.

    `facts` is its share of the manifest, JSON-ready; `attempt` counts how often the step was asked
    for again, so that a worker of an earlier time cannot close it. `parts` are those that a long
    job was split into, each with what it made, or nothing while it is on its way.
    """

    status: StepStatus = StepStatus.PENDING
    derivatives: tuple[Derivative, ...] = ()
    error: StepError | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    started_at: str | None = None
    finished_at: str | None = None
    duration_ms: int | None = None
    attempt: int = 0
    parts: Mapping[str, tuple[Derivative, ...]] = field(default_factory=dict)

    @property
    def is_in(self) -> bool:
        """Whether the job was split, and every part is done."""
        return bool(self.parts) and all(self.parts.values())

    @property
    def is_terminal(self) -> bool:
        """Whether the worker is done with it, for better or worse."""
        return self.status is not StepStatus.PENDING


@dataclass(frozen=True, slots=True)
class Claim:
    """The delivery (a queue message's id) that is in charge, and since when (epoch seconds)."""

    delivery: str
    since: float


@dataclass(frozen=True, slots=True)
class Record:
    """The assets table's item: an asset and where its steps stand.

    `revision` counts the writes; `opening` is the delivery that opened it and is to publish it,
    `finishing` the one that is writing the manifest; `leftovers` are results keys of an older
    version, to be deleted once this one is done.
    """

    asset: Asset
    status: Status
    steps: Mapping[str, Step]
    rejection: StepError | None = None
    revision: int = 0
    opening: Claim | None = None
    is_published: bool = False
    finishing: Claim | None = None
    leftovers: tuple[str, ...] = ()
    updated_at: str | None = None
    completed_at: str | None = None
    expires_at: int | None = None

    @property
    def is_settled(self) -> bool:
        """Whether every expected step is terminal."""
        return all(step.is_terminal for step in self.steps.values())

    @property
    def derivatives(self) -> tuple[Derivative, ...]:
        """Every derivative of every step, in the steps' order."""
        return tuple(row for step in self.steps.values() for row in gathered(step).derivatives)


def asset_id_of(bucket: str, key: str, *, version_id: str | None, etag: str, sequencer: str) -> str:
    """The same for every delivery of one upload, different for every other: 32 hex digits."""
    identity = version_id if version_id else f"{etag}\0{sequencer}"
    return hashlib.sha256(f"{bucket}\0{key}\0{identity}".encode()).hexdigest()[:32]


def comparable(sequencer: str) -> str:
    """A sequencer that compares as a string: padded with zeros on the right, upper case.

    Amazon S3 User Guide, "Event message structure": pad the shorter value, then compare.
    """
    return sequencer.upper().ljust(SEQUENCER_DIGITS, "0")


def settled_status(record: Record) -> Status:
    """The asset's final status, from its steps."""
    if record.rejection is not None:
        return Status.REJECTED
    complete = [step.status is StepStatus.COMPLETE for step in record.steps.values()]
    if all(complete):
        return Status.COMPLETE
    return Status.PARTIAL if any(complete) else Status.FAILED


def gathered(step: Step) -> Step:
    """A split step with all that its parts have made so far as its own, by page."""
    parts = [row for made in step.parts.values() for row in made]
    ordered = sorted(parts, key=lambda row: row.page or 0)
    return replace(step, derivatives=(*step.derivatives, *ordered), parts={})


def joined(step: Step, finished_at: str) -> Step:
    """A split step, complete: the last part is in."""
    begun = datetime.fromisoformat(step.started_at or finished_at)
    taken = datetime.fromisoformat(finished_at) - begun
    return replace(
        gathered(step),
        status=StepStatus.COMPLETE,
        finished_at=finished_at,
        duration_ms=round(taken.total_seconds() * 1000),
    )
