"""What of a record may be published in the manifest, which readers of results can all see."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mediamill.domain.privacy import Privacy
from mediamill.domain.wire import JSON

# Names of EXIF, IPTC-IIM, XMP and container tags that say where something was made or shown.
_PLACE = re.compile(
    r"gps|geo|latitude|longitude|location|iso6709|\bxyz\b|city|state\b|province|country"
    r"|sub-?location|map_?datum|WorldRegion",
    re.IGNORECASE,
)

# Minimal keeps facts of the format, and the notice that a rights holder wants to be seen.
_RIGHTS = {"Copyright", "CopyrightNotice", "dc:rights", "xmpRights:UsageTerms", "copyright"}
_DOCUMENT = {
    "page_count",
    "page_size",
    "page_sizes",
    "version",
    "encrypted",
    "password_required",
    "tagged",
    "pdfa",
    "pdfua",
    "has_forms",
    "has_javascript",
    "has_macros",
    "has_text_layer",
    "word_count",
    "slide_count",
    "sheet_count",
}
_STREAM_NAMES = {"title", "encoder"}


def permitted(block: str, facts: Mapping[str, JSON], privacy: Privacy) -> dict[str, JSON]:
    """The part of one block of the manifest that `privacy` lets through."""
    match privacy:
        case Privacy.KEEP:
            return dict(facts)
        case Privacy.NO_LOCATION:
            return {} if block == "gps" else _without_places(facts)
        case Privacy.MINIMAL if block in ("exif", "iptc", "xmp", "tags"):
            return {name: value for name, value in facts.items() if name in _RIGHTS}
        case Privacy.MINIMAL if block == "document":
            return {name: value for name, value in facts.items() if name in _DOCUMENT}
        case Privacy.MINIMAL if block in ("video", "audio"):
            return {name: value for name, value in facts.items() if name not in _STREAM_NAMES}
        case Privacy.MINIMAL if block == "image":
            return dict(facts)
        case _:
            return {}


def _without_places(facts: Mapping[str, JSON]) -> dict[str, JSON]:
    return {
        name: _without_places(value) if isinstance(value, dict) else value
        for name, value in facts.items()
        if not _PLACE.search(name)
    }
