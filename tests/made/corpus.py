"""The files beside the project that tests describe, where they are there."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path

from mediamill.domain.kind import Kind
from mediamill.domain.metadata import MetadataRecord, describe

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"

# What the system's tables may not know, or name differently from one machine to the next.
_TYPES = {
    ".avif": "image/avif",
    ".heic": "image/heic",
    ".webp": "image/webp",
    ".jp2": "image/jp2",
    ".flac": "audio/flac",
    ".m4a": "audio/mp4",
    ".mkv": "video/x-matroska",
    ".ogg": "audio/ogg",
    ".webm": "video/webm",
    ".epub": "application/epub+zip",
}
_AUDIO = {".mp3", ".m4a", ".flac", ".ogg", ".wav"}


@dataclass(frozen=True)
class Original:
    """A file of the corpus and what its content is."""

    path: Path
    kind: Kind
    content_type: str


def originals() -> list[Original]:
    """Every file of the corpus; none where it is not there."""
    found = []
    for path in sorted(CORPUS.glob("*/*")):
        suffix = path.suffix.lower()
        content_type = _TYPES.get(suffix) or mimetypes.guess_type(path.name)[0]
        kind = {
            "images": Kind.IMAGE,
            "av": Kind.AUDIO if suffix in _AUDIO else Kind.VIDEO,
            "documents": Kind.DOCUMENT if suffix == ".pdf" else Kind.OFFICE,
        }[path.parent.name]
        found.append(Original(path, kind, content_type or "application/octet-stream"))
    return found


def described(original: Original) -> MetadataRecord:
    """The record of one file."""
    with original.path.open("rb") as file:
        return describe(
            file,
            key=original.path.name,
            size=original.path.stat().st_size,
            kind=original.kind,
            content_type=original.content_type,
        )
