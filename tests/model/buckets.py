"""S3 in memory: versioned objects, delete markers, conditions, ranges, listings, notifications."""

from __future__ import annotations

import base64
import fnmatch
import hashlib
import io
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

from botocore.exceptions import ParamValidationError
from botocore.response import StreamingBody
from made.refusals import refused

from model.clock import Clock
from model.queues import REGION, Queues

_EMPTY = hashlib.md5(b"", usedforsecurity=False).hexdigest()
_TOLD = ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "StorageClass")


@dataclass(slots=True)
class Version:
    """One version of one object, or a delete marker, which has no body."""

    version_id: str
    body: bytes | None
    modified: datetime
    etag: str = _EMPTY
    metadata: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_marker(self) -> bool:
        """Whether it says that the object is deleted."""
        return self.body is None


@dataclass(slots=True)
class Bucket:
    """Keys with their versions, the newest last. `notified` are the queues told of its events."""

    name: str
    is_versioned: bool = False
    objects: dict[str, list[Version]] = field(default_factory=dict)
    notified: list[Mapping[str, Any]] = field(default_factory=list)

    def current(self, key: str) -> Version | None:
        """The version that stands under a key now, which may be a delete marker."""
        versions = self.objects.get(key)
        return versions[-1] if versions else None

    def standing(self) -> Iterator[tuple[str, Version]]:
        """Every object that is there, in the order of a listing."""
        for key in sorted(self.objects, key=str.encode):
            version = self.objects[key][-1]
            if not version.is_marker:
                yield key, version


@dataclass(slots=True)
class Buckets:
    """Every bucket of the account, by name."""

    clock: Clock
    queues: Queues
    by_name: dict[str, Bucket] = field(default_factory=dict)
    _ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def create_bucket(self, *, Bucket: str, **_: Any) -> Any:
        self.by_name[Bucket] = _bucket(Bucket)
        return {"Location": f"/{Bucket}"}

    def put_bucket_versioning(self, *, Bucket: str, VersioningConfiguration: Any) -> Any:
        bucket = self._bucket(Bucket, "PutBucketVersioning")
        bucket.is_versioned = VersioningConfiguration["Status"] == "Enabled"
        return {}

    def put_bucket_notification_configuration(
        self, *, Bucket: str, NotificationConfiguration: Any, **_: Any
    ) -> Any:
        bucket = self._bucket(Bucket, "PutBucketNotificationConfiguration")
        bucket.notified = NotificationConfiguration["QueueConfigurations"]
        return {}

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: Any = b"",
        Metadata: Mapping[str, str] | None = None,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        ChecksumSHA256: str | None = None,
        ChecksumAlgorithm: str | None = None,
        **headers: Any,
    ) -> Any:
        bucket = self._bucket(Bucket, "PutObject")
        body = Body if isinstance(Body, bytes) else _read(Body)
        metadata = Metadata or {}
        for name, value in metadata.items():
            if not f"{name}{value}".isascii():
                report = f"Non ascii characters found in S3 metadata for key {name!r}"
                raise ParamValidationError(report=report)
        seen = bucket.current(Key)
        standing = None if seen is None or seen.is_marker else seen
        if (IfNoneMatch == "*" and standing) or (
            standing and IfMatch not in (None, "*") and IfMatch.strip('"') != standing.etag
        ):
            raise _failed("PutObject")
        if IfMatch is not None and standing is None:
            raise refused("PutObject", "NoSuchKey", "The key does not exist.", status=404)
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        if ChecksumSHA256 is not None and ChecksumSHA256 != digest:
            raise refused("PutObject", "BadDigest", "The SHA256 you specified did not match.")
        etag = hashlib.md5(body, usedforsecurity=False).hexdigest()
        told = {name: value for name, value in headers.items() if name in _TOLD}
        if ChecksumSHA256 or ChecksumAlgorithm == "SHA256":
            told["ChecksumSHA256"] = digest
        version = Version(self._id(bucket), body, self.clock.date(), etag, metadata, told)
        self._place(bucket, Key, version)
        self._notify(bucket, Key, "ObjectCreated:Put", version)
        return {"ETag": f'"{etag}"', **self._named(bucket, version)}

    def get_object(
        self, *, Bucket: str, Key: str, Range: str | None = None, **conditions: Any
    ) -> Any:
        version = self._found(Bucket, Key, "GetObject", **conditions)
        body = version.body or b""
        answer = self._described(Bucket, version)
        if Range is not None:
            part, answer["ContentRange"] = _range(body, Range, "GetObject")
            answer["ContentLength"] = len(part)
            body = part
        answer["Body"] = StreamingBody(io.BytesIO(body), len(body))
        return answer

    def head_object(
        self, *, Bucket: str, Key: str, ChecksumMode: str | None = None, **conditions: Any
    ) -> Any:
        version = self._found(Bucket, Key, "HeadObject", **conditions)
        answer = self._described(Bucket, version)
        return answer if ChecksumMode else {k: v for k, v in answer.items() if "Checksum" not in k}

    def delete_object(
        self, *, Bucket: str, Key: str, VersionId: str | None = None, IfMatch: str | None = None
    ) -> Any:
        bucket = self._bucket(Bucket, "DeleteObject")
        return self._delete(bucket, Key, VersionId, IfMatch, "DeleteObject")

    def delete_objects(self, *, Bucket: str, Delete: Mapping[str, Any]) -> Any:
        bucket = self._bucket(Bucket, "DeleteObjects")
        deleted: list[Mapping[str, Any]] = []
        errors: list[Mapping[str, Any]] = []
        for entry in Delete["Objects"]:
            seen = bucket.current(entry["Key"])
            wanted = entry.get("ETag")
            if wanted and seen is not None and wanted.strip('"') not in ("*", seen.etag):
                errors.append({"Key": entry["Key"], "Code": "PreconditionFailed", "Message": "no"})
                continue
            answer = self._delete(bucket, entry["Key"], entry.get("VersionId"), None, "Delete")
            plain = {"Key": entry["Key"]}
            if "VersionId" in entry:
                plain["VersionId"] = entry["VersionId"]
            if answer.get("DeleteMarker"):
                plain |= {"DeleteMarker": True, "DeleteMarkerVersionId": answer["VersionId"]}
            deleted.append(plain)
        answer = {} if Delete.get("Quiet") or not deleted else {"Deleted": deleted}
        return {**answer, "Errors": errors} if errors else answer

    def list_objects_v2(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        MaxKeys: int = 1000,
        StartAfter: str = "",
        ContinuationToken: str = "",
        **_: Any,
    ) -> Any:
        bucket = self._bucket(Bucket, "ListObjectsV2")
        after = (ContinuationToken or StartAfter).encode()
        contents: list[Mapping[str, Any]] = []
        prefixes: dict[str, None] = {}
        last, is_cut = "", False
        for key, version in bucket.standing():
            if not key.startswith(Prefix) or key.encode() <= after:
                continue
            head, mark, _rest = key[len(Prefix) :].partition(Delimiter) if Delimiter else ("",) * 3
            folder = f"{Prefix}{head}{mark}" if mark else None
            if folder is not None and (folder in prefixes or folder.encode() <= after):
                last = key
                continue
            if len(contents) + len(prefixes) == min(MaxKeys, 1000):
                is_cut = True
                break
            last = key
            if folder is not None:
                prefixes[folder] = None
                continue
            contents.append(
                {
                    "Key": key,
                    "LastModified": version.modified,
                    "ETag": f'"{version.etag}"',
                    "Size": len(version.body or b""),
                    "StorageClass": version.headers.get("StorageClass", "STANDARD"),
                }
            )
        answer: dict[str, Any] = {
            "Name": Bucket,
            "Prefix": Prefix,
            "KeyCount": len(contents) + len(prefixes),
            "MaxKeys": MaxKeys,
            "IsTruncated": is_cut,
        }
        if contents:
            answer["Contents"] = contents
        if prefixes:
            answer["CommonPrefixes"] = [{"Prefix": name} for name in prefixes]
        if is_cut:
            answer["NextContinuationToken"] = last
        return answer

    def list_object_versions(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        MaxKeys: int = 1000,
        KeyMarker: str = "",
        VersionIdMarker: str = "",
        **_: Any,
    ) -> Any:
        bucket = self._bucket(Bucket, "ListObjectVersions")
        rows = [
            (key, version, at == 0)
            for key in sorted(bucket.objects, key=str.encode)
            if key.startswith(Prefix)
            for at, version in enumerate(reversed(bucket.objects[key]))
        ]
        start = 0
        if KeyMarker:
            start = next((n for n, row in enumerate(rows) if row[0] > KeyMarker), len(rows))
            for number, (key, version, _newest) in enumerate(rows):
                if (key, version.version_id) == (KeyMarker, VersionIdMarker):
                    start = number + 1
        page = rows[start : start + MaxKeys]
        answer: dict[str, Any] = {"Name": Bucket, "IsTruncated": len(rows) > start + len(page)}
        for key, version, is_latest in page:
            plain: dict[str, Any] = {
                "Key": key,
                "VersionId": version.version_id,
                "IsLatest": is_latest,
                "LastModified": version.modified,
            }
            if version.is_marker:
                answer.setdefault("DeleteMarkers", []).append(plain)
            else:
                plain |= {"ETag": f'"{version.etag}"', "Size": len(version.body or b"")}
                answer.setdefault("Versions", []).append(plain)
        if answer["IsTruncated"]:
            answer |= {"NextKeyMarker": page[-1][0], "NextVersionIdMarker": page[-1][1].version_id}
        return answer

    def _delete(
        self, bucket: Bucket, key: str, version_id: str | None, if_match: str | None, operation: str
    ) -> dict[str, Any]:
        seen = bucket.current(key)
        if if_match is not None:
            if seen is None or seen.is_marker:
                raise refused(operation, "NoSuchKey", "The key does not exist.", status=404)
            if if_match != "*" and if_match.strip('"') != seen.etag:
                raise _failed(operation)
        if version_id is not None:
            versions = bucket.objects.get(key, [])
            gone = [version for version in versions if version.version_id == version_id]
            if not gone:
                return {"VersionId": version_id}
            versions.remove(gone[0])
            if not versions:
                del bucket.objects[key]
            self._notify(bucket, key, "ObjectRemoved:Delete", gone[0])
            return {
                "VersionId": version_id,
                **({"DeleteMarker": True} if gone[0].is_marker else {}),
            }
        if not bucket.is_versioned:
            if bucket.objects.pop(key, None):
                self._notify(bucket, key, "ObjectRemoved:Delete", None)
            return {}
        marker = Version(self._id(bucket), None, self.clock.date())
        self._place(bucket, key, marker)
        self._notify(bucket, key, "ObjectRemoved:DeleteMarkerCreated", marker)
        return {"DeleteMarker": True, "VersionId": marker.version_id}

    def _found(
        self,
        bucket_name: str,
        key: str,
        operation: str,
        *,
        VersionId: str | None = None,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        **_: Any,
    ) -> Version:
        """The version that a read means; heads are answered without a body, so without words."""
        is_head = operation == "HeadObject"
        bucket = self._bucket(bucket_name, operation)
        version = bucket.current(key)
        missing = ("404", "Not Found") if is_head else ("NoSuchKey", "The key does not exist.")
        if VersionId is not None:
            versions = bucket.objects.get(key, [])
            version = next((each for each in versions if each.version_id == VersionId), None)
            if not is_head:
                missing = ("NoSuchVersion", "The specified version does not exist.")
        if version is None or (version.is_marker and VersionId is None):
            error = refused(operation, *missing, status=404)
            if version is not None:
                about: Any = error.response["ResponseMetadata"]
                about["HTTPHeaders"] = {"x-amz-delete-marker": "true"}
            raise error
        if version.is_marker:
            code = "405" if is_head else "MethodNotAllowed"
            raise refused(operation, code, "The method is not allowed.", status=405)
        if IfMatch is not None and IfMatch.strip('"') not in ("*", version.etag):
            raise _failed(operation)
        if IfNoneMatch is not None and IfNoneMatch.strip('"') in ("*", version.etag):
            raise refused(operation, "304", "Not Modified", status=304)
        return version

    def _described(self, bucket_name: str, version: Version) -> dict[str, Any]:
        return {
            "AcceptRanges": "bytes",
            "LastModified": version.modified,
            "ContentLength": len(version.body or b""),
            "ETag": f'"{version.etag}"',
            "ContentType": "binary/octet-stream",
            "Metadata": dict(version.metadata),
            **version.headers,
            **self._named(self.by_name[bucket_name], version),
        }

    def _place(self, bucket: Bucket, key: str, version: Version) -> None:
        if bucket.is_versioned:
            bucket.objects.setdefault(key, []).append(version)
        else:
            bucket.objects[key] = [version]

    def _id(self, bucket: Bucket) -> str:
        return f"v{next(self._ids):07}" if bucket.is_versioned else "null"

    def _named(self, bucket: Bucket, version: Version) -> dict[str, str]:
        return {"VersionId": version.version_id} if bucket.is_versioned else {}

    def _bucket(self, name: str, operation: str) -> Bucket:
        if name not in self.by_name:
            raise refused(operation, "NoSuchBucket", "The bucket does not exist", status=404)
        return self.by_name[name]

    def _notify(self, bucket: Bucket, key: str, event: str, version: Version | None) -> None:
        for told in bucket.notified:
            if not any(fnmatch.fnmatchcase(f"s3:{event}", rule) for rule in told["Events"]):
                continue
            stored: dict[str, Any] = {
                "key": quote_plus(key, safe="/"),
                "sequencer": f"{next(self._ids):016X}",
            }
            if bucket.is_versioned and version is not None:
                stored["versionId"] = version.version_id
            if version is not None:
                stored["eTag"] = version.etag
            if version is not None and not version.is_marker:
                stored["size"] = len(version.body or b"")
            record = {
                "eventVersion": "2.1",
                "eventSource": "aws:s3",
                "awsRegion": REGION,
                "eventTime": self.clock.utc(),
                "eventName": event,
                "s3": {
                    "s3SchemaVersion": "1.0",
                    "bucket": {"name": bucket.name, "arn": f"arn:aws:s3:::{bucket.name}"},
                    "object": stored,
                },
            }
            queue = self.queues.by_arn(told["QueueArn"])
            self.queues.put(queue, json.dumps({"Records": [record]}))


def _bucket(name: str) -> Bucket:
    return Bucket(name)


def _range(body: bytes, wanted: str, operation: str) -> tuple[bytes, str]:
    first, _, last = wanted.removeprefix("bytes=").partition("-")
    size = len(body)
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or start > end:
        raise refused(operation, "InvalidRange", "The range is not satisfiable", status=416)
    return body[start : end + 1], f"bytes {start}-{end}/{size}"


def _read(body: Any) -> bytes:
    if isinstance(body, bytearray):
        return bytes(body)
    if isinstance(body, str):
        return body.encode()
    held: bytes = body.read()
    return held


def _failed(operation: str) -> Exception:
    code = "412" if operation == "HeadObject" else "PreconditionFailed"
    message = "At least one of the pre-conditions you specified did not hold"
    return refused(operation, code, message, status=412)
