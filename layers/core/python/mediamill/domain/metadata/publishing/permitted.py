"""What of a record may be published in the manifest, which readers of results can all see."""

from __future__ import annotations

from collections.abc import Mapping

from mediamill.domain.metadata.publishing import allowed
from mediamill.domain.privacy import Privacy
from mediamill.domain.wire import JSON

Names = frozenset[str]

# Blocks whose fields the file's author names; those of the other blocks are ours, and of no place.
_OPEN: Mapping[str, Names] = {
    "exif": allowed.EXIF,
    "iptc": allowed.IPTC,
    "xmp": allowed.XMP,
    "tags": allowed.TAGS,
}
_PLACES = {"gps"}
_KEYWORDS = {"dc:subject", "Keywords", "XPKeywords", "keywords"}
_MINIMAL: Mapping[str, Names] = {
    **dict.fromkeys(_OPEN, allowed.RIGHTS),
    "image": allowed.MINIMAL_IMAGE,
    "video": allowed.MINIMAL_VIDEO,
    "audio": allowed.MINIMAL_AUDIO,
    "video_tracks": allowed.MINIMAL_VIDEO,
    "audio_tracks": allowed.MINIMAL_AUDIO,
    "subtitles": allowed.MINIMAL_SUBTITLE,
    "chapters": allowed.MINIMAL_CHAPTER,
    "document": allowed.MINIMAL_DOCUMENT | allowed.MINIMAL_PAGE_SIZE,
    "archive": frozenset({"entry_count", "unpacked_bytes", "encrypted"}),
    "problems": frozenset({"code", "message"}),
}
_FACTS = {"format", "width", "height", "orientation", "duration", "bitrate", "sha256", "truncated"}


def permitted(block: str, value: JSON, privacy: Privacy) -> JSON:
    """What `privacy` lets through of one field or block of the manifest; None where nothing is."""
    if privacy is Privacy.KEEP or block in _FACTS:
        return value
    if privacy is Privacy.NO_LOCATION:
        if block in _PLACES:
            return None
        if block == "archive":  # its entries' names are whatever somebody called their files
            return _only(value, _MINIMAL[block])
        return _flat_keywords(_only(value, _OPEN[block])) if block in _OPEN else value
    kept = _only(value, _MINIMAL[block]) if block in _MINIMAL else None
    if block in _OPEN and isinstance(kept, dict):
        kept = {name: text for name, text in kept.items() if _is_text(text)}
    if block == "image" and isinstance(kept, dict) and isinstance(value, dict):
        profile = value.get("icc_profile")
        if profile in allowed.KNOWN_PROFILES:
            kept["icc_profile"] = profile
    return kept or None


def _only(value: JSON, names: Names) -> JSON:
    """The entries of `names`, at every depth."""
    if isinstance(value, dict):
        inside = {name: _only(entry, names) for name, entry in value.items() if name in names}
        return {name: entry for name, entry in inside.items() if not _is_empty(entry)}
    if isinstance(value, list):
        return [kept for entry in value if not _is_empty(kept := _only(entry, names))]
    return value


def _flat_keywords(block: JSON) -> JSON:
    """Without keywords that are paths (`Places|Switzerland|Bern`), as catalogues write them."""
    if not isinstance(block, dict):
        return block
    return {
        name: [word for word in value if "|" not in str(word)]
        if name in _KEYWORDS and isinstance(value, list)
        else value
        for name, value in block.items()
        if not (name in _KEYWORDS and "|" in str(value) and not isinstance(value, list))
    }


def _is_empty(value: JSON) -> bool:
    return value is None or value == {} or value == []


def _is_text(value: JSON) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(entry, str) for entry in value)
    )
