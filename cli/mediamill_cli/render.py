"""How assets look on a terminal: tables, sizes, marks; and as JSON for a machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.table import Table
from rich.text import Text

from mediamill.aws.listing import Row
from mediamill.domain.assembly import warnings
from mediamill.domain.asset import Record, Step, Tries
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.wire import to_json
from mediamill_cli.assets import Manifest

_COLOURS = {
    Status.PROCESSING: "cyan",
    Status.COMPLETE: "green",
    Status.PARTIAL: "yellow",
    Status.FAILED: "red",
    Status.REJECTED: "red",
    Status.DELETED: "dim",
}
_MARKS = {
    StepStatus.WAITING: ("…", "dim"),
    StepStatus.PENDING: ("·", "cyan"),
    StepStatus.COMPLETE: ("✓", "green"),
    StepStatus.FAILED: ("✗", "red"),
    StepStatus.UNAVAILABLE: ("–", "yellow"),
    StepStatus.SKIPPED: ("»", "dim"),
}


def printable(text: str) -> str:
    """The text with control characters spelled out, so that no key can move the cursor."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def shortened(text: str, width: int = 40) -> str:
    """The printable text, or its end where that is longer than `width`."""
    text = printable(text)
    return text if len(text) <= width else "…" + text[1 - width :]


def size(count: int) -> str:
    """Bytes as people read them: 999 B, 1.2 kB, 34 MB; 1 MB = 1,000,000 bytes."""
    number = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if number < 999.5 or unit == "GB":
            break
        number /= 1000
    digits = 0 if unit == "B" or number >= 9.95 else 1
    return f"{number:.{digits}f} {unit}"


def seconds(record: Record) -> float | None:
    """The time from the opening of the asset to its end."""
    if not record.completed_at:
        return None
    began = datetime.fromisoformat(record.asset.created_at)
    return (datetime.fromisoformat(record.completed_at) - began).total_seconds()


def status_text(status: Status) -> Text:
    """A status in its colour."""
    return Text(status.value, style=_COLOURS[status])


def steps_text(steps: Mapping[str, Step]) -> Text:
    """The steps in one line, each with the mark of where it stands."""
    line = Text()
    for name, step in sorted(steps.items()):
        mark, colour = _MARKS[step.status]
        line.append(f"{name} ").append(f"{mark}  ", style=colour)
    return line


def problems(record: Record) -> Sequence[str]:
    """A sentence for each reason why something is missing or wrong.

    What was skipped follows from those.
    """
    found = [record.reason.message] if record.reason else []
    for name, step in sorted(record.steps.items()):
        if step.error and step.status is not StepStatus.SKIPPED:
            found.append(f"{name}: {step.error.message}")
    found += [f"{notice.step}: {notice.message}" for notice in warnings(record)]
    return found


def remarks(record: Record, name: str) -> str:
    """What a step waits for, why it was skipped, how its tries go; `problems` has the rest."""
    step = record.steps[name]
    if step.status is StepStatus.WAITING:
        pending = [other for other, its in sorted(record.steps.items()) if its.is_pending]
        return f"waits for what comes of {' and '.join(pending) or 'the steps before it'}"
    said = []
    if step.error and step.status is StepStatus.SKIPPED:
        said.append(step.error.message)
    if step.tries and not step.is_terminal:
        said.append(_of_tries(step.tries))
    if step.is_pending and step.parts:
        said.append(f"split into {len(step.parts)} parts")
    if step.attempt:
        said.append(f"asked for again {_times(step.attempt)}")
    return "; ".join(said)


def _of_tries(tries: Tries) -> str:
    crashed = f"; {_times(tries.crashes)} it ended without a word" if tries.crashes else ""
    if tries.error is None:
        return f"try {tries.number} is under way{crashed}"
    return f"try {tries.number} ended with {tries.error}{crashed}; it comes again"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def assets_table(records: Sequence[Record]) -> Table:
    """What became of each file: kind, status, derivatives, bytes in and out, time."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("file", overflow="fold")
    table.add_column("kind")
    table.add_column("status")
    for name in ("derivatives", "in", "out", "time"):
        table.add_column(name, justify="right", no_wrap=True)
    for record in records:
        took = seconds(record)
        table.add_row(
            Text(printable(record.asset.key)),
            record.asset.kind.value,
            status_text(record.status),
            str(record.count),
            size(record.asset.bytes),
            size(record.bytes_out),
            "" if took is None else f"{took:.1f} s",
        )
    return table


def rows_table(rows: Sequence[Row]) -> Table:
    """A list of assets."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("key", overflow="fold")
    table.add_column("kind")
    table.add_column("status")
    table.add_column("bytes", justify="right", no_wrap=True)
    table.add_column("uploaded", no_wrap=True)
    for row in rows:
        when = datetime.fromisoformat(row.created_at).astimezone()
        table.add_row(
            Text(printable(row.key)),
            row.kind.value,
            status_text(row.status),
            size(row.bytes),
            f"{when:%Y-%m-%d %H:%M:%S}",
        )
    return table


def steps_table(record: Record) -> Table:
    """Each step of one asset: where it stands, how long it took, how much it made."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("step", "status"):
        table.add_column(name)
    for name in ("time", "derivatives", "bytes"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for name, step in sorted(record.steps.items()):
        mark, colour = _MARKS[step.status]
        table.add_row(
            name,
            Text(f"{mark} {step.status.value}", colour),
            "" if step.duration_ms is None else f"{step.duration_ms / 1000:.1f} s",
            str(step.count or ""),
            size(step.bytes) if step.count else "",
            Text(printable(remarks(record, name))),
        )
    return table


def derivatives_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """What was made of an asset, as its manifest lists it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("derivative", overflow="fold")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("bytes", justify="right", no_wrap=True)
    for row in rows:
        pixels = f"{row['width']}×{row['height']}" if "width" in row else ""
        table.add_row(Text(printable(row["key"])), pixels, size(row["bytes"]))
    return table


def record_json(record: Record, manifest: Manifest | None) -> dict[str, Any]:
    """An asset for a machine: where it and each step stand, and what the manifest lists."""
    asset = record.asset
    noticed = [to_json(each) for each in warnings(record)]
    return {
        "key": asset.key,
        "asset_id": asset.asset_id,
        "version_id": asset.version_id,
        "kind": asset.kind.value,
        "content_type": asset.content_type,
        "bytes": asset.bytes,
        "status": record.status.value,
        "steps": {
            name: {
                "status": step.status.value,
                "derivatives": step.count,
                "bytes": step.bytes,
                **({"attempt": step.attempt} if step.attempt else {}),
                **({"tries": to_json(step.tries)} if step.tries else {}),
                **({"error": to_json(step.error)} if step.error else {}),
                **({"duration_ms": step.duration_ms} if step.duration_ms is not None else {}),
            }
            for name, step in sorted(record.steps.items())
        },
        "derivatives": manifest["derivatives"] if manifest else [],
        **({"error": to_json(record.reason)} if record.reason else {}),
        **({"warnings": noticed} if noticed else {}),
        "created_at": asset.created_at,
        "completed_at": record.completed_at,
    }


def row_json(row: Row) -> dict[str, Any]:
    """A line of a list for a machine."""
    return asdict(row)


def summary(records: Iterable[Record]) -> str:
    """How many of each status: `12 complete, 1 failed`."""
    counts: dict[Status, int] = {}
    for record in records:
        counts[record.status] = counts.get(record.status, 0) + 1
    return ", ".join(f"{counts[status]} {status.value}" for status in Status if status in counts)
