"""Links to objects that work without credentials, for a while: by CloudFront, or by S3 itself."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from mediamill.api.cdn import Cdn
from mediamill.api.manifests import PRIVATE
from mediamill.aws.clients import client
from mediamill.domain.derivative import Derivative
from mediamill.domain.keys import manifest_key
from mediamill.settings import Settings

SECONDS = 3600
"""How long a link works. A role's credentials may end sooner, and its links with them."""

CACHED_SECONDS = 600
"""How long a redirect to a link may be kept: well within the time that the link works."""


@dataclass(frozen=True, slots=True)
class Links:
    """Links to what was made: by the distribution, where the deployment has one."""

    results: str
    cdn: Cdn | None

    @classmethod
    def of(cls, settings: Settings) -> Links:
        """Those of a deployment."""
        return cls(settings.results_bucket, Cdn(*settings.cdn) if settings.cdn else None)

    def derivative(self, row: Derivative, *, is_saved: bool = False) -> str:
        """Where a derivative is; with `is_saved`, browsers save it under its name."""
        # S3 alone names files; and what an open distribution keeps from everybody is asked of S3.
        is_kept = self.cdn is not None and self.cdn.is_open and row.name in PRIVATE
        if is_saved or is_kept:
            return link(self.results, row.key, save_as=row.key if is_saved else None)
        return self._of(row.key, row.sha256)

    def manifest(self, key: str, *, is_saved: bool = False) -> str:
        """Where the manifest of an original is."""
        name = manifest_key(key)
        return link(self.results, name, save_as=name) if is_saved else self._of(name, "")

    def _of(self, key: str, version: str) -> str:
        if self.cdn is None:
            return link(self.results, key)
        return self.cdn.link(key, version, seconds=SECONDS, step=CACHED_SECONDS)


def link(bucket: str, key: str, *, save_as: str | None = None) -> str:
    """An address of an object; with `save_as`, browsers save it under that name."""
    given: dict[str, Any] = {"Bucket": bucket, "Key": key}
    if save_as is not None:
        given["ResponseContentDisposition"] = _attachment(save_as)
    return client("s3").generate_presigned_url("get_object", Params=given, ExpiresIn=SECONDS)


def redirect_headers(url: str, *, public: bool, vary: str = "") -> Mapping[str, str]:
    """The headers of a redirect that caches may keep for as long as it leads somewhere."""
    whose = "public" if public else "private"
    return {
        "Location": url,
        "Cache-Control": f"{whose}, max-age={CACHED_SECONDS}",
        **({"Vary": vary} if vary else {}),
    }


def _attachment(key: str) -> str:
    """The header that names a file; RFC 6266, with the name's UTF-8 percent-encoded."""
    return f"attachment; filename*=UTF-8''{quote(posixpath.basename(key), safe='')}"
