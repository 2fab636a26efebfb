"""Objects to read: what stands under a key now, originals, and derivatives that others read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from mediamill.aws.clients import client
from mediamill.aws.ranged import BLOCK, OriginalGone, RangedFile
from mediamill.domain.asset import Asset, Source
from mediamill.domain.errors import TooLarge, Unprocessable
from mediamill.domain.protocol.intake import Current
from mediamill.domain.stored import StoredFacts
from mediamill.settings import BadSetting

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, HeadObjectOutputTypeDef

_GONE = {"NoSuchKey", "NoSuchVersion", "404", "NotFound", "MethodNotAllowed", "405"}
_CHANGED = {"PreconditionFailed", "412"}
_PIECE = 1 << 20
_UNREADABLE = {
    "AccessDenied": (
        "unreadable_original",
        "The file may not be read: its bucket or its key in KMS refuses this deployment.",
    ),
    "InvalidObjectState": (
        "archived_original",
        "The file is archived. Restore it, then redrive its message or upload it again.",
    ),
}
_KMS = "unreadable_original", "The key in KMS that the file is encrypted with cannot be used."


class Unreadable(Unprocessable):
    """An original that is there and cannot be read as long as nobody changes its permissions."""


def look(bucket: str, key: str, count: int) -> tuple[Current, bytes] | None:
    """What stands under a key now, and its first `count` bytes; None where nothing does.

    Raises Unreadable (`unreadable_original`, `archived_original`).
    """
    more: dict[str, Any] = {"Range": f"bytes=0-{count - 1}"}
    while True:
        try:
            answer = client("s3").get_object(Bucket=bucket, Key=key, **more)
            break
        except ClientError as error:
            code = _code(error)
            if code in _GONE:
                return None
            if code in ("InvalidRange", "416"):  # it is empty
                more = {}
                continue
            if code in _UNREADABLE or code.startswith("KMS."):
                stable, sentence = _UNREADABLE.get(code, _KMS)
                raise Unreadable(sentence, code=stable) from error
            raise
    total = answer.get("ContentRange", "").rpartition("/")[2]
    size = int(total) if total.isdigit() else answer["ContentLength"]
    return _current(answer, size), answer["Body"].read(count)


def glance(bucket: str, key: str) -> Current | None:
    """What stands under a key, of what may not be read: archived, or encrypted; None for nothing.

    Raises ClientError where not even that is told.
    """
    try:
        answer = client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if _code(error) in _GONE:
            return None
        raise
    return _current(answer, answer["ContentLength"])


def _current(answer: GetObjectOutputTypeDef | HeadObjectOutputTypeDef, size: int) -> Current:
    return Current(
        version_id=versioned(answer.get("VersionId")),
        etag=answer["ETag"].strip('"'),
        bytes=size,
        modified=answer["LastModified"].isoformat(timespec="seconds"),
    )


def is_deleted(bucket: str, key: str) -> bool:
    """Whether a delete marker stands under a key, and not just nothing."""
    try:
        client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if _code(error) not in _GONE:
            raise
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return headers.get("x-amz-delete-marker") == "true"
    return False


def reach(bucket: str, key: str, current: Current) -> Callable[[int, int], bytes]:
    """Reads further into what `look` saw, by offset and count; nothing where it has changed since.

    It is not pinned to a version: a newer one has an event of its own.
    """

    def part(offset: int, count: int) -> bytes:
        file = RangedFile(client("s3"), bucket, key, size=current.bytes, etag=current.etag)
        file.seek(offset)
        try:
            return file.read(count)
        except OriginalGone:
            return b""

    return part


def read(source: Source, most: int) -> bytes:
    """All bytes of a source. Raises OriginalGone, or TooLarge, unread, where it has over `most`."""
    _check_size(source, most)
    with _opened(source) as body:
        return body.read()


def ranged(source: Source, block: int = BLOCK) -> RangedFile:
    """A source as a file that reads only the ranges it is asked for, pinned to its version."""
    return RangedFile(
        client("s3"),
        source.bucket,
        source.key,
        size=source.bytes,
        version_id=source.version_id,
        etag=source.etag,
        block=block,
    )


def read_named(bucket: str, key: str, most: int) -> bytes:
    """At most so many bytes of an object that a parameter names.

    Raises BadSetting where it cannot be read: that is no file's fault, and files are tried again.
    """
    try:
        with client("s3").get_object(Bucket=bucket, Key=key)["Body"] as body:
            return body.read(most)
    except ClientError as error:
        reason = f"{bucket}/{key}, which a parameter names, cannot be read: {_code(error)}"
        raise BadSetting(reason) from error


def save(source: Source, path: Path, most: int) -> None:
    """Write a source to a file, a piece at a time. Raises OriginalGone, or TooLarge as `read`."""
    _check_size(source, most)
    with _opened(source) as body, path.open("wb") as file:
        while piece := body.read(_PIECE):
            file.write(piece)


def stored_facts(source: Source) -> StoredFacts:
    """What S3 itself knows of a source. Raises OriginalGone."""
    answer = _head(source.bucket, source.key, source.version_id)
    named = {name.lower(): str(value) for name, value in answer.items()}
    return StoredFacts(
        etag=answer["ETag"].strip('"'),
        checksums={
            name.removeprefix("checksum"): value
            for name, value in named.items()
            if name.startswith("checksum") and name != "checksumtype"
        },
        storage_class=answer.get("StorageClass", "STANDARD"),
        last_modified=answer["LastModified"].isoformat(),
    )


def user_metadata(asset: Asset) -> Mapping[str, str]:
    """What the uploader said of an original, by lower-case names. Raises OriginalGone."""
    answer = _head(asset.bucket, asset.key, asset.version_id)
    return {name.lower(): value for name, value in answer["Metadata"].items()}


def _check_size(source: Source, most: int) -> None:
    if source.bytes > most:
        raise TooLarge(f"The file has {source.bytes:,} bytes; {most:,} may be read at once.")


def _opened(source: Source) -> IO[bytes]:
    """The body of a source, pinned to its version, or to its ETag in a bucket without versions."""
    pin: dict[str, Any] = {}
    if source.version_id is not None:
        pin = {"VersionId": source.version_id}
    elif source.etag:
        pin = {"IfMatch": f'"{source.etag}"'}
    try:
        answer = client("s3").get_object(Bucket=source.bucket, Key=source.key, **pin)
    except ClientError as error:
        if _code(error) in _GONE | _CHANGED:
            raise OriginalGone(f"{source.key} is not there any more") from error
        raise
    return cast("IO[bytes]", answer["Body"])


def _head(bucket: str, key: str, version_id: str | None) -> HeadObjectOutputTypeDef:
    more: dict[str, Any] = {"VersionId": version_id} if version_id else {}
    try:
        return client("s3").head_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED", **more)
    except ClientError as error:
        if _code(error) in _GONE:
            raise OriginalGone(f"{key} is not there any more") from error
        raise


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def versioned(version_id: str | None) -> str | None:
    """A version's id, None for what S3 calls `null`: the bucket had no versions then."""
    return None if version_id in (None, "null") else version_id
