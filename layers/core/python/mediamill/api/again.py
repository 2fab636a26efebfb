"""Done again: an asset processed once more, or brought back after it was deleted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mediamill.api import models
from mediamill.api.call import Answer, Call
from mediamill.api.manifests import standing
from mediamill.api.problem import Conflict, NotFound, exists
from mediamill.aws.again import Refused, again
from mediamill.aws.clients import client
from mediamill.aws.table import AssetsTable
from mediamill.domain.limits import MEGA
from mediamill.settings import Settings

_COPIED_BYTES = 1000 * MEGA
"""What S3 copies well within the time of a call."""

_VERSIONS = 1000  # what ListObjectVersions tells at once


@dataclass(frozen=True, slots=True)
class Again:
    """What the API asks of the pipeline."""

    settings: Settings

    def reprocess(self, call: Call) -> Answer:
        """Ask every worker again, as if the file had just come; once, however many call."""
        key = call.writable(call.path["key"])
        table = AssetsTable(self.settings.assets_table)
        try:
            record = again(self.settings, lambda: standing(table, key))
        except Refused as refused:
            raise Conflict(str(refused), code=refused.code) from refused
        return Answer(models.Begun(key=key, status=record.status), status=202)

    def restore(self, call: Call) -> Answer:
        """Bring back the original that was deleted last.

        It is copied: a marker could only be removed by somebody who may delete every version.
        """
        key = call.writable(call.path["key"], uploads=self.settings)
        deleted = self._deleted(key)
        if deleted["Size"] > _COPIED_BYTES:
            raise Conflict(
                f"The API brings back files of up to {_COPIED_BYTES:,} bytes; remove the delete "
                "marker in the bucket.",
                code="too_large",
            )
        bucket = self.settings.uploads_bucket
        s3 = client("s3")
        try:
            s3.copy_object(
                Bucket=bucket,
                Key=key,
                CopySource={"Bucket": bucket, "Key": key, "VersionId": deleted["VersionId"]},
                IfNoneMatch="*",
            )
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in ("PreconditionFailed", "412"):
                raise exists() from error
            raise
        return Answer(models.Key(key=key), status=202)

    def _deleted(self, key: str) -> Any:
        """The version of a key that was the last before it was deleted."""
        for version in self._versions(key):
            if version.get("IsLatest"):
                raise exists()
            return version
        raise NotFound(f"Nothing of {key!r} is kept.", code="no_such_asset")

    def _versions(self, key: str) -> Iterator[Any]:
        """The versions of one key that have bytes, the newest first."""
        pages = (
            client("s3")
            .get_paginator("list_object_versions")
            .paginate(Bucket=self.settings.uploads_bucket, Prefix=key, PaginationConfig=_ONCE)
        )
        for page in pages:
            for version in page.get("Versions", ()):
                if version["Key"] == key:
                    yield version


_ONCE: Any = {"MaxItems": _VERSIONS, "PageSize": _VERSIONS}
