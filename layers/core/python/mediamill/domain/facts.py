"""The typed blocks of the manifest: what is known about a picture, a stream, a document.

Unknown is None here and absent in JSON. Numbers are pixels, seconds, bits per second, hertz.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, TypeAlias

from mediamill.domain.wire import Pattern


@dataclass(frozen=True, slots=True)
class ImageBlock:
    """What is known of a picture beyond its size, as far as it was found.

    `bit_depth` is bits per channel; colours are `#rrggbb` in sRGB; `thumbhash` is the data URL's
    base64 payload as evanw/thumbhash defines it; `phash` is 16 hex digits.
    """

    has_alpha: bool | None = None
    is_animated: bool | None = None
    frame_count: int | None = None
    page_count: int | None = None
    bit_depth: int | None = None
    color_space: str | None = None
    icc_profile: str | None = None
    average_color: str | None = None
    dominant_color: str | None = None
    thumbhash: str | None = None
    thumbhash_url: str | None = None
    phash: str | None = None
    truncated: bool | None = None
    damaged: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts(ImageBlock):
    """What the decoded picture tells: the block, and what stands above it in the manifest.

    `width` and `height` as displayed, after orientation (pixels); `orientation` is EXIF's 1–8 as
    found.
    """

    width: int
    height: int
    format: str
    orientation: int


# A date, or a date and a time, with the offset from UTC only where the file states one.
WHEN = r"^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$"
When: TypeAlias = Annotated[str, Pattern(WHEN)]

# The version of a published document: readers may rely on the major number.
Version: TypeAlias = Annotated[str, Pattern(r"^1\.\d+$")]


@dataclass(frozen=True, slots=True)
class VideoFacts:
    """The first video stream.

    `width` and `height` are as displayed, with rotation and pixel aspect applied; the `coded_`
    pair is what the stream stores. `rotation` is clockwise degrees; `pixel_format` is FFmpeg's
    name where it can be told. `frame_rate` is frames per second, an average where
    `frame_rate_mode` is `variable`; its fraction is exact, as in `24000/1001`. Luminance and light
    levels (SMPTE ST 2086, CTA-861.3) are candela per square metre.
    """

    codec: str | None = None
    profile: str | None = None
    level: str | None = None
    width: int | None = None
    height: int | None = None
    coded_width: int | None = None
    coded_height: int | None = None
    pixel_aspect_ratio: float | None = None
    rotation: int | None = None
    frame_rate: float | None = None
    frame_rate_fraction: str | None = None
    frame_rate_mode: str | None = None
    frame_count: int | None = None
    scan_type: str | None = None
    bitrate: int | None = None
    duration: float | None = None
    pixel_format: str | None = None
    bit_depth: int | None = None
    chroma_subsampling: str | None = None
    hdr_format: str | None = None
    mastering_primaries: str | None = None
    mastering_luminance_min: float | None = None
    mastering_luminance_max: float | None = None
    max_content_light_level: int | None = None
    max_frame_average_light_level: int | None = None
    color_primaries: str | None = None
    color_transfer: str | None = None
    color_matrix: str | None = None
    color_range: str | None = None
    encoder: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class AudioFacts:
    """One audio stream: bits per second, hertz; `channel_layout` names speakers as `L R C LFE`."""

    codec: str | None = None
    profile: str | None = None
    bitrate: int | None = None
    bitrate_mode: str | None = None
    sample_rate: int | None = None
    bit_depth: int | None = None
    channels: int | None = None
    channel_layout: str | None = None
    duration: float | None = None
    lossless: bool | None = None
    encoder: str | None = None
    language: str | None = None
    title: str | None = None
    default: bool | None = None


@dataclass(frozen=True, slots=True)
class SubtitleFacts:
    """One stream of subtitles or captions."""

    codec: str | None = None
    language: str | None = None
    title: str | None = None
    default: bool | None = None
    forced: bool | None = None


@dataclass(frozen=True, slots=True)
class ChapterFacts:
    """Where a chapter begins, in seconds, and what it is called."""

    start: float
    title: str | None = None


class PosterSource(StrEnum):
    """What a poster was made of."""

    FRAME = "frame"
    COVER = "cover"
    WAVEFORM = "waveform"


@dataclass(frozen=True, slots=True)
class PosterFacts:
    """The picture that stands for a video or a sound; `at` is where the frame stands, seconds."""

    source: PosterSource
    at: float | None = None


@dataclass(frozen=True, slots=True)
class StoryboardFacts:
    """The small pictures of a film: each one's size, how they stand on a sheet, and how many.

    `interval` is the least that lies between two of them, in seconds; where each begins stands in
    the storyboard itself.
    """

    width: int
    height: int
    columns: int
    rows: int
    count: int
    interval: float


@dataclass(frozen=True, slots=True)
class TextTrackFacts:
    """One file of subtitles: which of its name it is, and how many texts it has.

    `language` is as the original has it, mostly three letters of ISO 639-2; `forced` is what is
    shown though nobody asked for subtitles.
    """

    number: int
    count: int
    language: str | None = None
    title: str | None = None
    default: bool | None = None
    forced: bool | None = None


class Handling(StrEnum):
    """How a stream came into a file for the web."""

    COPIED = "copied"
    ENCODED = "encoded"


@dataclass(frozen=True, slots=True)
class SilenceFacts:
    """A stretch of silence, seconds from the beginning."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """What listening to a sound told: loudness by EBU R 128 and ITU-R BS.1770.

    `integrated` is LUFS, `range` LU, `true_peak` dBTP. `clipped` says whether samples stand in a
    row at the very top. `web` is how the sound for the web was made.
    """

    integrated: float | None = None
    range: float | None = None
    true_peak: float | None = None
    clipped: bool | None = None
    silences: tuple[SilenceFacts, ...] = ()
    web: Handling | None = None


@dataclass(frozen=True, slots=True)
class GpsFacts:
    """Where and when: signed decimal degrees, metres above the sea, UTC, degrees from north."""

    latitude: float
    longitude: float
    altitude: float | None = None
    time: When | None = None
    direction: float | None = None


class CaptureSource(StrEnum):
    """Where a date of capture stands."""

    EXIF = "exif"
    XMP = "xmp"
    IPTC = "iptc"
    QUICKTIME = "quicktime"  # Apple's key, in the camera's own time
    CONTAINER = "container"  # the clock of the movie header, or a tag of the container
    GPS = "gps"


class CaptureZone(StrEnum):
    """What is known of a date's zone: an offset in the file, a clock that is UTC, or nothing."""

    STATED = "stated"
    UTC = "utc"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """Where `captured_at` was found, and what its zone is."""

    source: CaptureSource
    zone: CaptureZone


@dataclass(frozen=True, slots=True)
class ArchiveEntry:
    """One file in an archive: its name there, and its size in bytes once it is unpacked."""

    name: str
    bytes: int | None = None


@dataclass(frozen=True, slots=True)
class ArchiveFacts:
    """What an archive's own directory says: all entries are counted, the first of them listed."""

    entry_count: int | None = None
    unpacked_bytes: int | None = None
    encrypted: bool | None = None
    entries: tuple[ArchiveEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, or could not be known: a stable code, and a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class PageSize:
    """Consecutive pages of one size, from page `first` to `last`, counted from 1.

    `width` and `height` are points (1/72 inch) as displayed, after `rotation` (clockwise degrees).
    """

    width: float
    height: float
    rotation: int = 0
    first: int = 1
    last: int = 1


@dataclass(frozen=True, slots=True)
class FontFacts:
    """A font that the document names: without the subset's prefix; `type` is the format's word."""

    name: str
    type: str | None = None
    embedded: bool | None = None


@dataclass(frozen=True, slots=True)
class DocumentFacts:
    """What a PDF, an Office file or a book says about itself, without being laid out.

    Counts of words, pages, slides and sheets are as the file states them. `permissions` names
    what an encrypted PDF allows; `pdfa` and `pdfua` are claims, not checks.
    """

    page_count: int | None = None
    page_size: PageSize | None = None
    page_sizes: tuple[PageSize, ...] = ()
    title: str | None = None
    author: str | None = None
    authors: tuple[str, ...] = ()
    subject: str | None = None
    keywords: tuple[str, ...] = ()
    description: str | None = None
    language: str | None = None
    charset: str | None = None
    publisher: str | None = None
    identifier: str | None = None
    company: str | None = None
    last_modified_by: str | None = None
    revision: int | None = None
    creator: str | None = None
    creator_version: str | None = None
    producer: str | None = None
    created_at: When | None = None
    modified_at: When | None = None
    version: str | None = None
    encrypted: bool | None = None
    password_required: bool | None = None
    permissions: tuple[str, ...] = ()
    linearized: bool | None = None
    tagged: bool | None = None
    pdfa: str | None = None
    pdfua: str | None = None
    has_forms: bool | None = None
    has_xfa: bool | None = None
    signature_count: int | None = None
    has_javascript: bool | None = None
    has_macros: bool | None = None
    has_text_layer: bool | None = None
    attachments: tuple[str, ...] = ()
    fonts: tuple[FontFacts, ...] = ()
    fonts_embedded: bool | None = None
    word_count: int | None = None
    character_count: int | None = None
    paragraph_count: int | None = None
    slide_count: int | None = None
    sheet_count: int | None = None
    template: str | None = None
