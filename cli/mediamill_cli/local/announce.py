"""Announce again what a stop may have swallowed, so that every upload ends complete.

The server writes its queues and tables down when it stops. An event that was on its way at that
moment, or everything since the last stop if it was killed, is not in them; the objects are, as
each is written to disk at once. So after a start the uploads bucket is held against the assets
table, and what the table has never heard of is announced again, exactly as S3 would.
An announcement too many does no harm: the pipeline takes every event twice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from urllib.parse import quote_plus

from mediamill.domain.asset import SEQUENCER_DIGITS, comparable
from mediamill_cli.local.account import REGION
from mediamill_cli.stack import Stack

_BATCH = 10  # what SQS takes at once


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest version of a key in the uploads bucket; `removed` if it is a delete marker."""

    key: str
    version_id: str
    removed: bool
    modified: datetime
    bytes: int = 0
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the assets table knows of a key."""

    version_id: str
    status: str
    sequencer: str


def announce_unknown(stack: Stack) -> int:
    """Send an event for every upload or removal that the table has not heard of."""
    known = dict(_known(stack))
    due = [
        (newest, known.get(newest.key))
        for newest in _newest(stack)
        if is_unknown(newest, known.get(newest.key))
    ]
    events = (event(stack.uploads, newest, record) for newest, record in due)
    while batch := list(islice(events, _BATCH)):
        stack.sqs.send_message_batch(
            QueueUrl=stack.output("IngestQueueUrl"),
            Entries=[
                {"Id": str(number), "MessageBody": json.dumps(body)}
                for number, body in enumerate(batch)
            ],
        )
    return len(due)


def is_unknown(newest: Newest, known: Known | None) -> bool:
    """Whether the table has not heard of what became of a key."""
    if newest.removed:
        return known is not None and known.status != "deleted"
    if newest.key.endswith("/"):  # a folder marker makes no asset
        return False
    return known is None or known.version_id != newest.version_id


def event(bucket: str, newest: Newest, known: Known | None) -> Mapping[str, object]:
    """The event of S3 that announces the newest version of a key."""
    return {
        "Records": [
            {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": REGION,
                "eventTime": newest.modified.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
                "eventName": "ObjectRemoved:DeleteMarkerCreated"
                if newest.removed
                else "ObjectCreated:Put",
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"},
                    "object": {
                        "key": quote_plus(newest.key, safe="/"),
                        "size": newest.bytes,
                        "eTag": newest.etag.strip('"'),
                        "versionId": newest.version_id,
                        "sequencer": sequencer(newest, known),
                    },
                },
            }
        ]
    }


def sequencer(newest: Newest, known: Known | None) -> str:
    """An order for the event: after the record there is, before every later event.

    The server counts up from the microsecond of its start, 18 hex digits, so the time of the
    upload comes after every event of earlier starts and before every event of this one.
    """
    uploaded = f"{int(newest.modified.timestamp() * 1_000_000):018X}"
    if known is None or comparable(known.sequencer) < comparable(uploaded):
        return uploaded
    return f"{int(comparable(known.sequencer), 16) + 1:0{SEQUENCER_DIGITS}X}"


def _newest(stack: Stack) -> Iterator[Newest]:
    pages = stack.s3.get_paginator("list_object_versions").paginate(Bucket=stack.uploads)
    for page in pages:
        for version in page.get("Versions", []):
            if version["IsLatest"]:
                yield Newest(
                    key=version["Key"],
                    version_id=version["VersionId"],
                    removed=False,
                    modified=version["LastModified"],
                    bytes=version["Size"],
                    etag=version["ETag"],
                )
        for marker in page.get("DeleteMarkers", []):
            if marker["IsLatest"]:
                yield Newest(
                    key=marker["Key"],
                    version_id=marker["VersionId"],
                    removed=True,
                    modified=marker["LastModified"],
                )


def _known(stack: Stack) -> Iterable[tuple[str, Known]]:
    pages = stack.dynamodb.get_paginator("scan").paginate(
        TableName=stack.output("AssetsTableName"),
        ProjectionExpression="#key, version_id, #status, sequencer",
        ExpressionAttributeNames={"#key": "key", "#status": "status"},
    )
    for page in pages:
        for record in page["Items"]:
            yield (
                record["key"]["S"],
                Known(
                    version_id=record.get("version_id", {}).get("S", ""),
                    status=record.get("status", {}).get("S", ""),
                    sequencer=record.get("sequencer", {}).get("S", ""),
                ),
            )
