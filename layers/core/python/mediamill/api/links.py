"""Links to objects that work without credentials, for a while: presigned by the function's role."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from mediamill.aws.clients import client

SECONDS = 3600
"""How long a link works. A role's credentials may end sooner, and its links with them."""

CACHED_SECONDS = 600
"""How long a redirect to a link may be kept: well within the time that the link works."""


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
