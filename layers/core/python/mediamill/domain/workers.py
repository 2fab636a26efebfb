"""Which workers there are, and which kinds of file each takes: one line of settings.

The line stands once in the template, beside the filter policies that say the same to SNS:
`image:image metadata:* document:document`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mediamill.domain.asset import Step
from mediamill.domain.derivative import Derivative
from mediamill.domain.errors import Unavailable
from mediamill.domain.kind import Kind, StepStatus
from mediamill.domain.limits import Limits
from mediamill.domain.manifest import StepError

_ANY = "*"
_FOLLOWED_BY = {"office": ("document", "pdf")}  # step → the step that reads what it made
_NEEDED = {Kind.OFFICE: "office"}  # kinds that are described, but not converted, without their step
_HOW_TO_ENABLE = {
    "office": (
        "This deployment converts no Office files. Deploy with OfficeWorker=image (or, on the "
        "laptop, install LibreOffice) and upload the file again."
    )
}


@dataclass(frozen=True, slots=True)
class Workers:
    """Steps and the kinds that each of them is for; `*` is every kind."""

    kinds: Mapping[str, frozenset[str]]

    @classmethod
    def parse(cls, text: str) -> Workers:
        """From `image:image metadata:* document:document`. Raises ValueError on any other form."""
        kinds = {}
        for part in text.split():
            step, colon, names = part.partition(":")
            if not (step and colon and names):
                raise ValueError(f"worker {part!r} is not like image:image or metadata:*")
            kinds[step] = frozenset(
                _ANY if name == _ANY else Kind(name) for name in names.split(",")
            )
        return cls(kinds)

    def steps_for(self, kind: Kind, size: int, limits: Limits) -> dict[str, Step]:
        """The steps that an original of `kind` with `size` bytes is expected to go through.

        A step that the limits rule out, or that no worker is deployed for, is there as failed or
        unavailable from the start, so that the manifest says why it is missing.
        """
        steps = {
            step: Step() for step, kinds in self.kinds.items() if kind in kinds or _ANY in kinds
        }
        needed = _NEEDED.get(kind)
        if needed is not None and needed not in steps:
            error = StepError(Unavailable.code, _HOW_TO_ENABLE[needed])
            steps[needed] = Step(status=StepStatus.UNAVAILABLE, error=error)
        allowed = limits.bytes_for(kind)
        if size > allowed:
            refusal = Step(status=StepStatus.FAILED, error=too_large(kind, size, allowed))
            steps = {
                step: refusal if _ANY not in self.kinds.get(step, {_ANY}) else state
                for step, state in steps.items()
            }
        return steps


def follow_up(name: str, step: Step) -> tuple[str, Derivative] | None:
    """The step that goes on with what a complete step made, and the derivative that it reads."""
    if step.status is not StepStatus.COMPLETE or name not in _FOLLOWED_BY:
        return None
    following, made = _FOLLOWED_BY[name]
    rows = [row for row in step.derivatives if row.name == made]
    return (following, rows[0]) if rows else None


def too_large(kind: Kind | None, size: int, allowed: int) -> StepError:
    """The refusal of an original that has more bytes than allowed; `kind` None is any kind."""
    what = "A file" if kind is None else f"A file of the kind {kind.value}"
    return StepError(
        "too_large",
        f"{what} may have {allowed / 1e6:,.0f} MB here; this one has {size / 1e6:,.1f} MB.",
    )
