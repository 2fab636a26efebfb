"""Again: an asset asked for once more, from its first step, with what is deployed now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mediamill.aws.relay import Relay
from mediamill.aws.storage import glance
from mediamill.domain.asset import Record, Step
from mediamill.domain.kind import Status
from mediamill.settings import Settings


class Refused(Exception):
    """It cannot be done again: `code` and the sentence say why it was refused."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


def again(settings: Settings, look: Callable[[], Record]) -> Record:
    """Ask every worker again, as if the file had just come; once, however many ask.

    `look` reads the record as it stands. Nothing is asked while it is being processed. Raises
    Refused.
    """
    relay = Relay(settings)
    record = look()
    while record.status is not Status.PROCESSING:
        begun = relay.table.change(record, _steps(settings, record), again=True, alone=True)
        if begun is not None:
            pending = {name: step for name, step in begun.steps.items() if step.is_pending}
            relay.tell(begun, pending, "again")
            relay.hand_on(begun)
            return begun
        record = look()  # it has moved: somebody else may have begun
    return record


def _steps(settings: Settings, record: Record) -> dict[str, Step]:
    """The steps of a new asset, each an attempt further than it is."""
    why = record.rejection
    if not record.steps and why is not None:
        raise Refused(why.code, f"It was refused at the door: {why.message}")
    _check_there(record)
    asset = record.asset
    first = settings.plan.first(asset.kind, asset.bytes, settings.limits)
    for name, step in record.steps.items():
        if step.is_refusal and step.error is not None and name not in first:
            raise Refused(step.error.code, f"Nobody here looks at it again: {step.error.message}")
    return {
        name: replace(step, attempt=record.steps[name].attempt + 1)
        if name in record.steps
        else step
        for name, step in first.items()
    }


def _check_there(record: Record) -> None:
    """Raise Refused where what a gate refused was taken away: the record stays, to say why."""
    asset = record.asset
    refused = next((step.error for step in record.steps.values() if step.is_refusal), None)
    if refused is None:
        return
    stands = glance(asset.bucket, asset.key)
    if stands is None or stands.version_id != asset.version_id:
        raise Refused(refused.code, f"It was taken away: {refused.message}")
