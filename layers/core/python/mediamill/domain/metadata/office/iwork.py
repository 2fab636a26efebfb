"""Apple's Pages, Numbers and Keynote: what their packages' parts are called."""

from __future__ import annotations

import plistlib
import re
from typing import Any

from mediamill.domain.metadata.office.archive import Archive
from mediamill.domain.metadata.reading.text import clean

_DOCUMENT = ("Index/Document.iwa", "Index.zip", "index.apxl", "index.xml")
_APPLICATIONS = {"key": "Keynote", "numbers": "Numbers", "pages": "Pages"}
_TYPES = {
    "application/vnd.apple.keynote": "key",
    "application/vnd.apple.numbers": "numbers",
    "application/vnd.apple.pages": "pages",
}


def format_of(archive: Archive, content_type: str) -> str | None:
    """`key`, `numbers` or `pages`; None for what Apple's applications did not write.

    Slides are only Keynote's; the other two have the same parts, and are told by their type.
    """
    if not any(archive.has(name) for name in _DOCUMENT):
        return None
    return "key" if archive.has("index.apxl") or _slides(archive) else _TYPES.get(content_type)


def read_iwork(archive: Archive, format_: str) -> dict[str, Any]:
    """The fields of DocumentFacts."""
    history = _listed(archive, "Metadata/BuildVersionHistory.plist")
    version = clean(history[-1], 100) if history else None
    return {
        "creator": _APPLICATIONS[format_],
        "creator_version": version,
        "slide_count": _slides(archive) if format_ == "key" else None,
        "password_required": archive.has(".iwpv2") or archive.has(".iwph"),
        "encrypted": archive.has(".iwpv2") or archive.has(".iwph"),
    }


def _slides(archive: Archive) -> int | None:
    return (
        sum(bool(re.fullmatch(r"Index/Slide(-\d+)?\.iwa", name)) for name in archive.names) or None
    )


def _listed(archive: Archive, name: str) -> list[Any]:
    """A property list that is an array; XML ones define no entities that plistlib would follow."""
    try:
        found = plistlib.loads(archive.part(name) or b"")
    except Exception:  # plistlib raises whatever a broken list leads its code to
        return []
    return found if isinstance(found, list) else []
