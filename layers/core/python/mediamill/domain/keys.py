"""The names in the results bucket: made from the original's key, so that nobody has to ask."""

from __future__ import annotations

from collections.abc import Iterable

from mediamill.domain.errors import KeyTooLong
from mediamill.domain.formats import FORMATS

KEY_BYTES = 1024
"""S3's bound on a key, in bytes of UTF-8: Amazon S3 User Guide, "Naming Amazon S3 objects"."""

RESERVED = frozenset({"metadata", "text", "pages", "pdf", "manifest"})
"""Derivative names that no rendition may take."""

_LONGEST_PAGE = "/0001.webp"


def derivative_key(name: str, key: str, format_name: str, page: int | None = None) -> str:
    """The key of one derivative of the original `key`.

    >>> derivative_key("thumbnail", "photos/cat.jpg", "webp")
    'thumbnail/photos/cat.jpg.webp'
    >>> derivative_key("pages", "report.pdf", "webp", page=1)
    'pages/report.pdf/0001.webp'
    """
    extension = FORMATS[format_name].extension
    part = "" if page is None else f"/{page:04}"
    return f"{name}/{key}{part}.{extension}"


def manifest_key(key: str) -> str:
    """The key of an original's manifest."""
    return derivative_key("manifest", key, "json")


def fits(key: str) -> bool:
    """Whether S3 takes this key."""
    return len(key.encode()) <= KEY_BYTES


def check_key(key: str, names: Iterable[str]) -> None:
    """Raise KeyTooLong where a derivative of `key` under one of `names` could have no key."""
    longest = max(len(name.encode()) for name in {*names, *RESERVED})
    room = KEY_BYTES - longest - len("/") - len(_LONGEST_PAGE)
    size = len(key.encode())
    if size > room:
        raise KeyTooLong(
            f"The key has {size} bytes; its derivatives' names leave room for {room}. "
            "Upload the file under a shorter key."
        )
