"""Video and audio: containers, streams, chapters and tags from a few headers.

MediaInfo is native code: it runs in a child, and sees the file through a `GuardedFile` alone. At
parse speed 0 it reads headers and indexes, never the streams. What it leaves out, takes for
something else or reads at length has a reader of its own beside it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from mediamill.domain.facts import (
    AudioFacts,
    CaptureSource,
    ChapterFacts,
    GpsFacts,
    SubtitleFacts,
    VideoFacts,
)
from mediamill.domain.metadata.blocks.xmp import read_xmp
from mediamill.domain.metadata.media import codecs, matroska, ogg, riff
from mediamill.domain.metadata.media.covers import covers
from mediamill.domain.metadata.media.id3 import Id3, read_id3
from mediamill.domain.metadata.media.mediainfo import Crashed, mediainfo
from mediamill.domain.metadata.media.movie import MovieFacts, read_movie
from mediamill.domain.metadata.media.plain_sound import ADTS, SoundFacts, read_plain
from mediamill.domain.metadata.media.streams import (
    Track,
    audio_of,
    chapters_of,
    duration_of,
    frame_rate_of,
    longest,
    subtitle_of,
    video_of,
    whole,
)
from mediamill.domain.metadata.media.tags import created_of, places_of, tags_of
from mediamill.domain.metadata.media.transport import StreamTimes, read_times
from mediamill.domain.metadata.media.view import View
from mediamill.domain.metadata.reading.guard import MIB, GuardedFile, OutOfBounds
from mediamill.domain.metadata.reading.text import tidy
from mediamill.domain.metadata.reading.window import SeekableFile, Window
from mediamill.domain.wire import JSON

# Indexes of hours of video are a few megabytes; what wants more is not read for its headers.
MOST_READ = 32 * MIB
MOST_SECONDS = 10.0
MOST_TRACKS = 64

# Containers whose general duration is reckoned from bytes and rates, and their streams' is not.
_RECKONED = {"MPEG-TS", "BDAV"}
# Whose own headers or frames tell the time better.
_PLAIN = {"MPEG Audio", "ADTS", "AU", "CAF"}
_RIFF = {"Wave", "AVI", "Wave64"}


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """All that the container says; `tracks` is MediaInfo's own account, tidied.

    `created` are the dates of its recording by where they stand, the most exact first.
    """

    format: str | None = None
    duration: float | None = None
    bitrate: int | None = None
    video: tuple[VideoFacts, ...] = ()
    audio: tuple[AudioFacts, ...] = ()
    subtitles: tuple[SubtitleFacts, ...] = ()
    chapters: tuple[ChapterFacts, ...] = ()
    tags: dict[str, JSON] = field(default_factory=dict)
    xmp: dict[str, JSON] = field(default_factory=dict)
    gps: GpsFacts | None = None
    created: tuple[tuple[CaptureSource, str], ...] = ()
    tracks: tuple[JSON, ...] = ()
    cut_short: bool = False
    timed_out: bool = False
    truncated: bool = False


def read_media(file: SeekableFile) -> MediaFacts:
    """Describe whatever audio or video `file` holds; an empty MediaFacts where there is none.

    Raises what the file raises.
    """
    guarded = GuardedFile(file, most=MOST_READ, quiet=True)
    window = Window(guarded, 0, guarded.seek(0, 2))
    id3 = read_id3(window)
    hidden = covers(window)
    try:
        seen = View(guarded, id3.start, _end(window, id3), hidden)
        answer = json.loads(mediainfo(seen, MOST_SECONDS), strict=False)
    except (OutOfBounds, Crashed, ValueError) as error:
        guarded.reraise()
        return _without_parser(guarded, window, timed_out=isinstance(error, OutOfBounds))
    guarded.reraise()
    media = answer.get("media") or {}
    tracks = [track for track in media.get("track", []) if isinstance(track, dict)][:MOST_TRACKS]
    general = next((track for track in tracks if track.get("@type") == "General"), {})
    if "Format" not in general:
        return MediaFacts(tags=id3.tags, cut_short=guarded.spent)
    facts = _facts(window, general, tracks, id3)
    guarded.reraise()
    if hidden:
        facts.tags["cover_art"] = True
    return replace(
        facts,
        tracks=tuple(tidy(track) for track in tracks),
        cut_short=guarded.spent,
        truncated=general.get("IsTruncated") == "Yes",
    )


def _end(window: Window, id3: Id3) -> int:
    """Where MediaInfo's view ends: raw AAC it would read whole, of which a part says the same."""
    if window.at(id3.start, 2) in ADTS:
        return min(id3.end, id3.start + MIB)
    return id3.end


def _facts(window: Window, general: Track, tracks: list[dict[str, Any]], id3: Id3) -> MediaFacts:
    """What MediaInfo's tracks and the readers beside it say together."""
    name = str(general["Format"])
    movie = (read_movie(window) if name == "MPEG-4" else None) or MovieFacts()
    by_type = {
        kind: [track for track in tracks if track.get("@type") == kind]
        for kind in ("Video", "Audio", "Text", "Menu")
    }
    plain = read_plain(window.part(id3.start, id3.sound)) if name in _PLAIN else None
    audio = list(_with_channels([audio_of(track) for track in by_type["Audio"]], movie))
    if plain is not None and len(audio) == 1:
        audio = [_as_plain(audio[0], plain)]
    frames = matroska.frame_durations(window)
    frames = frames if len(frames) == len(by_type["Video"]) else [None] * len(by_type["Video"])
    times = read_times(window) if name in _RECKONED else {}
    video = [
        _with_times(video_of(track, frame), times.get(whole(track.get("ID")) or 0))
        for track, frame in zip(by_type["Video"], frames, strict=True)
    ]
    xmp = read_xmp(movie.xmp) if movie.xmp else {}
    stated = None if name in _RECKONED else duration_of(general)
    return MediaFacts(
        format=codecs.container(general, by_type["Video"], by_type["Audio"]),
        duration=(plain and plain.duration)
        or stated
        or longest(video, audio)
        or (movie.duration and round(movie.duration, 3)),
        bitrate=(plain and plain.bitrate) or whole(general.get("OverallBitRate")),
        video=tuple(video),
        audio=tuple(audio),
        subtitles=tuple(subtitle_of(track) for track in by_type["Text"]),
        chapters=chapters_of(by_type["Menu"]),
        tags=tags_of(
            general,
            movie,
            id3.tags,
            riff.info(window) if name in _RIFF else {},
            ogg.comments(window),
            id3.more,
            (plain and plain.tags) or {},
            ours_alone=name in _RIFF,
        ),
        xmp=xmp,
        gps=next(places_of(general), None) or movie.place,
        created=tuple(created_of(general, movie)),
    )


def _without_parser(file: GuardedFile, window: Window, *, timed_out: bool) -> MediaFacts:
    """What the boxes of an MP4 say where MediaInfo does not come back."""
    movie = read_movie(window) or MovieFacts()
    file.reraise()
    created = tuple(created_of({}, movie))
    return MediaFacts(
        duration=movie.duration and round(movie.duration, 3),
        tags={"created_at": created[0][1]} if created else {},
        created=created,
        cut_short=file.spent,
        timed_out=timed_out,
    )


def _as_plain(track: AudioFacts, plain: SoundFacts) -> AudioFacts:
    return replace(
        track,
        duration=plain.duration,
        bitrate=plain.bitrate or track.bitrate,
        codec=plain.codec or track.codec,
    )


def _with_times(track: VideoFacts, times: StreamTimes | None) -> VideoFacts:
    """The track, with what a transport stream's stamps say of its time."""
    if times is None:
        return track
    rate, fraction = track.frame_rate, track.frame_rate_fraction
    if rate is None and times.frame_rate:
        rate, fraction = frame_rate_of(times.frame_rate)
    duration = round(times.duration, 3)
    return replace(track, duration=duration, frame_rate=rate, frame_rate_fraction=fraction)


def _with_channels(tracks: list[AudioFacts], movie: MovieFacts) -> Iterator[AudioFacts]:
    """The tracks, with the sample description's channels where MediaInfo found none."""
    for index, track in enumerate(tracks):
        stated = movie.channels[index] if len(movie.channels) == len(tracks) else None
        yield replace(track, channels=stated) if track.channels is None else track
