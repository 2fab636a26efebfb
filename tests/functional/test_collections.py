"""Public collections of odd files, where they are beside the project: each ends as is said.

Pillow's, sharp's, libvips', Tika's, pdf.js's and pypdf's test files are what these were made with:
any folder in `../shared/collections` will do, or those that COLLECTIONS names, divided by colons.
Every file goes to the metadata worker's part of the domain, and to that of its kind: what comes is
a product, or an error with a code; never a crash, never a time-out.
"""

from __future__ import annotations

import json
import logging
import os
import resource
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest
from made.remote import Bucket, reader

from mediamill.domain.bounded import Crashed, deadline
from mediamill.domain.detect import HEAD_BYTES, Detected, detect
from mediamill.domain.document import begin, isolated, ready, unlocked, wanted_of
from mediamill.domain.errors import Unprocessable
from mediamill.domain.image import render
from mediamill.domain.kind import Kind
from mediamill.domain.limits import Limits
from mediamill.domain.metadata import MetadataRecord, describe, publish, record
from mediamill.domain.office import Bounds, Office, convert
from mediamill.domain.privacy import Privacy
from mediamill.domain.profile import parse_profiles
from mediamill.domain.schema import schema_of
from mediamill.domain.wire import to_json

BESIDE = Path(__file__).parents[3] / "shared" / "collections"
NAMED = os.environ.get("COLLECTIONS", "")  # noqa: TID251 (no setting of a function)
# The least that a step may take, of the processor: a busy machine is no fault of a file's.
CPU_SECONDS, SECONDS = 48, 1_200
EXPECTED = {
    "too_large", "too_many_pixels", "unsupported", "password_required",
    "broken_image", "broken_document", "broken_file", "rewritten_differently",
}  # fmt: skip
LIMITS = Limits(pages=20)
THREE = parse_profiles("thumbnail=256,medium=800,large=1920")
WANTED = wanted_of({"words": "", "clean": "", "pictures": ""}, parse_profiles("thumbnail=256"),
                   LIMITS)  # fmt: skip
RECORD = jsonschema.Draft202012Validator(
    schema_of(MetadataRecord, name="metadata", version=record.SCHEMA_VERSION, strict=True)
)


@dataclass(frozen=True)
class Found:
    """A file of a collection, and what the door takes it for."""

    path: Path
    name: str
    detected: Detected

    def __str__(self) -> str:
        return self.name


def files(*kinds: Kind) -> list[Found]:
    """Those of these kinds, of all collections."""
    folders = [Path(each).expanduser() for each in NAMED.split(":") if each] or [BESIDE]
    found = [each for folder in folders for each in _ALL.get(folder) or _read(folder)]
    return [each for each in found if each.detected.kind in kinds]


_ALL: dict[Path, list[Found]] = {}


def _read(folder: Path) -> list[Found]:
    _ALL[folder] = []
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.stat().st_size <= LIMITS.document_bytes:
            with path.open("rb") as file:
                name = path.relative_to(folder).as_posix()
                detected = detect(file.read(HEAD_BYTES), name)
            _ALL[folder].append(Found(path, f"{folder.name}/{name}", detected))
    return _ALL[folder]


def ends(products: Iterator[object]) -> None:
    """Takes all products. An error that no file explains, or that is no error of ours, goes out."""
    begun = cpu_seconds()
    try:
        with deadline(SECONDS):
            assert all(products)
    except Unprocessable as error:
        assert error.code in EXPECTED
        assert not isinstance(error.__cause__, Crashed)
        assert str(error).endswith(".")
    assert cpu_seconds() - begun < CPU_SECONDS


def cpu_seconds() -> float:
    """What this process has used so far, and the children that it has waited for."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


@pytest.mark.parametrize("file", files(*Kind), ids=str)
def test_has_a_record(file: Found, caplog: pytest.LogCaptureFixture) -> None:
    body = file.path.read_bytes()
    with deadline(SECONDS), caplog.at_level(logging.ERROR, logger="mediamill"):
        found = describe(
            reader(Bucket(body)),
            key=file.name,
            size=len(body),
            kind=file.detected.kind,
            content_type=file.detected.content_type,
        )
    written = to_json(found)
    json.dumps(written, allow_nan=False)
    assert not list(RECORD.iter_errors(written))
    for privacy in Privacy:
        assert len(json.dumps(publish(found, privacy)).encode()) < 100_000
    assert not caplog.records, "a reader failed in a way that nobody foresaw"
    assert "timed_out" not in {problem.code for problem in found.problems}


@pytest.mark.parametrize("file", files(Kind.IMAGE), ids=str)
def test_is_shown_or_refused(file: Found) -> None:
    def renditions() -> Iterator[object]:
        yield from render(file.path.read_bytes(), THREE, LIMITS)

    ends(renditions())


@pytest.mark.parametrize("file", files(Kind.DOCUMENT), ids=str)
def test_becomes_pages_text_and_a_clean_copy(file: Found) -> None:
    ready(WANTED)
    body = file.path.read_bytes()
    ends(unlocked(WANTED, lambda: None, lambda wish: isolated(None, begin, body, wish)))


@pytest.mark.parametrize("file", files(Kind.OFFICE), ids=str)
def test_becomes_a_pdf(file: Found, office: Office) -> None:
    def pdf() -> Iterator[object]:
        yield convert(
            file.path.read_bytes(),
            name=file.name,
            content_type=file.detected.content_type,
            office=office,
            bounds=Bounds(seconds=SECONDS),
        )

    ends(pdf())
