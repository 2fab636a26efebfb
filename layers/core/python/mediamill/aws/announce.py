"""Announce what the bucket holds and the table has never heard of, as S3 would have done.

Events can be lost on the way, as by a stop of the local stack, and an object may be older than the
stack that is to process it. The newest version of each key is held against its record. The events
have no sequencer, as S3's own lifecycle events have none: intake looks into the bucket, and an
announcement too many does no harm.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from mediamill.aws.listing import Listing
from mediamill.domain.asset import Record
from mediamill.domain.kind import Status

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_AT_ONCE = 10  # what SQS takes in a request


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest version of a key in a bucket, since `at`; `bytes` is None of a delete marker."""

    key: str
    version_id: str
    bytes: int | None
    at: datetime
    etag: str = ""

    @property
    def identity(self) -> str:
        """What tells it from those before it, in a bucket without versions too."""
        return identity_of(self.version_id, self.etag)

    @property
    def is_removed(self) -> bool:
        """Whether the key has no object any more."""
        return self.bytes is None

    @property
    def is_file(self) -> bool:
        """Whether an asset is to come of it: a folder marker is none."""
        return not self.is_removed and not (self.key.endswith("/") and self.bytes == 0)


def identity_of(version_id: str | None, etag: str) -> str:
    """A version's id, or its ETag where the bucket has no versions."""
    return etag.strip('"') if version_id in (None, "null") else version_id


def announce_unknown(
    bucket: str,
    queue: str,
    *,
    s3: S3Client,
    sqs: SQSClient,
    listing: Listing,
    pattern: str = "*",
) -> int:
    """Send the ingest queue an event for every upload or removal that is news; how many.

    `queue` is its URL; keys that `pattern` does not fit are no uploads. Raises whatever the clients
    do; what was sent before that stays sent.
    """
    count = 0
    for page in uploads(bucket, s3, pattern):
        records = listing.records([newest.key for newest in page])
        due = [newest for newest in page if is_unknown(newest, records.get(newest.key))]
        for begin in range(0, len(due), _AT_ONCE):
            _send(queue, sqs, [event(bucket, newest) for newest in due[begin : begin + _AT_ONCE]])
        count += len(due)
    return count


def is_upload(key: str, pattern: str) -> bool:
    """Whether a key fits the parameter UploadsPattern: a beginning, a star, an end."""
    begin, _, end = pattern.partition("*")
    return len(key) >= len(begin) + len(end) and key.startswith(begin) and key.endswith(end)


def is_unknown(newest: Newest, record: Record | None) -> bool:
    """Whether the table has not heard of what became of a key."""
    if not newest.is_file:
        return record is not None and record.status is not Status.DELETED
    return record is None or newest.identity != (record.asset.version_id or record.asset.etag)


def event(bucket: str, newest: Newest) -> Mapping[str, Any]:
    """The notification of S3 that tells of the newest version of a key."""
    name = "ObjectRemoved:DeleteMarkerCreated" if newest.is_removed else "ObjectCreated:Put"
    return {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": name,
                "s3": {
                    "bucket": {"name": bucket},
                    "object": {
                        "key": quote_plus(newest.key, safe="/"),
                        "versionId": newest.version_id,
                    },
                },
            }
        ]
    }


def uploads(bucket: str, s3: S3Client, pattern: str = "*") -> Iterator[Sequence[Newest]]:
    """The newest version of every key that `pattern` fits, in the pages that S3 tells them in."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found: Any = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        yield [
            Newest(
                key=each["Key"],
                version_id=each["VersionId"],
                bytes=each.get("Size"),  # a marker has none
                at=each["LastModified"],
                etag=each.get("ETag", "").strip('"'),
            )
            for each in found
            if each["IsLatest"] and is_upload(each["Key"], pattern)
        ]


def _send(queue: str, sqs: SQSClient, events: Sequence[Mapping[str, Any]]) -> None:
    answer = sqs.send_message_batch(
        QueueUrl=queue,
        Entries=[
            {"Id": str(number), "MessageBody": json.dumps(body)}
            for number, body in enumerate(events)
        ],
    )
    if answer.get("Failed"):
        raise RuntimeError(f"SQS did not take every event: {answer['Failed'][0]}")
