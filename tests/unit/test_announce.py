"""What is announced again after a start, and what intake reads of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from made import records

from mediamill.aws.announce import Newest, event, is_unknown, is_upload
from mediamill.aws.messages import Delivery, StorageEvent, storage_events
from mediamill.domain.asset import Record
from mediamill.domain.kind import Status

KEY = "a b/+%.jpg"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
UPLOAD = Newest(KEY, "v2", bytes=7, at=NOW)
REMOVAL = Newest(KEY, "v3", bytes=None, at=NOW)
UNVERSIONED = Newest(KEY, "null", bytes=7, at=NOW, etag="e2")


def known(version: str, status: Status = Status.COMPLETE) -> Record:
    return records.record(asset=records.asset(KEY, version=version), status=status)


def unversioned(etag: str) -> Record:
    """The record of an original in a bucket without versions."""
    record = known("v1")
    return replace(record, asset=replace(record.asset, version_id=None, etag=etag))


@pytest.mark.parametrize(
    ("newest", "record", "unknown"),
    [
        (UPLOAD, None, True),
        (UPLOAD, known("v1"), True),
        (UPLOAD, known("v1", Status.DELETED), True),
        (UPLOAD, known("v2"), False),
        (UPLOAD, known("v2", Status.PROCESSING), False),
        (REMOVAL, known("v2"), True),
        (REMOVAL, known("v3", Status.DELETED), False),
        (REMOVAL, None, False),
        (Newest("folder/", "v1", bytes=0, at=NOW), None, False),
        (Newest("folder/", "v2", bytes=0, at=NOW), known("v1"), True),
        (Newest("file/", "v1", bytes=1, at=NOW), None, True),
        (Newest("empty.txt", "v1", bytes=0, at=NOW), None, True),
        (UNVERSIONED, unversioned("e1"), True),
        (UNVERSIONED, unversioned("e2"), False),
    ],
)
def test_only_what_the_table_never_heard_of(
    newest: Newest, record: Record | None, unknown: bool
) -> None:
    assert is_unknown(newest, record) is unknown


@pytest.mark.parametrize("newest", [UPLOAD, REMOVAL])
def test_ingest_reads_it_as_an_event_that_has_no_place_in_the_order(newest: Newest) -> None:
    body: Mapping[str, object] = json.loads(json.dumps(event("uploads", newest)))
    read = StorageEvent("uploads", KEY, "", is_removal=newest.is_removed)
    assert list(storage_events(Delivery("1", 1, body))) == [read]


@pytest.mark.parametrize(
    ("pattern", "key", "fits"),
    [
        ("*", "any thing", True),
        ("photos/*.jpg", "photos/a.jpg", True),
        ("photos/*.jpg", "photos/2026/a*b.jpg", True),
        ("photos/*.jpg", "photos/.jpg", True),
        ("photos/*.jpg", "photos/a.png", False),
        ("photos/*.jpg", "other/photos/a.jpg", False),
        ("photos/*.jpg", "photos/a.JPG", False),
        ("ab*ba", "aba", False),
    ],
)
def test_only_keys_that_fit_the_pattern_are_uploads(pattern: str, key: str, fits: bool) -> None:
    assert is_upload(key, pattern) is fits
