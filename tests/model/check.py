"""What must hold when everything has come to its end, whatever happened on the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mediamill.aws.table import AssetsTable
from mediamill.domain.asset import Record
from mediamill.domain.kind import Status
from model.buckets import Version
from model.contents import STEPS, Content
from model.drive import Drive
from model.histories import KEYS

_NO_PDF = ("document", "office", "office")  # a step that has nothing to read, and why


@dataclass(frozen=True, slots=True)
class Wrong:
    """Something that does not hold: a word for it, and what is so."""

    what: str
    why: str

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


def check(drive: Drive, *, redriven: bool = False) -> Iterator[Wrong]:
    """Everything that does not hold in a flow at rest.

    With `redriven`, all dead letters had another chance without faults: then each step is as the
    original's content has it.
    """
    table = AssetsTable(drive.stack.settings.assets_table)
    uploads, results = (drive.cloud.s3.by_name[name] for name in ("uploads", "results"))
    there = dict(results.standing())
    listed: set[str] = set()
    announced = _announced(drive)
    for key in KEYS:
        taken = drive.quarantined.get(key)
        if key not in uploads.objects and taken is None:
            continue
        live = uploads.current(key)
        record = table.get(key)
        if live is None and taken is not None:
            if record is not None and _is_refused(record, taken):
                live = taken
            elif key not in drive.deleted:
                yield Wrong("forgotten", f"{key!r} was refused, and nothing says so any more")
                continue
        if live is None or live.is_marker:
            if record is not None and record.status is not Status.DELETED:
                yield Wrong("ghost", f"{key!r} is deleted, its record is {record.status.value}")
            continue
        if record is None:
            yield Wrong("unknown", f"{key!r} is there, and has no record")
            continue
        yield from _of_record(key, live, record)
        if record.status in (Status.PROCESSING, Status.DELETED):
            continue
        listed.add(f"manifest/{key}.json")
        yield from _of_manifest(key, live, record, there, listed)
        manifest = there.get(f"manifest/{key}.json")
        if redriven and record.rejection is not None:
            yield Wrong("refused", f"{key!r} is sound: {record.rejection.code}")
        elif redriven and manifest is not None:
            content, told = Content.of(live.body or b""), json.loads(manifest.body or b"")
            yield from _of_steps(key, content, told, is_gated=drive.is_gated)
        yield from _of_announcements(record, announced.get(record.asset.asset_id, []))
    for asset_id, messages in announced.items():
        yield from _twice(drive, asset_id, messages)
    for item in drive.cloud.dynamodb.by_name["made"].items.values():
        live = uploads.current(item["key"]["S"])
        if live is None or live.is_marker:
            yield Wrong("left in the table", f"{item['made']['S']} of a deleted original")
    extra = sorted(there.keys() - listed)
    if extra:
        yield Wrong("left behind", f"{extra} are listed by no live record")
    for error in drive.errors:
        yield Wrong("error", f"{type(error).__name__} without a fault: {error}")


def _is_refused(record: Record, taken: Version) -> bool:
    """Whether it says that a gate refused the version that was taken away."""
    return (record.status, record.asset.version_id) == (Status.REJECTED, taken.version_id)


def _of_record(key: str, live: Version, record: Record) -> Iterator[Wrong]:
    if record.asset.version_id != live.version_id and record.rejection is None:
        what = f"{key!r} is {live.version_id}, its record is of {record.asset.version_id}"
        yield Wrong("other version", f"{what} ({record.status.value})")
    elif record.status in (Status.PROCESSING, Status.DELETED):
        steps = {name: step.status.value for name, step in record.steps.items()}
        yield Wrong("stuck", f"{key!r} is {record.status.value} for ever, steps {steps}")


def _of_manifest(
    key: str,
    live: Version,
    record: Record,
    there: Mapping[str, Version],
    listed: set[str],
) -> Iterator[Wrong]:
    stored = there.get(f"manifest/{key}.json")
    if stored is None:
        yield Wrong("no manifest", f"{key!r} is {record.status.value} without a manifest")
        return
    manifest = json.loads(stored.body or b"")
    if (manifest["asset_id"], manifest["status"]) != (record.asset.asset_id, record.status.value):
        yield Wrong("other manifest", f"{key!r}: the manifest is not that of the record")
    rows = {row["key"]: row for row in manifest["derivatives"]}
    if len(rows) < len(manifest["derivatives"]):
        yield Wrong("listed twice", f"{key!r} lists a derivative twice: {sorted(rows)}")
    listed.update(rows)
    for name, row in rows.items():
        found = there.get(name)
        if found is None:
            yield Wrong("missing", f"{name!r} is listed, and not there")
        elif hashlib.sha256(found.body or b"").hexdigest() != row["sha256"]:
            yield Wrong("other bytes", f"{name!r} is not what its manifest says")
    content = Content.of(live.body or b"")
    yield from _of_content(key, content, manifest, there, record)


def _of_content(
    key: str,
    content: Content,
    manifest: Mapping[str, Any],
    there: Mapping[str, Version],
    record: Record,
) -> Iterator[Wrong]:
    """Whether what is listed and told is of the live version, and pages of the listed PDF."""
    pdf = there.get(f"pdf/{key}.pdf")
    number = ""
    if pdf is not None and pdf.body is not None and content.kind == "office":
        number = f" from {json.loads(pdf.body[pdf.body.index(b'{') :]).get('number', 0)}"
    for row in manifest["derivatives"]:
        found = there.get(row["key"])
        text = (found.body or b"").decode("latin-1") if found else ""
        if found and row["name"] != "pdf" and f"of {content.digest}" not in text:
            yield Wrong("old content", f"{row['key']!r} is of another version: {text!r}")
        elif found and row["name"] == "pages" and number and not text.endswith(number):
            yield Wrong("other pdf", f"{row['key']!r} is {text!r}, the PDF is{number}")
    if record.rejection is None:
        steps = manifest["steps"]
        facts = {
            "metadata": manifest.get("tags", {}).get("title"),
            "document": manifest.get("document", {}).get("title"),
            "image": manifest.get("image", {}).get("dominant_color"),
        }
        for step, fact in facts.items():
            if steps.get(step, {}).get("status") == "complete" and (
                fact is None or not fact.startswith(content.digest)
            ):
                yield Wrong("old facts", f"{key!r}: {step} tells {fact!r}, not {content.digest}")
            if step == "document" and fact and number and not fact.endswith(number):
                yield Wrong("other pdf", f"{key!r}: {fact!r} is told, the PDF is{number}")


def _of_steps(
    key: str, content: Content, manifest: Mapping[str, Any], *, is_gated: bool
) -> Iterator[Wrong]:
    """Whether each step ended as the content has it, and made all that it is to make."""
    steps = manifest["steps"]
    failing = content.failing()
    names = {row["key"] for row in manifest["derivatives"]}
    for step in (*(("scan",) if is_gated else ()), *STEPS[content.kind]):
        state = steps.get(step, {"status": "missing"})
        status, code = state["status"], (state.get("error") or {}).get("code")
        if step == failing:
            if status != "failed":
                yield Wrong("too good", f"{key!r}: {step} is {status}, it always fails")
        elif (is_gated and failing == "scan") or (step, failing, content.kind) == _NO_PDF:
            if status == "complete":
                yield Wrong("too good", f"{key!r}: {step} is complete before {failing}")
        elif status != "complete":
            yield Wrong("given up", f"{key!r}: {step} is {status} ({code}) after a redrive")
        else:
            missing = _made(step, key, content) - names
            if missing:
                yield Wrong("incomplete", f"{key!r}: {step} is complete without {sorted(missing)}")


def _made(step: str, key: str, content: Content) -> set[str]:
    if step == "image":
        sizes = ("thumbnail", "medium")[: content.pages]
        return {f"{size}/{key}.webp" for size in sizes}
    if step == "metadata":
        return {f"metadata/{key}.json"}
    if step == "office":
        return {f"pdf/{key}.pdf"}
    if step == "scan":
        return set()
    return {f"pages/{key}/{page:04}.webp" for page in range(1, content.pages + 1)}


def _announced(drive: Drive) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for message in drive.stack.queues["completed"].messages.values():
        plain = json.loads(message.body)
        found.setdefault(plain["asset_id"], []).append(plain)
    return found


def _of_announcements(record: Record, messages: list[Mapping[str, Any]]) -> Iterator[Wrong]:
    if not messages:
        yield Wrong("not announced", f"{record.asset.key!r} is {record.status.value}")
    elif messages[-1]["status"] != record.status.value:
        last = messages[-1]["status"]
        yield Wrong("not announced", f"as {record.status.value}; the last word was {last}")


def _twice(drive: Drive, asset_id: str, messages: list[Mapping[str, Any]]) -> Iterator[Wrong]:
    """A version is announced once; a crash may repeat that, with the same id and status.

    One that was deleted and came to light again has a second life, which is told of too.
    """
    for one, two in pairwise(messages):
        if one["id"] == two["id"]:
            if one["status"] != two["status"]:
                yield Wrong("told twice", f"{asset_id} with one id as two statuses")
            elif not drive.was_faulty:
                yield Wrong("told twice", f"{asset_id} without a fault")
        elif drive.has_died_telling:
            continue  # another end may have been told of between the two
        elif one["status"] == two["status"] and one["key"] not in drive.restored:
            yield Wrong("told twice", f"{asset_id} as {one['status']} with two ids")
