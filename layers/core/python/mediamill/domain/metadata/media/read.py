"""Video and audio by MediaInfo: containers, streams, chapters and tags from a few headers.

MediaInfo is native code: it runs in a child, and sees the file through a `GuardedFile` alone. At
parse speed 0 it reads headers and indexes, never the streams.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mediamill.domain.facts import (
    AudioFacts,
    ChapterFacts,
    GpsFacts,
    SubtitleFacts,
    VideoFacts,
)
from mediamill.domain.metadata.media import codecs
from mediamill.domain.metadata.media.mediainfo import Crashed, mediainfo
from mediamill.domain.metadata.media.movie import MovieFacts, read_movie
from mediamill.domain.metadata.reading import when
from mediamill.domain.metadata.reading.guard import MIB, GuardedFile, OutOfBounds
from mediamill.domain.metadata.reading.text import clean, tidy
from mediamill.domain.metadata.reading.window import SeekableFile, Window
from mediamill.domain.wire import JSON

# Indexes of hours of video are a few megabytes; what wants more is not read for its headers.
MOST_READ = 32 * MIB
MOST_SECONDS = 10.0
MOST_TRACKS = 64
MOST_CHAPTERS = 500

# MediaInfo's name of a tag: ours.
_TAGS = {
    "Title": "title",
    "Movie": "title",
    "Track": "title",
    "Performer": "artist",
    "Album": "album",
    "Album_Performer": "album_artist",
    "Track_Position": "track",
    "Track_Position_Total": "track_total",
    "Part_Position": "disc",
    "Part_Position_Total": "disc_total",
    "Part": "disc",
    "Genre": "genre",
    "Composer": "composer",
    "Director": "director",
    "Publisher": "publisher",
    "Copyright": "copyright",
    "Description": "description",
    "Comment": "comment",
    "Keywords": "keywords",
    "Lyrics": "lyrics",
    "BPM": "bpm",
    "ISRC": "isrc",
    "Season": "season",
    "Encoded_Library": "encoder",
    "Encoded_Application": "encoder",
    "com_apple_quicktime_make": "make",
    "com_apple_quicktime_model": "model",
    "com_apple_quicktime_software": "software",
    "Encoded_Hardware_CompanyName": "make",
    "Encoded_Hardware_Model": "model",
    "Encoded_Hardware_Name": "model",
}
_OURS = frozenset(_TAGS.values())
_NUMBERS = {"track", "track_total", "disc", "disc_total", "bpm", "season"}

_PLACES = (
    "com_apple_quicktime_location_ISO6709",
    "Recorded_Location",
    "xyz",
    "LOCATION",
    "Location",
)
_CREATED = ("com_apple_quicktime_creationdate", "creationdate", "DATE_DIGITIZED")

Track = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """All that the container says; `tracks` is MediaInfo's own account, tidied."""

    format: str | None = None
    duration: float | None = None
    bitrate: int | None = None
    video: tuple[VideoFacts, ...] = ()
    audio: tuple[AudioFacts, ...] = ()
    subtitles: tuple[SubtitleFacts, ...] = ()
    chapters: tuple[ChapterFacts, ...] = ()
    tags: dict[str, JSON] = field(default_factory=dict)
    gps: GpsFacts | None = None
    tracks: tuple[JSON, ...] = ()
    cut_short: bool = False
    timed_out: bool = False
    truncated: bool = False


def read_media(file: SeekableFile) -> MediaFacts:
    """Describe whatever audio or video `file` holds; an empty MediaFacts where there is none.

    Raises what the file raises.
    """
    guarded = GuardedFile(file, most=MOST_READ, quiet=True)
    try:
        answer = json.loads(mediainfo(guarded, MOST_SECONDS), strict=False)
    except (OutOfBounds, Crashed, ValueError) as error:
        guarded.reraise()
        return _without_parser(guarded, timed_out=isinstance(error, OutOfBounds))
    guarded.reraise()
    media = answer.get("media") or {}
    tracks = [track for track in media.get("track", []) if isinstance(track, dict)][:MOST_TRACKS]
    general = next((track for track in tracks if track.get("@type") == "General"), {})
    if "Format" not in general:
        return MediaFacts(cut_short=guarded.spent)
    extra = _extra(general)
    movie = _movie(guarded, general)
    by_type = {
        kind: [track for track in tracks if track.get("@type") == kind]
        for kind in ("Video", "Audio", "Text", "Menu")
    }
    places = [source[name] for source in (general, extra) for name in _PLACES if name in source]
    return MediaFacts(
        format=codecs.container(general, bool(by_type["Video"])),
        duration=_duration(general)
        or _longest(by_type["Video"] + by_type["Audio"])
        or (movie.duration and round(movie.duration, 3)),
        bitrate=_whole(general.get("OverallBitRate")),
        video=tuple(_video(track) for track in by_type["Video"]),
        audio=tuple(_with_channels([_audio(track) for track in by_type["Audio"]], movie)),
        subtitles=tuple(_subtitle(track) for track in by_type["Text"]),
        chapters=_chapters(by_type["Menu"]),
        tags=_tags(general, extra, movie),
        gps=next(filter(None, (parse_place(str(place)) for place in places)), None),
        tracks=tuple(tidy(track) for track in tracks),
        cut_short=guarded.spent,
        truncated=general.get("IsTruncated") == "Yes",
    )


def _without_parser(file: GuardedFile, *, timed_out: bool) -> MediaFacts:
    """What the boxes of an MP4 say where MediaInfo does not come back."""
    movie = read_movie(Window(file, 0, file.seek(0, 2))) or MovieFacts()
    file.reraise()
    return MediaFacts(
        duration=movie.duration and round(movie.duration, 3),
        tags={"created_at": movie.created_at} if movie.created_at else {},
        cut_short=file.spent,
        timed_out=timed_out,
    )


def parse_place(text: str) -> GpsFacts | None:
    """ISO 6709 as QuickTime writes it (`+12.3456-098.7654+010.500/`) as signed degrees."""
    match = re.match(r"([+-]\d{2,}(?:\.\d+)?)([+-]\d{3,}(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?", text)
    if match is None:
        return None
    latitude, longitude = _degrees(match[1], 2), _degrees(match[2], 3)
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    altitude = float(match[3]) if match[3] else None
    return GpsFacts(latitude=latitude, longitude=longitude, altitude=altitude)


def _degrees(text: str, digits: int) -> float:
    """`+DD.d`, `+DDMM.m` or `+DDMMSS.s` with `digits` digits of degrees."""
    sign = -1 if text[0] == "-" else 1
    whole, _, fraction = text[1:].partition(".")
    parts = [whole[:digits], whole[digits : digits + 2], whole[digits + 2 :]]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    parts[-1] += f".{fraction or 0}"
    return sign * round(sum(float(part) / (1, 60, 3600)[at] for at, part in enumerate(parts)), 7)


def _video(track: Track) -> VideoFacts:
    width, height = _whole(track.get("Width")), _whole(track.get("Height"))
    aspect = _number(track.get("PixelAspectRatio")) or 1.0
    rotation = round(_number(track.get("Rotation")) or 0) % 360
    shown = (round(width * aspect) if width else None, height)
    if rotation in (90, 270):
        shown = (shown[1], shown[0])
    # VP8 has no other (RFC 6386, 2), and MediaInfo does not say so.
    depth = _whole(track.get("BitDepth")) or (8 if track.get("Format") == "VP8" else None)
    subsampling = track.get("ChromaSubsampling") or (
        "4:2:0" if track.get("Format") == "VP8" else None
    )
    return VideoFacts(
        codec=codecs.video(track),
        profile=clean(track.get("Format_Profile"), 100),
        level=clean(track.get("Format_Level"), 100),
        width=shown[0],
        height=shown[1],
        coded_width=width,
        coded_height=height,
        pixel_aspect_ratio=aspect if aspect != 1 else None,
        rotation=rotation,
        frame_rate=_number(track.get("FrameRate")),
        frame_rate_mode={"CFR": "constant", "VFR": "variable"}.get(
            track.get("FrameRate_Mode_Original") or track.get("FrameRate_Mode") or ""
        ),
        frame_count=_whole(track.get("FrameCount")),
        scan_type=_lower(track.get("ScanType")),
        bitrate=_whole(track.get("BitRate") or track.get("BitRate_Nominal")),
        duration=_duration(track),
        pixel_format=codecs.pixel_format(track.get("ColorSpace", "YUV"), subsampling, depth),
        bit_depth=depth,
        chroma_subsampling=clean(subsampling, 20),
        hdr_format=codecs.hdr(track),
        color_primaries=clean(track.get("colour_primaries"), 100),
        color_transfer=clean(track.get("transfer_characteristics"), 100),
        color_matrix=clean(track.get("matrix_coefficients"), 100),
        color_range=_lower(track.get("colour_range")),
        encoder=clean(track.get("Encoded_Library"), 200),
        language=clean(track.get("Language"), 40),
    )


def _audio(track: Track) -> AudioFacts:
    compression = track.get("Compression_Mode")
    return AudioFacts(
        codec=codecs.audio(track),
        profile=clean(track.get("Format_AdditionalFeatures") or track.get("Format_Profile"), 100),
        bitrate=_whole(track.get("BitRate") or track.get("BitRate_Nominal")),
        bitrate_mode={"CBR": "constant", "VBR": "variable"}.get(track.get("BitRate_Mode") or ""),
        sample_rate=_whole(track.get("SamplingRate")),
        bit_depth=_whole(track.get("BitDepth")),
        channels=_whole(track.get("Channels")),
        channel_layout=clean(track.get("ChannelLayout"), 100),
        duration=_duration(track),
        lossless=None if compression is None else compression == "Lossless",
        encoder=clean(track.get("Encoded_Library"), 200),
        language=clean(track.get("Language"), 40),
        title=clean(track.get("Title"), 200),
        default=_flag(track.get("Default")),
    )


def _subtitle(track: Track) -> SubtitleFacts:
    return SubtitleFacts(
        codec=_lower(track.get("Format")),
        language=clean(track.get("Language"), 40),
        title=clean(track.get("Title"), 200),
        default=_flag(track.get("Default")),
        forced=_flag(track.get("Forced")),
    )


def _chapters(menus: Sequence[Track]) -> tuple[ChapterFacts, ...]:
    """MediaInfo keeps chapters as `_00_01_02_345: "en:Title"` beside a menu's other facts."""
    found: list[ChapterFacts] = []
    for menu in menus[:1]:
        for name, value in _extra(menu).items():
            match = re.fullmatch(r"_(\d{2,4})_(\d{2})_(\d{2})_?(\d{3})", name)
            if match and len(found) < MOST_CHAPTERS:
                hours, minutes, seconds, millis = map(int, match.groups())
                start = hours * 3600 + minutes * 60 + seconds + millis / 1000
                title = re.sub(r"^[a-z]{0,3}:(?=.)", "", str(value))
                found.append(ChapterFacts(start=start, title=clean(title, 200)))
    return tuple(sorted(found, key=lambda chapter: chapter.start))


def _movie(file: GuardedFile, general: Track) -> MovieFacts:
    """The boxes' own facts of MP4 and QuickTime; nothing for anything else."""
    if general.get("Format") != "MPEG-4":
        return MovieFacts()
    found = read_movie(Window(file, 0, file.seek(0, 2)))
    file.reraise()
    return found or MovieFacts()


def _with_channels(tracks: list[AudioFacts], movie: MovieFacts) -> Iterator[AudioFacts]:
    """The tracks, with the sample description's channels where MediaInfo found none."""
    for index, track in enumerate(tracks):
        stated = movie.channels[index] if len(movie.channels) == len(tracks) else None
        yield replace(track, channels=stated) if track.channels is None else track


def _tags(general: Track, extra: Track, movie: MovieFacts) -> dict[str, JSON]:
    tags: dict[str, JSON] = {}
    known = [
        (ours, source.get(theirs)) for source in (general, extra) for theirs, ours in _TAGS.items()
    ]
    # Matroska's own names, where MediaInfo leaves them as they are.
    known += [(name.lower(), value) for name, value in extra.items() if name.lower() in _OURS]
    for ours, stated in known:
        value = clean(stated)
        if value and ours not in tags:
            number = re.match(r"\d+", value) if ours in _NUMBERS else None
            tags[ours] = int(number[0][:9]) if number else value
    dates = [general.get("Recorded_Date"), general.get("Released_Date"), extra.get("DATE")]
    if recorded := next(filter(None, map(when.iso, dates)), None):
        tags["date"] = recorded
    clocks = [extra.get(name) for name in _CREATED] + [general.get("Encoded_Date")]
    for created in filter(None, [*map(when.iso, clocks), movie.created_at]):
        if not when.is_unset(created):
            tags["created_at"] = created
            break
    if general.get("Cover") == "Yes" or general.get("Cover_Type"):
        tags["cover_art"] = True
    return tags


def _extra(track: Track) -> Track:
    extra = track.get("extra")
    return extra if isinstance(extra, dict) else {}


def _longest(tracks: Sequence[Track]) -> float | None:
    return max(filter(None, map(_duration, tracks)), default=None)


def _duration(track: Track) -> float | None:
    return _number(track.get("Duration"))


def _number(value: object) -> float | None:
    match = re.match(r"-?\d+(\.\d+)?", value) if isinstance(value, str) else None
    return float(match[0]) if match else None


def _whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None or abs(number) >= 2**53 else round(number)


def _lower(value: object) -> str | None:
    text = clean(value, 60)
    return text.lower() if text else None


def _flag(value: object) -> bool | None:
    return {"Yes": True, "No": False}.get(str(value))
