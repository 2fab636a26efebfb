"""Describe any original: a true record for every file, however broken it is."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import IO, Any

from mediamill.domain.kind import Kind
from mediamill.domain.metadata import extension
from mediamill.domain.metadata.record import SCHEMA_VERSION, MetadataRecord, Problem, StoredFacts
from mediamill.domain.metadata.text import clean

# The pieces in which a file is read whole for its digest.
CHUNK = 4 * 1024 * 1024


@dataclass(slots=True)
class Findings:
    """What the readers found so far: fields of the record, and what went wrong."""

    facts: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def problem(self, code: str, message: str) -> None:
        """Note what could not be known, once per code."""
        if all(code != known.code for known in self.problems):
            self.problems.append(Problem(code, message))


def describe(
    file: IO[bytes],
    *,
    key: str,
    size: int,
    kind: Kind,
    content_type: str,
    stored: StoredFacts | None = None,
    digest: bool = False,
) -> MetadataRecord:
    """All that `file` says about itself, from as few of its bytes as that takes.

    `key` is only looked at for its extension; `size` is bytes; `content_type` is what the content
    was found to be. With `digest` the file is read whole, for its SHA-256. What a broken file
    cannot tell is absent and named in `problems`. Raises only what reading `file` raises.
    """
    found = Findings()
    if size == 0:
        found.problem("empty", "The file has no bytes.")
    else:
        _read(file, kind, content_type, found)
    facts = found.facts
    if digest:
        facts["sha256"] = _sha256(file)
    return MetadataRecord(
        schema_version=SCHEMA_VERSION,
        key=key,
        bytes=size,
        kind=kind,
        content_type=clean(content_type, 200) or "application/octet-stream",
        extension=extension.claim(key, content_type),
        stored=stored,
        problems=tuple(found.problems),
        **facts,
    )


def _read(file: IO[bytes], kind: Kind, content_type: str, found: Findings) -> None:
    family = content_type.partition("/")[0]
    if kind in (Kind.VIDEO, Kind.AUDIO) or family in ("video", "audio"):
        _media(file, found)


def _media(file: IO[bytes], found: Findings) -> None:
    from mediamill.domain.metadata.media import read_media

    media = read_media(file)
    found.facts.update(
        format=media.format,
        duration=media.duration,
        bitrate=media.bitrate,
        video=media.video[0] if media.video else None,
        audio=media.audio[0] if media.audio else None,
        video_tracks=media.video,
        audio_tracks=media.audio,
        subtitles=media.subtitles,
        chapters=media.chapters,
        tags=media.tags,
        gps=media.gps,
        captured_at=media.tags.get("created_at"),
    )
    if media.tracks:
        found.facts["raw"] = {"mediainfo": list(media.tracks)}
    if media.video:
        found.facts.update(width=media.video[0].width, height=media.video[0].height)
    if media.cut_short:
        found.problem("read_limit", "The index is too long to be read for a description.")
    if not media.tracks:
        found.problem("broken_media", "No audio or video can be found in the file.")
    elif media.truncated or len(media.tracks) == 1:
        found.problem("truncated", "The file ends before the streams that it announces.")


def _sha256(file: IO[bytes]) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
