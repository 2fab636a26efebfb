"""Describe any original: a true record for every file, however broken it is."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from mediamill.domain.facts import CaptureSource, Problem
from mediamill.domain.kind import Kind
from mediamill.domain.metadata import extension
from mediamill.domain.metadata.captured import XMP_DATES, captured
from mediamill.domain.metadata.reading.guard import MIB, GuardedFile, OutOfBounds, OutOfTime, within
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import SeekableFile
from mediamill.domain.metadata.record import SCHEMA_VERSION, MetadataRecord
from mediamill.domain.signatures import MEDIA_TYPES, format_of
from mediamill.domain.stored import StoredFacts

# The pieces in which a file is read whole for its digest.
CHUNK = 4 * 1024 * 1024

# Above every reader's own bound.
MOST_READ = 256 * MIB
# For a picture's header, whatever it counts to; the other readers have bounds of their own.
MOST_SECONDS = 10.0

# Formats of pictures whose media type does not say so.
_UNREAD = {"eps", "dicom"}

_NOT_READ = "The format is known, and its header is not read."

_logger = logging.getLogger(__name__)


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
    file: SeekableFile,
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
        guarded = GuardedFile(file, most=MOST_READ)
        try:
            _read(guarded, size, kind, content_type, found)
        except Exception:
            # The file's own errors may pass with another try; a reader's never will.
            guarded.reraise()
            _logger.exception("A reader failed on %s", content_type)
            found.problem("broken_file", "The file is damaged in a way that no reader expects.")
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


def _read(file: SeekableFile, size: int, kind: Kind, content_type: str, found: Findings) -> None:
    family = content_type.partition("/")[0]
    if kind in (Kind.VIDEO, Kind.AUDIO) or family in ("video", "audio"):
        _media(file, found)
    elif kind is Kind.IMAGE or family == "image":
        _picture(file, size, content_type, found)
    elif content_type == "application/pdf":
        _pdf(file, found)
    else:
        _office(file, size, kind, content_type, found)


def _picture(file: SeekableFile, size: int, content_type: str, found: Findings) -> None:
    from mediamill.domain.metadata.pictures.read import read_picture

    try:
        picture = within(MOST_SECONDS, lambda: read_picture(file, size))
    except OutOfTime:
        found.problem("timed_out", "The header takes too long to be read for a description.")
        return
    except OutOfBounds:
        found.problem("read_limit", "The metadata is too far apart to be read for a description.")
        return
    if picture is None and content_type in MEDIA_TYPES.values():
        found.problem("broken_image", "The file begins like no picture format that is known.")
        return
    if picture is None or picture.unread:
        found.facts["format"] = picture.format if picture else None
        found.problem("unsupported", _NOT_READ)
        return
    found.facts.update(
        format=picture.format,
        width=picture.width,
        height=picture.height,
        orientation=picture.orientation,
        image=picture.image,
        exif=picture.exif,
        exif_text=picture.exif_text,
        iptc=picture.iptc,
        xmp=picture.xmp,
        gps=picture.gps,
        tags=picture.tags,
    )
    _captured(found, picture.dates)
    if picture.truncated:
        found.problem("truncated", "The file ends before it should.")
    elif not (picture.width and picture.height):
        found.problem("broken_image", "The header does not say how large the picture is.")
    if picture.cut_short:
        found.problem("read_limit", "Metadata behind the pixels was not looked for.")


def _captured(found: Findings, candidates: Iterable[tuple[CaptureSource, object]]) -> None:
    if taken := captured(candidates):
        found.facts["captured_at"], found.facts["captured_from"] = taken


def _media(file: SeekableFile, found: Findings) -> None:
    from mediamill.domain.metadata.media.read import read_media

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
        xmp=media.xmp,
    )
    xmp_dates = [(CaptureSource.XMP, media.xmp.get(name)) for name in XMP_DATES]
    _captured(found, [*media.created, *xmp_dates])
    if media.tracks:
        found.facts["raw"] = {"mediainfo": list(media.tracks)}
    if media.video:
        found.facts.update(width=media.video[0].width, height=media.video[0].height)
    if media.cut_short:
        found.problem("read_limit", "The index is too long to be read for a description.")
    elif media.timed_out:
        found.problem("timed_out", "The index takes too long to be read for a description.")
    elif not media.tracks:
        found.problem("broken_media", "No audio or video can be found in the file.")
    elif media.truncated or len(media.tracks) == 1:
        found.problem("truncated", "The file ends before the streams that it announces.")


def _pdf(file: SeekableFile, found: Findings) -> None:
    from mediamill.domain.metadata.pdf.read import read_pdf

    pdf = read_pdf(file)
    found.facts.update(format="pdf", document=pdf.facts(), xmp=pdf.xmp)
    if pdf.info:
        found.facts["raw"] = {"pdf_info": pdf.info}
    if pdf.document.get("password_required"):
        found.problem("password_required", "The document opens with a password only.")
    elif pdf.bounded:
        found.problem("read_limit", "The document is too complex to be read for a description.")
    elif pdf.broken:
        found.problem("broken_document", "Parts of the document's structure cannot be read.")


def _office(file: SeekableFile, size: int, kind: Kind, content_type: str, found: Findings) -> None:
    from mediamill.domain.metadata.office.read import read_office

    file.seek(0)
    head = file.read(4_096)
    office = read_office(file, size, content_type)
    if office is None:
        name = format_of(head)
        if name in _UNREAD:
            found.facts["format"] = name
            found.problem("unsupported", _NOT_READ)
        return
    found.facts["format"] = office.format
    found.facts["archive"] = office.archive
    if office.document:
        found.facts["document"] = office.facts()
    # A plain archive owes nobody the parts of an office file.
    if kind is Kind.OFFICE or office.format != "zip":
        for code, message in office.problems:
            found.problem(code, message)


def _sha256(file: SeekableFile) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
