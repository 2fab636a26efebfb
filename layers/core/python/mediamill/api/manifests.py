"""Manifests, read: what was made of an asset, as far as a caller may have it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from mediamill.api.caller import Caller
from mediamill.api.problem import NotFound
from mediamill.aws.clients import client
from mediamill.aws.table import AssetsTable
from mediamill.domain.asset import Record
from mediamill.domain.derivative import Derivative
from mediamill.domain.keys import fits, manifest_key
from mediamill.domain.kind import Status

_RETRY_SECONDS = 2
PRIVATE = frozenset({"metadata", "original"})
"""Whatever a camera or a program wrote into a file is in these."""

_FIELDS = tuple(Derivative.__dataclass_fields__)


def is_private(name: str, caller: Caller) -> bool:
    """Whether a derivative, or the `original`, is kept from a public caller.

    The parameter Privacy says what of a file's metadata may be published: these have all of it.
    """
    return name in PRIVATE and not caller.is_known


def manifest_of(bucket: str, key: str) -> Mapping[str, Any] | None:
    """The manifest that stands in the results bucket, or None."""
    if not fits(manifest_key(key)):
        return None
    s3 = client("s3")
    try:
        answer = s3.get_object(Bucket=bucket, Key=manifest_key(key))
    except s3.exceptions.NoSuchKey:
        return None
    found: Mapping[str, Any] = json.load(answer["Body"])
    return found


def rows_of(manifest: Mapping[str, Any], caller: Caller) -> Sequence[Derivative]:
    """The derivatives in a manifest that a caller may have."""
    return [
        Derivative(**{name: row[name] for name in _FIELDS if name in row})
        for row in manifest["derivatives"]
        if not is_private(row["name"], caller)
    ]


def standing(table: AssetsTable, key: str) -> Record:
    """The record of an asset that is not deleted. Raises NotFound, `no_such_asset`."""
    record = table.get(key)
    if record is None or record.status is Status.DELETED:
        raise NotFound(f"There is no asset {key!r}.", code="no_such_asset")
    return record


def missing(table: AssetsTable, key: str) -> NotFound:
    """Why an asset has no manifest: `processing`, or its own code. Raises as `standing` does."""
    record = standing(table, key)
    if record.status is Status.PROCESSING:
        return NotFound(
            f"{key!r} is being processed: ask again.",
            code="processing",
            headers={"Retry-After": str(_RETRY_SECONDS)},
        )
    if record.reason is not None:
        return NotFound(record.reason.message, code=record.reason.code)
    return NotFound(f"{key!r} is {record.status.value}, and has no manifest.", code="no_manifest")
