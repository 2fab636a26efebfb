"""What is announced again after a start, and in which order it comes."""

import json
from datetime import UTC, datetime

import pytest

from mediamill.aws.records import Delivery, storage_events
from mediamill.domain.asset import comparable
from mediamill_cli.local.announce import Known, Newest, event, is_unknown, sequencer

UPLOADED = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)
UPLOAD = Newest("a b/+%.jpg", "v2", removed=False, modified=UPLOADED, bytes=7, etag='"e"')
REMOVAL = Newest("a b/+%.jpg", "v3", removed=True, modified=UPLOADED)


def known(version: str, status: str = "complete", order: str = "0006100000000000FF") -> Known:
    return Known(version, status, comparable(order))


@pytest.mark.parametrize(
    ("newest", "record", "unknown"),
    [
        (UPLOAD, None, True),
        (UPLOAD, known("v1"), True),
        (UPLOAD, known("v1", "deleted"), True),
        (UPLOAD, known("v2"), False),
        (UPLOAD, known("v2", "processing"), False),
        (REMOVAL, known("v2"), True),
        (REMOVAL, known("v3", "deleted"), False),
        (REMOVAL, None, False),
        (Newest("folder/", "v1", removed=False, modified=UPLOADED), None, False),
        (Newest("empty.txt", "v1", removed=False, modified=UPLOADED), None, True),
    ],
)
def test_only_what_the_table_never_heard_of(
    newest: Newest, record: Known | None, unknown: bool
) -> None:
    assert is_unknown(newest, record) is unknown


def test_ingest_reads_it_as_an_event_of_s3() -> None:
    body = json.loads(json.dumps(event("uploads", UPLOAD, None)))
    (read,) = storage_events(Delivery("1", 1, body))
    assert (read.bucket, read.key, read.version_id) == ("uploads", "a b/+%.jpg", "v2")
    assert (read.bytes, read.etag, read.is_removal) == (7, "e", False)


def test_a_removal_is_read_as_one() -> None:
    body = json.loads(json.dumps(event("uploads", REMOVAL, known("v2"))))
    (read,) = storage_events(Delivery("1", 1, body))
    assert read.is_removal


def test_it_comes_after_events_of_earlier_starts_and_before_those_of_this_one() -> None:
    microseconds = int(UPLOADED.timestamp() * 1_000_000)
    before, after = f"{microseconds - 5_000_000:018X}", f"{microseconds + 5_000_000:018X}"
    order = comparable(sequencer(UPLOAD, known("v1", order=before)))
    assert comparable(before) < order < comparable(after)


def test_it_comes_after_the_record_there_is_even_if_clocks_disagree() -> None:
    later = f"{int(UPLOADED.timestamp() * 1_000_000) + 900:018X}"
    assert comparable(sequencer(UPLOAD, known("v1", order=later))) > comparable(later)
