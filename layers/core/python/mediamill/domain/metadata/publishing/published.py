"""The manifest's part of a record: permitted, and small enough for a database item."""

from __future__ import annotations

import json
from collections.abc import Mapping

from mediamill.domain.metadata.publishing.permitted import permitted
from mediamill.domain.metadata.record import MetadataRecord
from mediamill.domain.privacy import Privacy
from mediamill.domain.wire import JSON, to_json

# DynamoDB items hold 400 KB; the record has other steps and derivatives to hold too.
MOST_BYTES = 60_000

_FIELDS = ("format", "width", "height", "orientation", "duration", "bitrate", "sha256")
_BLOCKS = ("image", "video", "audio", "document", "exif", "iptc", "xmp", "gps", "tags")
# The blocks whose names and values the file's author chose, and so their number and length.
_OPEN = ("xmp", "iptc", "exif", "tags", "document")


def publish(record: MetadataRecord, privacy: Privacy) -> dict[str, JSON]:
    """What the manifest says of `record`: its top-level fields and blocks, as `privacy` allows.

    At most about 60 KB of JSON: past that the largest entries of the open blocks are left out,
    and stay in the metadata record.
    """
    whole = to_json(record)
    published: dict[str, JSON] = {name: whole[name] for name in _FIELDS if name in whole}
    for name in _BLOCKS:
        block = whole.get(name)
        if isinstance(block, dict) and (kept := permitted(name, block, privacy)):
            published[name] = kept
    return _bounded(published)


def _bounded(published: dict[str, JSON]) -> dict[str, JSON]:
    excess = _weight(published) - MOST_BYTES
    if excess <= 0:
        return published
    entries = [
        (_weight(value), block, name)
        for block in _OPEN
        if isinstance(facts := published.get(block), Mapping)
        for name, value in facts.items()
    ]
    for weight, block, name in sorted(entries, reverse=True):
        facts = published[block]
        assert isinstance(facts, dict)
        del facts[name]
        if not facts:
            del published[block]
        excess -= weight
        if excess <= 0:
            break
    return published


def _weight(value: JSON) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())
