"""What a stack knows of its assets: records, lists, manifests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from mediamill.aws.listing import Listing, Row
from mediamill.domain.asset import Record
from mediamill.domain.keys import fits, manifest_key
from mediamill.domain.kind import Kind, Status
from mediamill_cli.errors import Failure
from mediamill_cli.stack import Stack

_AT_ONCE = 8

Manifest = Mapping[str, Any]


def record(stack: Stack, key: str) -> Record:
    """The record of a key. Raises Failure if there is none, or only a tombstone."""
    found = records(stack, [key]).get(key)
    if found is None or found.status is Status.DELETED:
        raise Failure(
            f"There is no asset {key!r} in the stack {stack.name}.",
            do="See the assets there are with `mediamill ls`; a key is the path below the bucket.",
        )
    return found


def records(stack: Stack, keys: Sequence[str]) -> Mapping[str, Record]:
    """The records of those keys that have one, as they stand now."""
    return listing(stack).records(keys)


def listed(
    stack: Stack,
    *,
    prefix: str = "",
    status: Status | None = None,
    kind: Kind | None = None,
    limit: int | None = None,
) -> Sequence[Row]:
    """The newest assets, newest first: of a prefix, a status, a kind; at most `limit`."""
    rows = listing(stack).newest(prefix=prefix, status=status, kind=kind)
    return list(islice(rows, limit))


def manifests(stack: Stack, found: Sequence[Record]) -> Mapping[str, Manifest]:
    """The manifests of those assets that have one, by key; none that tells of another version."""
    with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="manifest") as pool:
        read = list(pool.map(lambda each: _manifest(stack, each), found))
    return {
        each.asset.key: manifest
        for each, manifest in zip(found, read, strict=True)
        if manifest is not None
    }


def listing(stack: Stack) -> Listing:
    """The stack's table, to read lists and many records from."""
    return Listing(stack.output("AssetsTableName"), stack.dynamodb)


def _manifest(stack: Stack, found: Record) -> Manifest | None:
    if not fits(manifest_key(found.asset.key)):
        return None  # S3 could not even be asked for it
    try:
        answer = stack.s3.get_object(Bucket=stack.results, Key=manifest_key(found.asset.key))
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
            return None
        raise
    manifest: Manifest = json.load(answer["Body"])
    return manifest if manifest["asset_id"] == found.asset.asset_id else None
