"""The results bucket: derivatives and manifests to write, to list, and to delete."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mediamill.aws.clients import client
from mediamill.aws.storage import versioned
from mediamill.domain.asset import Asset
from mediamill.domain.derivative import Derivative, Product
from mediamill.domain.keys import NOT_DERIVATIVES, PAGED, RESERVED, belongs, derivative_key, fits
from mediamill.domain.made import Stored

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import ObjectIdentifierTypeDef, PutObjectOutputTypeDef

_DELETE_AT_ONCE = 1000  # DeleteObjects takes no more keys in a request


@dataclass(frozen=True, slots=True)
class Results:
    """The results bucket."""

    bucket: str
    cache_control: str = "no-cache"

    def put(self, asset: Asset, product: Product) -> Stored:
        """Store a product under its own name; a repeat overwrites the same with the same."""
        key = derivative_key(
            product.name, asset.key, product.format, product.number or product.page
        )
        digest = hashlib.sha256(product.body)
        answer = self._put(
            key,
            product.body,
            content_type=product.content_type,
            cache_control=self.cache_control,
            digest=digest.digest(),
            asset=asset,
        )
        row = Derivative(
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
            number=product.number,
        )
        return Stored(row, answer["ETag"].strip('"'), versioned(answer.get("VersionId")))

    def put_json(self, asset: Asset, key: str, body: bytes) -> str:
        """Store a JSON document that always is to be read fresh, such as a manifest; its ETag."""
        answer = self._put(
            key,
            body,
            content_type="application/json",
            cache_control="no-cache",
            digest=hashlib.sha256(body).digest(),
            asset=asset,
        )
        return answer["ETag"].strip('"')

    def of(self, key: str) -> dict[str, str]:
        """Every object that is named as one of the original `key` is, with its ETag."""
        if not fits(key):
            return {}  # nothing was ever made of it, and S3 could not even say so
        found = {}
        for name in self._names():
            for stored, etag in self._listed(name, key):
                if belongs(stored, key):
                    found[stored] = etag
        return found

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

    def _names(self) -> Iterator[str]:
        """The first words of all keys in the bucket: one for each sort of derivative."""
        pages = (
            client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.bucket, Delimiter="/")
        )
        for page in pages:
            for common in page.get("CommonPrefixes", ()):
                name = common["Prefix"].rstrip("/")
                if name not in NOT_DERIVATIVES:
                    yield name

    def _listed(self, name: str, key: str) -> Iterator[tuple[str, str]]:
        prefix = f"{name}/{key}{'/' if name in PAGED else '.'}"
        past = f"{prefix}:" if name in PAGED else None  # pages are digits, and `:` is after them
        pages = (
            client("s3")
            .get_paginator("list_objects_v2")
            .paginate(Bucket=self.bucket, Prefix=prefix)
        )
        for page in pages:
            for stored in page.get("Contents", ()):
                if past is not None and stored["Key"] > past:
                    return
                yield stored["Key"], stored["ETag"].strip('"')

    def _put(
        self,
        key: str,
        body: bytes,
        *,
        content_type: str,
        cache_control: str,
        digest: bytes,
        asset: Asset,
    ) -> PutObjectOutputTypeDef:
        return client("s3").put_object(
            Bucket=self.bucket,
            Key=key,
            Body=body,
            ContentType=content_type,
            CacheControl=cache_control,
            ChecksumSHA256=base64.b64encode(digest).decode(),
            # S3 takes 2 KB of metadata, and a key may be more: the record has it.
            Metadata={"asset-id": asset.asset_id},
        )


class Shelf:
    """Stores an asset's products while the next one is being made; at most a few at a time.

    Use it as a context manager: leaving it waits for every object, and raises the first failure.
    Without `stores_repeats`, renditions of the same bytes are stored under the first one's name.
    """

    def __init__(
        self,
        results: Results,
        asset: Asset,
        *,
        in_flight: int = 4,
        stores_repeats: bool = True,
    ) -> None:
        self._results = results
        self._asset = asset
        self._in_flight = in_flight
        self._pool = ThreadPoolExecutor(max_workers=2)
        self._stores_repeats = stores_repeats
        self._bodies: dict[tuple[str, bytes], Future[Stored]] = {}
        self._pending: list[Future[Stored]] = []
        self._stored: list[Stored] = []
        self.is_used = False  # something may be stored that is not among what `stored` returns

    def __enter__(self) -> Shelf:
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown(wait=True)

    def put(self, product: Product) -> None:
        """Store a product in the background; waits where too many are on their way."""
        self.is_used = True
        self._pending.append(self._put(product))
        while len(self._pending) > self._in_flight:
            self._stored.append(self._pending.pop(0).result())

    def stored(self) -> tuple[Stored, ...]:
        """Wait for the rest; all that is stored, in the order of `put`."""
        while self._pending:
            self._stored.append(self._pending.pop(0).result())
        return tuple(self._stored)

    def _put(self, product: Product) -> Future[Stored]:
        if self._stores_repeats or product.name in RESERVED:
            return self._pool.submit(self._results.put, self._asset, product)
        body = product.format, hashlib.sha256(product.body).digest()
        if (first := self._bodies.get(body)) is not None:
            return self._pool.submit(_again, first, product.name)
        put = self._bodies[body] = self._pool.submit(self._results.put, self._asset, product)
        return put


def _again(first: Future[Stored], name: str) -> Stored:
    """A further name of what is stored; the pool takes its work in turn, so the first is begun."""
    stored = first.result()
    return replace(stored, row=replace(stored.row, name=name))
