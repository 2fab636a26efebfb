"""The manifest's part of a record: permitted, and small enough for a database item."""

from __future__ import annotations

import json

from mediamill.domain.metadata.publishing.permitted import permitted
from mediamill.domain.metadata.record import MetadataRecord
from mediamill.domain.privacy import Privacy
from mediamill.domain.wire import JSON, to_json

# DynamoDB items hold 400 KB; the record has other steps and derivatives to hold too.
MOST_BYTES = 90_000

_FIELDS = ("format", "width", "height", "orientation", "duration", "bitrate", "sha256")
_BLOCKS = (
    *("captured_at", "captured_from", "image", "video", "audio", "video_tracks", "audio_tracks"),
    *("subtitles", "chapters", "document", "archive", "exif", "iptc", "xmp", "gps", "tags"),
    "problems",
)
# Told where it adds something to the first stream's own block.
_TRACKS = ("video_tracks", "audio_tracks")


def publish(record: MetadataRecord, privacy: Privacy) -> dict[str, JSON]:
    """What the manifest says of `record`: its top-level fields and blocks, as `privacy` allows.

    At most about 90 KB of JSON: past that the largest entries of the largest blocks are left out,
    and stay in the metadata record; `facts_truncated` names those blocks.
    """
    whole = to_json(record)
    published: dict[str, JSON] = {name: whole[name] for name in _FIELDS if name in whole}
    for name in _BLOCKS:
        block = whole.get(name)
        if name in _TRACKS and isinstance(block, list) and len(block) < 2:
            continue
        if block is not None and (kept := permitted(name, block, privacy)):
            published[name] = kept
    return _bounded(published)


def _bounded(published: dict[str, JSON]) -> dict[str, JSON]:
    excess = _weight(published) - MOST_BYTES
    cut: set[str] = set()
    while excess > 0:
        # The name of the list of cut blocks has a weight of its own.
        block = max(_BLOCKS, key=lambda name: _weight(published.get(name)))
        excess += 0 if block in cut else len(block) + 40
        cut.add(block)
        excess -= _lighten(published, block, excess)
    if cut:
        published["facts_truncated"] = list[JSON](sorted(cut))
    return published


def _lighten(published: dict[str, JSON], block: str, excess: int) -> int:
    """Leave entries out of a block, the heaviest or the last first; the bytes that this saves."""
    facts, before = published[block], _weight(published[block])
    if isinstance(facts, dict):
        kept = dict(facts)
        saved = 0
        weights = {name: _weight(value) + len(name.encode()) + 6 for name, value in facts.items()}
        for name in sorted(weights, key=lambda name: weights[name], reverse=True):
            if saved >= min(excess, before // 2):
                break
            del kept[name]
            saved += weights[name]
        published[block] = kept
    elif isinstance(facts, list):
        published[block] = facts[: len(facts) // 2]
    if published[block] in ({}, []) or not isinstance(facts, dict | list):
        del published[block]
    return before - _weight(published.get(block))


def _weight(value: JSON) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode()) if value is not None else 0
