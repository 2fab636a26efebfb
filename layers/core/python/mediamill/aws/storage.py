"""Originals to read, results to write: objects in S3, with every key used as it is."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import quote

from botocore.exceptions import ClientError

from mediamill.aws.clients import client
from mediamill.aws.ranged import OriginalGone, RangedFile
from mediamill.domain.asset import Asset, Source
from mediamill.domain.derivative import Derivative, Product
from mediamill.domain.errors import TooLarge
from mediamill.domain.keys import derivative_key
from mediamill.domain.stored import StoredFacts

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef

_GONE = {"NoSuchKey", "NoSuchVersion", "404", "NotFound", "MethodNotAllowed", "405"}
_DELETE_AT_ONCE = 1000  # DeleteObjects takes no more keys in a request


@dataclass(frozen=True, slots=True)
class Stored:
    """One object as S3 describes it now."""

    bucket: str
    key: str
    version_id: str | None
    etag: str
    bytes: int


def head(bucket: str, key: str) -> Stored | None:
    """The current version of an object, or None where there is none."""
    try:
        answer = client("s3").head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if _code(error) in _GONE:
            return None
        raise
    return Stored(
        bucket=bucket,
        key=key,
        version_id=_version(answer.get("VersionId")),
        etag=answer["ETag"].strip('"'),
        bytes=answer["ContentLength"],
    )


def first_bytes(bucket: str, key: str, version_id: str | None, count: int) -> bytes:
    """The first `count` bytes of a non-empty object, in one request. Raises OriginalGone."""
    with _opened(bucket, key, version_id, Range=f"bytes=0-{count - 1}") as body:
        return body.read(count)


def read(source: Source, most: int) -> bytes:
    """All bytes of a source. Raises OriginalGone, or TooLarge, unread, where it has over `most`."""
    if source.bytes > most:
        raise TooLarge(f"The file has {source.bytes:,} bytes; {most:,} may be read at once.")
    with _opened(source.bucket, source.key, source.version_id) as body:
        return body.read()


def ranged(source: Source) -> RangedFile:
    """A source as a file that reads only the ranges it is asked for, pinned to its version."""
    return RangedFile(
        client("s3"),
        source.bucket,
        source.key,
        size=source.bytes,
        version_id=source.version_id,
        etag=source.etag,
    )


def stored_facts(source: Source) -> StoredFacts:
    """What S3 itself knows of a source. Raises OriginalGone."""
    more: dict[str, Any] = {"VersionId": source.version_id} if source.version_id else {}
    try:
        answer = client("s3").head_object(
            Bucket=source.bucket, Key=source.key, ChecksumMode="ENABLED", **more
        )
    except ClientError as error:
        if _code(error) in _GONE:
            raise OriginalGone(f"{source.key} is not there any more") from error
        raise
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


@dataclass(frozen=True, slots=True)
class Results:
    """The results bucket."""

    bucket: str
    cache_control: str = "no-cache"

    def put(self, asset: Asset, product: Product) -> Derivative:
        """Store a product under its own name; a repeat overwrites the same with the same."""
        key = derivative_key(product.name, asset.key, product.format, product.page)
        digest = hashlib.sha256(product.body)
        self._put(
            key,
            product.body,
            content_type=product.content_type,
            cache_control=self.cache_control,
            digest=digest.digest(),
            asset=asset,
        )
        return Derivative(
            name=product.name,
            key=key,
            content_type=product.content_type,
            format=product.format,
            bytes=len(product.body),
            sha256=digest.hexdigest(),
            width=product.width,
            height=product.height,
            page=product.page,
            truncated=product.truncated,
        )

    def put_json(self, asset: Asset, key: str, body: bytes) -> None:
        """Store a JSON document that always is to be read fresh, such as a manifest."""
        self._put(
            key,
            body,
            content_type="application/json",
            cache_control="no-cache",
            digest=hashlib.sha256(body).digest(),
            asset=asset,
        )

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; those that are gone already are no error."""
        rest = list(dict.fromkeys(keys))
        while rest:
            batch, rest = rest[:_DELETE_AT_ONCE], rest[_DELETE_AT_ONCE:]
            objects: list[ObjectIdentifierTypeDef] = [{"Key": key} for key in batch]
            answer = client("s3").delete_objects(
                Bucket=self.bucket, Delete={"Objects": objects, "Quiet": True}
            )
            if answer.get("Errors"):
                raise RuntimeError(f"S3 did not delete every object: {answer['Errors'][0]}")

    def _put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        cache_control: str,
        digest: bytes,
        asset: Asset,
    ) -> None:
        client("s3").put_object(
            Bucket=self.bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            CacheControl=cache_control,
            ChecksumSHA256=base64.b64encode(digest).decode(),
            # Header values are ASCII: the key is percent-encoded.
            Metadata={"asset-id": asset.asset_id, "original-key": quote(asset.key)},
        )


class Shelf:
    """Stores an asset's products while the next one is being made; at most a few at a time.

    Use it as a context manager: leaving it waits for every object, and raises the first failure.
    """

    def __init__(self, results: Results, asset: Asset, *, in_flight: int = 4) -> None:
        self._results = results
        self._asset = asset
        self._in_flight = in_flight
        self._pool = ThreadPoolExecutor(max_workers=2)
        self._pending: list[Future[Derivative]] = []
        self._stored: list[Derivative] = []

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown(wait=True)

    def put(self, product: Product) -> None:
        """Store a product in the background; waits where too many are on their way."""
        self._pending.append(self._pool.submit(self._results.put, self._asset, product))
        while len(self._pending) > self._in_flight:
            self._stored.append(self._pending.pop(0).result())

    def stored(self) -> tuple[Derivative, ...]:
        """Wait for the rest; every derivative, in the order of `put`."""
        while self._pending:
            self._stored.append(self._pending.pop(0).result())
        return tuple(self._stored)


def _opened(bucket: str, key: str, version_id: str | None, **more: Any) -> IO[bytes]:
    if version_id is not None:
        more["VersionId"] = version_id
    try:
        answer = client("s3").get_object(Bucket=bucket, Key=key, **more)
    except ClientError as error:
        if _code(error) in _GONE:
            raise OriginalGone(f"{key} is not there any more") from error
        raise
    return cast("IO[bytes]", answer["Body"])


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")


def _version(version_id: str | None) -> str | None:
    return None if version_id in (None, "null") else version_id
