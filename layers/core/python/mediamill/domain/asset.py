"""An asset: one version of one original, and where its steps stand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

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

    @classmethod
    def of(cls, named: Mapping[str, Any]) -> Asset:
        """The asset that a message or an item holds by these names. KeyError where one lacks."""
        return cls(
            asset_id=named["asset_id"],
            bucket=named["bucket"],
            key=named["key"],
            version_id=named.get("version_id"),
            etag=named["etag"],
            sequencer=named["sequencer"],
            bytes=named["bytes"],
            kind=Kind(named["kind"]),
            content_type=named["content_type"],
            created_at=named["created_at"],
        )


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
class Offer:
    """A derivative that another step reads: where it is, pinned to the version that was made."""

    key: str
    format: str
    bytes: int
    version_id: str | None
    etag: str


@dataclass(frozen=True, slots=True)
class Tries:
    """How a step's last try went: its number, of which part, and with what it ended.

    `error` is None while the try runs; a later try that finds it so knows that it crashed.
    """

    number: int
    at: str
    part: str | None = None
    error: str | None = None
    crashes: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One worker's part in an asset.

    `attempt` counts how often the step was asked for again, so that a worker of an earlier time
    cannot close it. `source` is the derivative that it reads, where that is not the original;
    `offers` are derivatives that it made for others to read, by name. `parts` are those that a long
    job was split into. `made` names the items of the made table that count; `count` and `bytes` are
    the derivatives in them. `warnings` are what people should know of it, though it is complete.
    `by` is the token of the delivery that closed or split it. `is_gate` makes the others wait, also
    for workers that know another plan while a deployment runs.
    """

    status: StepStatus = StepStatus.PENDING
    attempt: int = 0
    source: Offer | None = None
    offers: Mapping[str, Offer] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    made: tuple[str, ...] = ()
    count: int = 0
    bytes: int = 0
    error: StepError | None = None
    warnings: tuple[StepError, ...] = ()
    failed_part: str | None = None
    is_refusal: bool = False
    is_gate: bool = False
    by: str = ""
    tries: Tries | None = None
    started_at: str | None = None
    finished_at: str | None = None
    duration_ms: int | None = None

    @property
    def is_terminal(self) -> bool:
        """Whether nothing more is to come of it, for better or worse."""
        return self.status not in (StepStatus.WAITING, StepStatus.PENDING)

    @property
    def is_pending(self) -> bool:
        """Whether a message about it is on its way, or being worked on."""
        return self.status is StepStatus.PENDING


@dataclass(frozen=True, slots=True)
class Claim:
    """The delivery (a queue message's id) that is in charge, and since when (epoch seconds)."""

    delivery: str
    since: float


@dataclass(frozen=True, slots=True)
class Record:
    """The assets table's item: an asset and where its steps stand.

    `revision` counts the writes, `written_by` is the last one's token; `opened_by` is the delivery
    that opened it and is to tell the workers, `finishing` the one that is writing the manifest.
    `is_untidy` says that the results bucket may hold what this record does not list, or lack what
    it does: whoever finishes it compares the two. `announced` counts the announcements, `told` is
    the status that the last one told, `telling` the one that a finisher was about to tell after it.
    `rejection` says why nothing is made of the original, `unfinished` that its manifest could not
    be written, whatever it was to say. `nudges` counts how often it was asked for, being overdue.
    `changed_at` is when its status last changed: always later than before, whatever clocks say.
    """

    asset: Asset
    status: Status
    steps: Mapping[str, Step]
    rejection: StepError | None = None
    unfinished: StepError | None = None
    revision: int = 0
    written_by: str = ""
    opened_by: str = ""
    finishing: Claim | None = None
    is_untidy: bool = False
    manifest_etag: str | None = None
    announced: int = 0
    told: Status | None = None
    telling: Status | None = None
    nudges: int = 0
    updated_at: str | None = None
    changed_at: str | None = None
    completed_at: str | None = None
    expires_at: int | None = None

    @property
    def reason(self) -> StepError | None:
        """Why there is nothing to find, where that is not for the steps to say."""
        return self.unfinished or self.rejection

    @property
    def is_settled(self) -> bool:
        """Whether every expected step is terminal."""
        return all(step.is_terminal for step in self.steps.values())

    @property
    def count(self) -> int:
        """How many derivatives it has."""
        return sum(step.count for step in self.steps.values())

    @property
    def bytes_out(self) -> int:
        """How many bytes its derivatives have together."""
        return sum(step.bytes for step in self.steps.values())


def asset_id_of(bucket: str, key: str, *, version_id: str | None, etag: str, sequencer: str) -> str:
    """The same for every delivery of one event, different for every other: 32 hex digits.

    The sequencer is in it: a version that is brought back after it was deleted is another asset,
    which has nothing to do with what was made in its first life.
    """
    identity = f"{version_id or etag}\0{comparable(sequencer)}"
    return hashlib.sha256(f"{bucket}\0{key}\0{identity}".encode()).hexdigest()[:32]


def comparable(sequencer: str) -> str:
    """A sequencer that compares as a string: padded with zeros on the right, upper case.

    Amazon S3 User Guide, "Event message structure": pad the shorter value, then compare.
    """
    return sequencer.upper().ljust(SEQUENCER_DIGITS, "0")


def settled_status(record: Record) -> Status:
    """The asset's final status, from its steps: those that were skipped do not count."""
    steps = record.steps.values()
    if record.rejection is not None or any(step.is_refusal for step in steps):
        return Status.REJECTED
    complete = [
        step.status is StepStatus.COMPLETE for step in steps if step.status != StepStatus.SKIPPED
    ]
    if all(complete):
        return Status.COMPLETE
    return Status.PARTIAL if any(complete) else Status.FAILED


def milliseconds_between(started_at: str, finished_at: str) -> int:
    """Wall clock between two times in ISO 8601, whole milliseconds."""
    taken = datetime.fromisoformat(finished_at) - datetime.fromisoformat(started_at)
    return round(taken.total_seconds() * 1000)
