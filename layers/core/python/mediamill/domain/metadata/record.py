"""The metadata record: the whole truth about one original, as `metadata/<key>.json` holds it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mediamill.domain.facts import (
    ArchiveFacts,
    AudioFacts,
    CaptureFacts,
    ChapterFacts,
    DocumentFacts,
    GpsFacts,
    ImageBlock,
    Problem,
    SubtitleFacts,
    Version,
    VideoFacts,
    When,
)
from mediamill.domain.kind import Kind
from mediamill.domain.stored import StoredFacts
from mediamill.domain.wire import JSON

# Readers may rely on the major number: a minor one only ever adds fields.
SCHEMA_VERSION = "1.1"


@dataclass(frozen=True, slots=True)
class ExtensionClaim:
    """What the key's extension says that the file is, and whether its content agrees."""

    extension: str
    content_type: str | None = None
    agrees: bool | None = None


@dataclass(frozen=True, slots=True)
class MetadataRecord:
    """Everything that is known about an original without decoding it; unknown is absent.

    `width` and `height` are pixels as displayed, after `orientation` (EXIF's 1–8); `duration` is
    seconds, `bitrate` bits per second, `sha256` lower-case hex. `exif`, `iptc` and `xmp` hold raw
    values under their standards' names, `exif_text` the same in words where a number is a code.
    `video` and `audio` are the first streams, `video_tracks` and `audio_tracks` all of them.
    `raw` is what the readers of formats said, in their own words.
    """

    schema_version: Version
    key: str
    bytes: int
    kind: Kind
    content_type: str
    extension: ExtensionClaim | None = None
    sha256: str | None = None
    stored: StoredFacts | None = None
    format: str | None = None
    width: int | None = None
    height: int | None = None
    orientation: int | None = None
    duration: float | None = None
    bitrate: int | None = None
    captured_at: When | None = None
    captured_from: CaptureFacts | None = None
    image: ImageBlock | None = None
    video: VideoFacts | None = None
    audio: AudioFacts | None = None
    video_tracks: tuple[VideoFacts, ...] = ()
    audio_tracks: tuple[AudioFacts, ...] = ()
    subtitles: tuple[SubtitleFacts, ...] = ()
    chapters: tuple[ChapterFacts, ...] = ()
    document: DocumentFacts | None = None
    archive: ArchiveFacts | None = None
    exif: dict[str, JSON] = field(default_factory=dict)
    exif_text: dict[str, str] = field(default_factory=dict)
    iptc: dict[str, JSON] = field(default_factory=dict)
    xmp: dict[str, JSON] = field(default_factory=dict)
    gps: GpsFacts | None = None
    tags: dict[str, JSON] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    raw: dict[str, JSON] = field(default_factory=dict)
