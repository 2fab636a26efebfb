"""Closing: what a try of a step came to, written down, and the step closed with it.

What was made goes into the made table first, under a name of this delivery's own; the write that
closes the step names the items that count. Whoever comes too late has the results compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mediamill.aws.made import Attempt, MadeTable
from mediamill.aws.messages import Delivery, FanOut
from mediamill.aws.relay import Relay
from mediamill.aws.table import utc_now
from mediamill.aws.topics import AssetsTopic
from mediamill.domain.asset import Offer, Step, milliseconds_between
from mediamill.domain.kind import StepStatus
from mediamill.domain.made import Made, Stored, counting
from mediamill.domain.manifest import StepError
from mediamill.settings import Settings


@dataclass(frozen=True, slots=True)
class Work:
    """What a try came to: what it made, whether that is all, and why it is not."""

    made: Made
    parts: tuple[str, ...]
    error: StepError | None
    is_refusal: bool
    started_at: str
    duration_ms: int


class Closing:
    """The end of one delivery's try, in the record and in the made table."""

    def __init__(
        self, settings: Settings, relay: Relay, message: Delivery, told: FanOut, step: str
    ) -> None:
        self._settings = settings
        self._relay = relay
        self._table = relay.table
        self._made = MadeTable(settings.made_table)
        self._message = message
        self._told = told
        self._attempt = Attempt(told.asset.key, told.asset.asset_id, step, told.attempt)
        self.has_written = message.is_again  # or an earlier delivery may have

    def arrived(self) -> Mapping[str, str]:
        """The parts of a split step that are in, each with the name of its item."""
        return self._made.arrived(self._attempt)

    def split(self, state: Step, work: Work) -> None:
        """Note the parts, then tell of them: should that fail, the message's next delivery does."""
        name = self._message.token
        self._put(name, work.made)
        self._made.begin(self._attempt)
        split = replace(
            counting(state, [name], work.made.rows),
            parts=work.parts,
            offers=self._offers(work.made.rows),
            warnings=_warnings(work.made),
            by=self._message.token,
            started_at=work.started_at,
        )
        if self._table.split(self._told.asset, self._attempt.step, split) is not None:
            self.tell_parts(work.parts)
        else:
            self._too_late()

    def tell_parts(self, parts: Sequence[str]) -> None:
        """Tell the workers of this step of parts that are not in."""
        told = replace(self._told, steps=(self._attempt.step,), reason="part")
        messages = [replace(told, part=part) for part in parts]
        AssetsTopic(self._settings.assets_topic).publish_all(messages)

    def arrive(self, state: Step, work: Work) -> None:
        """A part is made: note it, and close the step if it was the last one."""
        part = self._told.part or ""
        name = f"{part}@{self._message.token}"
        self._put(name, work.made)
        arrived = self._made.arrive(self._attempt, part, name)
        now = self._table.get(self._told.asset.key)
        stands = now.steps.get(self._attempt.step) if now else None
        if (
            now is None
            or stands is None
            or now.asset.asset_id != self._told.asset.asset_id
            or stands.attempt != state.attempt
            or not stands.is_pending
        ):
            return self._too_late()
        if set(stands.parts) <= arrived.keys():  # whoever noted the last one may have died since
            self.join(stands, arrived)
        if arrived.get(part) != name:
            self._too_late()

    def join(self, state: Step, arrived: Mapping[str, str]) -> None:
        """Every part of a split step is in: close it with all of them."""
        finished_at = utc_now()
        names = (*state.made, *(arrived[part] for part in state.parts))
        rows = self._made.rows(self._attempt, names)
        self._finish(
            replace(
                counting(state, names, rows),
                status=StepStatus.COMPLETE,
                parts=(),
                offers={**state.offers, **self._offers(rows)},
                by=self._message.token,
                tries=None,
                finished_at=finished_at,
                duration_ms=milliseconds_between(state.started_at or finished_at, finished_at),
            )
        )

    def close(self, state: Step, work: Work) -> None:
        """The job is done, or can never be: close the step with what was made."""
        name = self._message.token
        if self._told.part is not None:
            name = f"{self._told.part}@{name}"
        names = self._made.so_far(self._attempt, state)
        before = self._made.rows(self._attempt, names)
        if work.made.rows or work.made.facts:
            self._put(name, work.made)
            names = (*names, name)
        self._finish(
            replace(
                counting(state, names, (*before, *work.made.rows)),
                status=StepStatus.FAILED if work.error else StepStatus.COMPLETE,
                parts=(),
                offers={**state.offers, **self._offers(work.made.rows)},
                error=work.error,
                warnings=(*state.warnings, *_warnings(work.made)),
                failed_part=self._told.part if work.error else None,
                is_refusal=work.is_refusal,
                by=self._message.token,
                tries=None,
                started_at=state.started_at or work.started_at,
                finished_at=utc_now(),
                duration_ms=work.duration_ms,
            )
        )

    def give_up(self, state: Step, code: str, reason: str) -> None:
        """Close the step as failed with what its parts have made, if it has any."""
        names = self._made.so_far(self._attempt, state)
        self._finish(
            replace(
                counting(state, names, self._made.rows(self._attempt, names)),
                status=StepStatus.FAILED,
                parts=(),
                error=StepError(code, reason),
                failed_part=self._told.part,
                by=self._message.token,
                finished_at=utc_now(),
            ),
            untidy=True,
        )

    def _put(self, name: str, made: Made) -> None:
        """Write down what this try made, for the record to name, or for the finisher to delete."""
        self.has_written = True
        self._made.put(self._attempt, name, made)

    def _finish(self, closing: Step, *, untidy: bool = False) -> None:
        is_cut_short = closing.status is StepStatus.FAILED and self.has_written
        untidy = untidy or is_cut_short or self._message.is_again or closing.failed_part is not None
        closed = self._table.close(self._told.asset, self._attempt.step, closing, untidy=untidy)
        if closed is not None:
            self._relay.hand_on(closed)
        else:
            self._too_late()

    def _too_late(self) -> None:
        """The step was closed, or asked for again, or a newer version or a deletion has come."""
        key = self._told.asset.key
        if self.has_written:
            self._relay.disturbed(key)
        now = self._table.get(key)
        state = now.steps.get(self._attempt.step) if now else None
        if (
            now is not None
            and now.asset.asset_id == self._told.asset.asset_id
            and state is not None
            and state.is_terminal
        ):
            self._relay.hand_on(now, again=True)

    def _offers(self, rows: tuple[Stored, ...]) -> dict[str, Offer]:
        """Those derivatives that another step may read, the first of each name."""
        names = self._settings.plan.read_names
        return {
            stored.row.name: Offer(
                key=stored.row.key,
                format=stored.row.format,
                bytes=stored.row.bytes,
                version_id=stored.version_id,
                etag=stored.etag,
            )
            for stored in reversed(rows)
            if stored.row.name in names
        }


def _warnings(made: Made) -> tuple[StepError, ...]:
    """What the job wants people to know: its facts have it under `warnings`."""
    told = made.facts.get("warnings", ())
    return tuple(StepError(each["code"], each["message"]) for each in told)
