"""The manifest of a settled record: what each step found and made, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mediamill.domain.asset import Record, settled_status
from mediamill.domain.derivative import Derivative
from mediamill.domain.facts import ImageFacts
from mediamill.domain.kind import StepStatus
from mediamill.domain.made import Made
from mediamill.domain.manifest import SCHEMA_VERSION, Notice, StepReport
from mediamill.domain.srcset import srcset
from mediamill.domain.wire import JSON, to_json

_FIRST = "metadata"  # what it reads from headers gives way to what the others decoded
# An Office file only says how many pages it had where it was last laid out.
_LAID_OUT = {"document": "page_count"}


def assemble(record: Record, made: Mapping[str, Made], completed_at: str) -> dict[str, JSON]:
    """The manifest as JSON, from what each step has made; the fields are those of `Manifest`."""
    asset = record.asset
    manifest: dict[str, JSON] = {
        "schema_version": SCHEMA_VERSION,
        "asset_id": asset.asset_id,
        "key": asset.key,
        "status": settled_status(record).value,
        "kind": asset.kind.value,
        "content_type": asset.content_type,
        "bytes": asset.bytes,
        "created_at": asset.created_at,
        "completed_at": completed_at,
        "derivatives": [
            _row(stored.row) for name in record.steps if name in made for stored in made[name].rows
        ],
        "steps": _steps(record),
    }
    if noticed := warnings(record):
        manifest["warnings"] = [to_json(each) for each in noticed]
    for name in sorted(made, key=lambda name: (made[name].is_derived, name != _FIRST)):
        if made[name].is_derived:
            _add(manifest, made[name].facts)
        else:
            _merge(manifest, made[name].facts)
    _list_sizes(manifest, [stored.row for each in made.values() for stored in each.rows])
    return manifest


def _list_sizes(manifest: dict[str, JSON], rows: Sequence[Derivative]) -> None:
    width, height = manifest.get("width"), manifest.get("height")
    if isinstance(width, int) and isinstance(height, int) and width and height:
        sizes = srcset(rows, width, height)
        if sizes:
            manifest["srcset"] = dict(sizes)


def warnings(record: Record) -> tuple[Notice, ...]:
    """What the steps warn of, though they are complete."""
    return tuple(
        Notice(said.code, said.message, step=name)
        for name, step in sorted(record.steps.items())
        for said in step.warnings
    )


def completed_at(record: Record) -> str:
    """When the last step ended: the same, however often the manifest is written."""
    ends = [step.finished_at for step in record.steps.values() if step.finished_at]
    return max(ends, default=record.asset.created_at)


def _row(row: object) -> dict[str, JSON]:
    plain = to_json(row)
    if plain.get("truncated") is False:
        del plain["truncated"]
    return plain


def _steps(record: Record) -> dict[str, JSON]:
    reports: dict[str, JSON] = {
        name: to_json(StepReport(step.status, step.duration_ms, step.error))
        for name, step in record.steps.items()
    }
    if record.rejection is not None:
        reports["ingest"] = to_json(StepReport(StepStatus.FAILED, None, record.rejection))
    return reports


def _merge(manifest: dict[str, JSON], facts: Mapping[str, Any]) -> None:
    for name, value in facts.items():
        if name == "warnings":
            continue
        known = manifest.get(name)
        if isinstance(known, dict) and isinstance(value, Mapping):
            manifest[name] = {**known, **value}
        else:
            manifest[name] = value


def _add(manifest: dict[str, JSON], facts: Mapping[str, Any]) -> None:
    """Facts of a derivative: blocks that nobody else has filled, field by field.

    Its size, format and length stay out: on top of the manifest stands what the original is. But
    how many pages there are, only laying it out tells.
    """
    for name, value in facts.items():
        if isinstance(value, Mapping):
            known = manifest.get(name)
            block = {**value, **(known if isinstance(known, dict) else {})}
            if (field := _LAID_OUT.get(name)) in value:
                block[field] = value[field]
            manifest[name] = block


_DAMAGED = {
    "code": "damaged",
    "message": "The file is damaged or ends too early: parts of the picture are missing or wrong.",
}


def picture_facts(facts: ImageFacts) -> dict[str, JSON]:
    """The manifest's part of a picture: its size and format on top, the rest in `image`.

    That nothing is truncated is left unsaid: the header may say that the file itself is.
    """
    block = to_json(facts)
    # Its name may be a device's: the metadata step tells it, as far as the privacy mode allows.
    block.pop("icc_profile", None)
    if not facts.truncated:
        block.pop("truncated", None)
    top: dict[str, JSON] = {
        name: block.pop(name)
        for name in ("format", "width", "height", "orientation")
        if name in block
    }
    found: dict[str, JSON] = {**top, "image": block}
    if facts.damaged:
        found["warnings"] = [dict(_DAMAGED)]
    return found
