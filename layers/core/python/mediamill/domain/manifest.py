"""The manifest: the one document about an asset, as a reader of the results bucket gets it.

The published JSON Schema is generated from these classes; `wire.to_json` writes them. A field
without a default is always there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from mediamill.domain.derivative import Derivative
from mediamill.domain.facts import (
    ArchiveFacts,
    AudioFacts,
    CaptureFacts,
    ChapterFacts,
    DocumentFacts,
    GpsFacts,
    ImageBlock,
    PosterFacts,
    Problem,
    SoundFacts,
    StoryboardFacts,
    SubtitleFacts,
    TextTrackFacts,
    Version,
    VideoFacts,
    When,
)
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill.domain.wire import JSON

# Readers may rely on the major number: a minor one only ever adds fields.
SCHEMA_VERSION = "1.2"


StepError = Problem
"""Why a step failed."""


@dataclass(frozen=True, slots=True)
class StepReport:
    """How one worker's part ended, and the wall clock that it took."""

    status: StepStatus
    duration_ms: int | None = None
    error: StepError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice(Problem):
    """What a reader should know of a step that was done."""

    step: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything that was made of one asset, and everything that is published about it.

    `width` and `height` are pixels as displayed, `duration` seconds, `bitrate` bits per second,
    `bytes` the original's size, `sha256` lower-case hex. `video` and `audio` are the first streams;
    all of them stand in `video_tracks` and `audio_tracks` where there is more than one.
    `facts_truncated` names the blocks that were too long for a manifest: the metadata derivative
    has them whole.
    """

    schema_version: Version
    asset_id: str
    key: str
    status: Status
    kind: Kind
    content_type: str
    bytes: int
    created_at: datetime
    completed_at: datetime
    derivatives: tuple[Derivative, ...]
    steps: dict[str, StepReport]
    warnings: tuple[Notice, ...] = ()
    srcset: dict[str, str] = field(default_factory=dict)
    format: str | None = None
    sha256: str | None = None
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
    poster: PosterFacts | None = None
    storyboard: StoryboardFacts | None = None
    text_tracks: tuple[TextTrackFacts, ...] = ()
    sound: SoundFacts | None = None
    document: DocumentFacts | None = None
    archive: ArchiveFacts | None = None
    exif: dict[str, JSON] = field(default_factory=dict)
    iptc: dict[str, JSON] = field(default_factory=dict)
    xmp: dict[str, JSON] = field(default_factory=dict)
    gps: GpsFacts | None = None
    tags: dict[str, JSON] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    facts_truncated: tuple[str, ...] = ()
