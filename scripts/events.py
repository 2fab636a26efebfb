"""Write the sample payloads in events/: what each function is really sent.

    .venv/bin/python scripts/events.py [--check]

They are made by the encoders that the pipeline itself uses, so that they cannot fall behind.
A worker that is added to the plan in template.yaml is told of a sample of the kind that it reads.
Names of buckets are placeholders: UPLOADS and RESULTS stand for what a deployment has.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote_plus, unquote

from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

from mediamill.aws.messages import FanOut, HandOver, encode
from mediamill.domain.asset import Asset, Source, asset_id_of, comparable
from mediamill.domain.kind import Kind
from mediamill.domain.limits import Limits
from mediamill.domain.plan import Plan

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "events"

UPLOADS = "uploads-bucket"
RESULTS = "results-bucket"
ACCOUNT = "123456789012"
REGION = "us-east-1"
AT = "2026-01-15T09:30:00.000Z"
SENT_MS = 1768469400000  # the same moment

PLAN = Plan.parse(
    "metadata:* image:image,video>poster,audio>poster document:document,office>pdf office:office "
    "av:video,audio"
)

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
SAMPLES: Mapping[str, tuple[Kind, str, int]] = {
    # key: kind, content type, bytes
    "photos/dusk.jpg": (Kind.IMAGE, "image/jpeg", 1_843_201),
    "documents/report.pdf": (Kind.DOCUMENT, "application/pdf", 6_144),
    "documents/letter.docx": (Kind.OFFICE, DOCX, 2_048),
    "video/colours.mp4": (Kind.VIDEO, "video/mp4", 187_904),
}


def made_up(*parts: str) -> str:
    """32 hex digits that look random and never change."""
    return hashlib.md5("\0".join(parts).encode(), usedforsecurity=False).hexdigest()


def batch(queue: str, bodies: Sequence[str], *, attempt: int = 1) -> dict[str, Any]:
    """The event of a queue's batch, as Lambda hands it to a function."""
    return {"Records": [message(queue, body, attempt) for body in bodies]}


def message(queue: str, body: str, attempt: int) -> dict[str, Any]:
    """One message of a batch; `attempt` is the how manyeth delivery this is."""
    digits = made_up(queue, body)
    return {
        "messageId": "-".join(
            (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        ),
        "receiptHandle": f"AQEB{made_up('receipt', digits)}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(attempt),
            "SentTimestamp": str(SENT_MS),
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": str(SENT_MS + 5),
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode(), usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
        "awsRegion": REGION,
    }


def notification(*records: Mapping[str, Any]) -> str:
    """The body of an S3 notification."""
    return json.dumps({"Records": records})


def happened(
    name: str, key: str, *, size: int | None = None, sequencer: str = "00679F3A41B0C8D2E4"
) -> dict[str, Any]:
    """One record of an S3 notification; a removal has neither size nor ETag."""
    stored: dict[str, Any] = {"key": quote_plus(key, safe="/")}
    if size is not None:
        stored |= {"size": size, "eTag": made_up("etag", key)}
    stored |= {"versionId": version_of(key), "sequencer": sequencer}
    return {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": AT,
        "eventName": name,
        "userIdentity": {"principalId": "AWS:AROAEXAMPLE:uploader"},
        "requestParameters": {"sourceIPAddress": "192.0.2.10"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810", "x-amz-id-2": "FMyUVURIY8"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "ingest",
            "bucket": {
                "name": UPLOADS,
                "ownerIdentity": {"principalId": "A3NL1KOZZKExample"},
                "arn": f"arn:aws:s3:::{UPLOADS}",
            },
            "object": stored,
        },
    }


def by_eventbridge(
    detail_type: str,
    key: str,
    told: Mapping[str, str],
    *,
    size: int | None = None,
    sequencer: str = "00679F3A41B0C8D2E4",
) -> str:
    """The body of one event of a bucket that tells EventBridge; its key is not encoded.

    As AWS documents it in "EventBridge event message structure" of S3's user guide.
    """
    stored: dict[str, Any] = {"key": key}
    if size is not None:
        stored |= {"size": size, "etag": made_up("etag", key)}
    stored |= {"version-id": version_of(key), "sequencer": sequencer}
    return json.dumps(
        {
            "version": "0",
            "id": made_up("eventbridge", detail_type, key),
            "detail-type": detail_type,
            "source": "aws.s3",
            "account": ACCOUNT,
            "time": f"{AT[:19]}Z",
            "region": REGION,
            "resources": [f"arn:aws:s3:::{UPLOADS}"],
            "detail": {
                "version": "0",
                "bucket": {"name": UPLOADS},
                "object": stored,
                "request-id": "C3D13FE58DE4C810",
                "requester": ACCOUNT,
                "source-ip-address": "192.0.2.10",
                **told,
            },
        }
    )


def version_of(key: str) -> str:
    """A version id for a key."""
    return made_up("version", key)


def created(key: str, **more: Any) -> dict[str, Any]:
    """One upload of a sample."""
    return happened("ObjectCreated:Put", key, size=SAMPLES[key][2], **more)


def asset_of(key: str) -> Asset:
    """The asset that ingest opens for a sample."""
    kind, content_type, size = SAMPLES[key]
    sequencer = comparable("00679F3A41B0C8D2E4")
    etag, version = made_up("etag", key), version_of(key)
    return Asset(
        asset_id=asset_id_of(UPLOADS, key, version_id=version, etag=etag, sequencer=sequencer),
        bucket=UPLOADS,
        key=key,
        version_id=version,
        etag=etag,
        sequencer=sequencer,
        bytes=size,
        kind=kind,
        content_type=content_type,
        created_at="2026-01-15T09:30:01+00:00",
    )


def told(key: str, *steps: str) -> str:
    """The fan-out message by which ingest tells the workers of a sample: all, or of these steps."""
    asset = asset_of(key)
    if not steps:
        first = PLAN.first(asset.kind, asset.bytes, Limits())
        steps = tuple(name for name, step in first.items() if step.is_pending)
    source = Source(
        bucket=asset.bucket,
        key=asset.key,
        version_id=asset.version_id,
        kind=asset.kind,
        content_type=asset.content_type,
        bytes=asset.bytes,
        etag=asset.etag,
    )
    return encode(FanOut(asset, source, steps))


def refused(key: str) -> str:
    """The announcement that a sample was rejected."""
    asset = asset_of(key)
    told = {
        "schema_version": "1.1",
        "id": f"{asset.asset_id}:1:rejected",
        "asset_id": asset.asset_id,
        "key": key,
        "status": "rejected",
        "kind": asset.kind.value,
        "completed_at": asset.created_at,
        "manifest": f"manifest/{key}.json",
    }
    return json.dumps(told)


def scanned(key: str) -> str:
    """The event by which EventBridge tells that GuardDuty has scanned a sample."""
    asset = asset_of(key)
    told = {
        "version": "0",
        "detail-type": "GuardDuty Malware Protection Object Scan Result",
        "source": "aws.guardduty",
        "account": ACCOUNT,
        "region": REGION,
        "detail": {
            "schemaVersion": "1.0",
            "scanStatus": "COMPLETED",
            "resourceType": "S3_OBJECT",
            "s3ObjectDetails": {
                "bucketName": asset.bucket,
                "objectKey": key,
                "eTag": asset.etag,
                "versionId": asset.version_id,
                "s3Throttled": False,
            },
            "scanResultDetails": {"scanResultStatus": "NO_THREATS_FOUND", "threats": None},
        },
    }
    return json.dumps(told)


def told_of_pdf(key: str) -> str:
    """The fan-out message that tells the document worker of the PDF of an Office file."""
    pdf = f"pdf/{key}.pdf"
    source = Source(
        bucket=RESULTS,
        key=pdf,
        version_id=version_of(pdf),
        kind=Kind.DOCUMENT,
        content_type="application/pdf",
        bytes=17_408,
        etag=made_up("etag", pdf),
    )
    return encode(FanOut(asset_of(key), source, ("document",), reason="derived"))


def deployed() -> Plan:
    """The plan as template.yaml has it, with every worker."""
    template = yaml_parse((ROOT / "template.yaml").read_text())
    _, parts = template["Globals"]["Function"]["Environment"]["Variables"]["PLAN"]["Fn::Join"]
    return Plan.parse("".join(part for part in parts if isinstance(part, str)))


def added() -> dict[str, dict[str, Any]]:
    """The payload of each worker that was added: a sample of a kind whose original it reads."""
    return {
        name: batch(name, [told(key, name)])
        for name, entry in deployed().entries.items()
        if name not in PLAN.entries
        for key in [next(key for key, (kind, *_) in SAMPLES.items() if entry.takes(kind))]
    }


def wrapped(body: str) -> str:
    """A message as SNS wraps it for a subscription without raw delivery."""
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
            "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:uploads",
            "Subject": "Amazon S3 Notification",
            "Message": body,
            "Timestamp": AT,
            "SignatureVersion": "1",
        }
    )


def scheduled(rule: str) -> dict[str, Any]:
    """The event of an EventBridge rule that runs on a schedule."""
    return {
        "version": "0",
        "id": made_up("schedule", rule),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": f"{AT[:19]}Z",
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}"],
        "detail": {},
    }


def called(
    method: str,
    address: str,
    *,
    headers: Mapping[str, str] | None = None,
    claims: Mapping[str, str] | None = None,
    is_signed: bool = False,
    body: str = "",
) -> dict[str, Any]:
    """The event of a call through an HTTP API (payload format 2.0); `address` as it was asked for.

    The call brought a token with `claims`, or a signature of AWS, or neither. API Gateway decodes
    the path but for the percent sign, and joins what stands in a query twice by commas.
    """
    path, _, query = address.partition("?")
    raw = "%25".join(unquote(part) for part in path.split("%25"))
    joined: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    context: dict[str, Any] = {
        "accountId": ACCOUNT,
        "apiId": "a1b2c3d4e5",
        "domainName": f"a1b2c3d4e5.execute-api.{REGION}.amazonaws.com",
        "http": {
            "method": method,
            "path": raw,
            "protocol": "HTTP/1.1",
            "sourceIp": "192.0.2.10",
            "userAgent": "curl/8.14.1",
        },
        "requestId": made_up("call", address)[:16],
        "routeKey": f"{method} /{{proxy+}}",
        "stage": "$default",
        "time": "15/Jan/2026:09:30:00 +0000",
        "timeEpoch": SENT_MS,
    }
    if claims is not None:
        context["authorizer"] = {"jwt": {"claims": dict(claims), "scopes": []}}
    elif is_signed:
        role = f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/session"
        context["authorizer"] = {"iam": {"accountId": ACCOUNT, "userArn": role}}
    return {
        "version": "2.0",
        "routeKey": context["routeKey"],
        "rawPath": raw,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in (headers or {}).items()},
        **({"queryStringParameters": joined} if joined else {}),
        "requestContext": context,
        **({"body": body} if body else {}),
        "isBase64Encoded": False,
    }


def completed(key: str) -> dict[str, str]:
    """What the `completed` topic tells of an asset."""
    asset = asset_of(key)
    return {
        "schema_version": "1.1",
        "id": f"{asset.asset_id}:1:complete",
        "asset_id": asset.asset_id,
        "key": key,
        "status": "complete",
        "kind": asset.kind.value,
        "completed_at": AT,
        "manifest": f"manifest/{key}.json",
    }


def events() -> dict[str, dict[str, Any]]:
    """Every payload by its file's name; the first word is the function that is sent it."""
    photo, pdf, letter, clip = SAMPLES
    test_event = json.dumps(
        {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": AT,
            "Bucket": UPLOADS,
            "RequestId": "5582815E1AEA5ADF",
            "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR",
        }
    )
    photo_done = HandOver(photo, asset_of(photo).asset_id)
    removed = "00679F3A55C1D9E3F5"  # later than the upload's sequencer
    return {
        "ingest": batch("ingest", [notification(created(photo))]),
        "ingest-batch": batch(
            "ingest",
            [
                notification(created(photo)),
                notification(created(pdf), created(clip)),
                notification(created(photo)),  # at least once: here is the second time
                notification(created(letter)),
            ],
        ),
        "ingest-multipart": batch(
            "ingest",
            [
                notification(
                    happened("ObjectCreated:CompleteMultipartUpload", clip, size=SAMPLES[clip][2])
                )
            ],
        ),
        "ingest-copy": batch(
            "ingest", [notification(happened("ObjectCreated:Copy", pdf, size=SAMPLES[pdf][2]))]
        ),
        "ingest-encoded-key": batch(
            "ingest",
            [
                notification(happened("ObjectCreated:Put", key, size=1_024))
                for key in ("photos/Été à Paris (1)+2.jpg", "100% größer & 'schöner'.png")
            ],
        ),
        "ingest-empty": batch(
            "ingest", [notification(happened("ObjectCreated:Put", "notes/empty.txt", size=0))]
        ),
        "ingest-folder": batch(
            "ingest", [notification(happened("ObjectCreated:Put", "photos/2026/", size=0))]
        ),
        "ingest-delete": batch(
            "ingest",
            [notification(happened("ObjectRemoved:DeleteMarkerCreated", photo, sequencer=removed))],
        ),
        "ingest-delete-version": batch(
            "ingest", [notification(happened("ObjectRemoved:Delete", photo, sequencer=removed))]
        ),
        "ingest-expiration": batch(
            "ingest",
            [notification(happened("LifecycleExpiration:Delete", photo, sequencer=removed))],
        ),
        "ingest-test-event": batch("ingest", [test_event]),
        "ingest-eventbridge": batch(
            "ingest",
            [
                by_eventbridge(
                    "Object Created", photo, {"reason": "PutObject"}, size=SAMPLES[photo][2]
                ),
            ],
        ),
        "ingest-eventbridge-key": batch(
            "ingest",
            [
                by_eventbridge(
                    "Object Created", "100% größer+2.png", {"reason": "CopyObject"}, size=9
                )
            ],
        ),
        "ingest-eventbridge-delete": batch(
            "ingest",
            [
                by_eventbridge(
                    "Object Deleted",
                    photo,
                    {"reason": "DeleteObject", "deletion-type": "Delete Marker Created"},
                    sequencer=removed,
                )
            ],
        ),
        "ingest-through-sns": batch("ingest", [wrapped(notification(created(photo)))]),
        "image": batch("image", [told(photo)]),
        "image-last-try": batch("image", [told(photo)], attempt=5),
        "metadata": batch("metadata", [told(clip)]),
        "document": batch("document", [told(pdf)]),
        "document-of-office": batch("document", [told_of_pdf(letter)]),
        "office": batch("office", [told(letter)]),
        "av": batch("av", [told(clip)]),
        "manifest": batch("manifest", [encode(photo_done)]),
        "webhook": batch("webhook", [json.dumps(completed(photo))]),
        "sweep": scheduled("sweep"),
        "quarantine": batch("quarantine", [refused(photo)]),
        "scan": batch("scan", [told(photo, "scan")]),
        "guardduty": batch("scan", [scanned(photo)]),
        "definitions": scheduled("definitions"),
        "api": called("GET", "/assets?limit=10&kind=image", is_signed=True),
        "api-asset": called("GET", f"/assets/{photo}", is_signed=True),
        "api-picture": called(
            "GET",
            f"/picture/{photo}?w=640&dpr=2",
            headers={"Accept": "image/avif,image/webp,*/*;q=0.8"},
            claims={"sub": "0b5c", "iss": "https://example.com/"},
        ),
        **added(),
    }


def main() -> None:
    """Write the files; with --check, exit 1 where one is not what it should be."""
    parser = argparse.ArgumentParser(description="Write the sample payloads in events/.")
    parser.add_argument("--check", action="store_true", help="compare, change nothing")
    wanted = parser.parse_args()
    texts = {
        FOLDER / f"{name}.json": json.dumps(event, indent=2, ensure_ascii=False) + "\n"
        for name, event in events().items()
    }
    unknown = set(FOLDER.glob("*.json")) - set(texts)
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text() != text]
    if wanted.check:
        if stale or unknown:
            sys.exit(f"Run scripts/events.py: {', '.join(p.name for p in [*stale, *unknown])}")
        return
    FOLDER.mkdir(exist_ok=True)
    for path in stale:
        path.write_text(texts[path])
        print(f"written: events/{path.name}")


if __name__ == "__main__":
    main()
