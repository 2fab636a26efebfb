"""Whether everything is as it should be: originals, records, manifests and results held together.

A running pipeline changes while it is looked at. What seems wrong is looked at a second time at the
end, and is told only if its record has not moved meanwhile; what is being processed is counted.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from botocore.exceptions import ClientError

from mediamill.aws.announce import Newest, identity_of, is_unknown, is_upload, uploads
from mediamill.domain.asset import Record
from mediamill.domain.keys import NOT_DERIVATIVES, belongs, fits, manifest_key
from mediamill.domain.kind import Status
from mediamill_cli.assets import Manifest, listed, manifests, records
from mediamill_cli.letters import dead_letters
from mediamill_cli.stack import Stack

_AT_ONCE = 8
_BATCH = 100  # records at once
_SETTLING = 5.0  # seconds: what an event takes, if it comes

Code = Literal[
    "unknown_original", "stuck", "no_original", "no_manifest", "no_derivative",
    "other_bytes", "nobodys_result", "dead_letters",
]  # fmt: skip
SENTENCES: Mapping[Code, str] = {
    "unknown_original": "It is in the bucket, and no record knows this version of it.",
    "stuck": "It has been processed for too long; the sweep asks for it again.",
    "no_original": "Its original is gone, and what was made of it is still there.",
    "no_manifest": "It is done, and has no manifest.",
    "no_derivative": "Its manifest lists a derivative that is not there.",
    "other_bytes": "A derivative has other bytes than its manifest says.",
    "nobodys_result": "It is among the results, and belongs to no asset.",
    "dead_letters": "Messages wait among the dead letters: see mediamill dlq.",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be: of an original's `key`, a `result`'s, or a queue's."""

    code: Code
    key: str
    result: str | None = None


@dataclass(slots=True)
class Checked:
    """What was looked at, and what was found."""

    originals: int = 0
    assets: int = 0
    results: int = 0
    under_way: int = 0
    findings: list[Finding] = field(default_factory=list)


Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Suspect:
    """A finding that is to be looked at again, with what was seen: whatever moved is not wrong.

    `revision` is the record's, `identity` the original's where that is what is wrong.
    """

    finding: Finding
    revision: int | None
    identity: str | None = None


def check(stack: Stack, *, patience: timedelta, contents: bool, progress: Progress) -> Checked:
    """Hold the stack's buckets, table and queues together.

    What has been under way for less than `patience` is not wrong; `contents` reads every result
    and compares its SHA-256, instead of its size alone. `progress` is told what is looked at.
    """
    return _Check(stack, patience, contents, progress).run()


class _Check:
    def __init__(
        self, stack: Stack, patience: timedelta, contents: bool, progress: Progress
    ) -> None:
        self._stack = stack
        self._contents = contents
        self._progress = progress
        self._before = datetime.now(UTC) - patience
        self._pattern = stack.parameters().get("UploadsPattern", "*")
        self._done = Checked()
        self._revisions: dict[str, int] = {}  # of the records, as they were read
        self._suspects: list[_Suspect] = []
        self._recent: set[str] = set()  # keys whose event may still be on its way
        self._under_way: set[str] = set()
        self._expected: dict[str, tuple[str, int | None, str | None]] = {}

    def run(self) -> Checked:
        known = self._originals()
        self._assets(known)
        strangers = self._results()
        if self._suspects:
            time.sleep(_SETTLING)
        self._done.findings += self._confirmed()
        self._done.findings += self._nobodys(strangers)
        self._done.findings += [
            Finding("dead_letters", each.name)
            for each in dead_letters(self._stack)
            if each.waiting + each.hidden
        ]
        self._done.under_way = len(self._under_way)
        return self._done

    def _originals(self) -> set[str]:
        """Hold the originals against their records; the keys that are in the bucket."""
        known = set()
        for page in uploads(self._stack.uploads, self._stack.s3, self._pattern):
            there = [newest for newest in page if newest.is_file]
            self._recent |= {newest.key for newest in page if newest.at > self._before}
            self._done.originals += len(there)
            self._progress(f"{self._done.originals:,} originals")
            known |= {newest.key for newest in there}
            found = records(self._stack, [newest.key for newest in there])
            for newest in there:
                self._original(newest, found.get(newest.key))
        return known

    def _original(self, newest: Newest, record: Record | None) -> None:
        if is_unknown(newest, record):
            self._suspect("unknown_original", newest.key, record, newest.identity)

    def _assets(self, known: set[str]) -> None:
        """Hold the records against their originals and manifests."""
        rows = (row.key for row in listed(self._stack))
        for keys in _batches((key for key in rows if is_upload(key, self._pattern)), _BATCH):
            found = records(self._stack, keys)
            live = [each for each in found.values() if each.status is not Status.DELETED]
            self._done.assets += len(live)
            self._progress(f"{self._done.assets:,} assets")
            told = manifests(self._stack, live)
            for record in live:
                self._asset(record, told.get(record.asset.key), record.asset.key in known)

    def _asset(self, record: Record, manifest: Manifest | None, has_original: bool) -> None:
        key = record.asset.key
        self._revisions[key] = record.revision
        for row in manifest["derivatives"] if manifest else ():
            self._expected[row["key"]] = (key, row["bytes"], row["sha256"])
        if manifest:
            self._expected[manifest_key(key)] = (key, None, None)
        if record.status is Status.PROCESSING or record.is_untidy:
            self._under_way.add(key)
            if datetime.fromisoformat(record.updated_at or record.asset.created_at) < self._before:
                self._suspect("stuck", key, record)
        elif not has_original and not any(step.is_refusal for step in record.steps.values()):
            self._suspect("no_original", key, record)
        elif manifest is None and fits(manifest_key(key)):
            self._suspect("no_manifest", key, record)

    def _results(self) -> list[str]:
        """Hold what is there against what manifests list; the keys that none lists."""
        strangers, read = [], []
        for result in self._stored():
            self._done.results += 1
            if self._done.results % 1_000 == 0:
                self._progress(f"{self._done.results:,} results")
            expected = self._expected.pop(result["Key"], None)
            if expected is None:
                if result["LastModified"] < self._before:
                    strangers.append(result["Key"])
                continue
            key, size, _ = expected
            if size not in (None, result["Size"]):
                self._suspect_result("other_bytes", key, result["Key"])
            elif self._contents and size is not None:
                read.append((result["Key"], *expected))
        for stored, (key, *_) in self._expected.items():
            self._suspect_result("no_derivative", key, stored)
        self._read(read)
        return strangers

    def _read(self, rows: list[tuple[str, str, int | None, str | None]]) -> None:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            digests = pool.map(lambda row: self._digest(row[0]), rows)
            for number, ((stored, key, _, sha256), digest) in enumerate(
                zip(rows, digests, strict=True)
            ):
                if number % 100 == 0:
                    self._progress(f"{number:,} of {len(rows):,} results read")
                if digest != sha256:
                    self._suspect_result("other_bytes", key, stored)

    def _stored(self) -> Iterator[Any]:
        pages = self._stack.s3.get_paginator("list_objects_v2").paginate(Bucket=self._stack.results)
        for page in pages:
            for each in page.get("Contents", ()):
                if each["Key"].partition("/")[0] not in NOT_DERIVATIVES:
                    yield each

    def _digest(self, stored: str) -> str | None:
        """The SHA-256 of an object; None where it has gone."""
        try:
            body = self._stack.s3.get_object(Bucket=self._stack.results, Key=stored)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return None
            raise
        digest = hashlib.sha256()
        for chunk in body.iter_chunks(1 << 20):
            digest.update(chunk)
        return digest.hexdigest()

    def _suspect(
        self, code: Code, key: str, record: Record | None, identity: str | None = None
    ) -> None:
        revision = record.revision if record else None
        self._suspects.append(_Suspect(Finding(code, key), revision, identity))

    def _suspect_result(self, code: Code, key: str, stored: str) -> None:
        self._suspects.append(_Suspect(Finding(code, key, stored), self._revisions[key]))

    def _confirmed(self) -> Iterator[Finding]:
        """The suspects of which neither record nor original has moved since."""
        now = records(self._stack, sorted({each.finding.key for each in self._suspects}))
        for suspect in self._suspects:
            finding = suspect.finding
            if finding.key in self._recent or self._has_moved(suspect, now.get(finding.key)):
                self._under_way.add(finding.key)
            elif finding.code == "stuck" or finding.key not in self._under_way:
                yield finding

    def _has_moved(self, suspect: _Suspect, record: Record | None) -> bool:
        if (record.revision if record else None) != suspect.revision:
            return True
        is_of_original = suspect.finding.code in ("unknown_original", "no_original")
        return is_of_original and self._stands(suspect.finding.key) != suspect.identity

    def _stands(self, key: str) -> str | None:
        """Which version of an original is there now; None for none."""
        try:
            answer = self._stack.s3.head_object(Bucket=self._stack.uploads, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey", "405"):
                return None
            raise
        return identity_of(answer.get("VersionId"), answer["ETag"])

    def _nobodys(self, strangers: list[str]) -> Iterator[Finding]:
        """Results that no manifest lists, but for those of assets that are being processed."""
        for stored in strangers:
            if not any(belongs(stored, key) for key in self._under_way | self._recent):
                yield Finding("nobodys_result", stored, stored)


def _batches(keys: Iterable[str], size: int) -> Iterator[list[str]]:
    batch: list[str] = []
    for key in keys:
        batch.append(key)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
