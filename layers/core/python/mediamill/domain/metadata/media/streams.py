"""Streams as MediaInfo's tracks tell them, in the manifest's terms."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mediamill.domain.facts import AudioFacts, ChapterFacts, SubtitleFacts, VideoFacts
from mediamill.domain.metadata.media import codecs
from mediamill.domain.metadata.reading.text import clean

MOST_CHAPTERS = 500

Track = Mapping[str, Any]
"""One stream in MediaInfo's words: texts by its names, and `extra` for what it has no name for."""


def video_of(track: Track, frame_duration: int | None = None) -> VideoFacts:
    """One stream of pictures; `frame_duration` is nanoseconds, where the container states them."""
    width, height = whole(track.get("Width")), whole(track.get("Height"))
    aspect = _number(track.get("PixelAspectRatio")) or 1.0
    rotation = round(_number(track.get("Rotation")) or 0) % 360
    shown = (round(width * aspect) if width else None, height)
    if rotation in (90, 270):
        shown = (shown[1], shown[0])
    # They have no other (RFC 6386, 2; ITU-T H.263, 4.1), and MediaInfo does not say so.
    is_simple = track.get("Format") in ("VP8", "H.263", "WMV1", "WMV2")
    depth = whole(track.get("BitDepth")) or (8 if is_simple else None)
    subsampling = track.get("ChromaSubsampling") or ("4:2:0" if is_simple else None)
    rate, fraction = _frame_rate(track, frame_duration)
    mastering = _candela(track.get("MasteringDisplay_Luminance"))
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
        frame_rate=rate,
        frame_rate_fraction=fraction,
        frame_rate_mode=_frame_rate_mode(track),
        frame_count=whole(track.get("FrameCount")),
        scan_type=_lower(track.get("ScanType")),
        bitrate=whole(track.get("BitRate") or track.get("BitRate_Nominal")),
        duration=duration_of(track),
        pixel_format=codecs.pixel_format(track.get("ColorSpace", "YUV"), subsampling, depth),
        bit_depth=depth,
        chroma_subsampling=clean(subsampling, 20),
        hdr_format=codecs.hdr(track),
        mastering_primaries=clean(track.get("MasteringDisplay_ColorPrimaries"), 200),
        mastering_luminance_min=mastering[0] if len(mastering) == 2 else None,
        mastering_luminance_max=mastering[1] if len(mastering) == 2 else None,
        max_content_light_level=whole(track.get("MaxCLL")),
        max_frame_average_light_level=whole(track.get("MaxFALL")),
        color_primaries=clean(track.get("colour_primaries"), 100),
        color_transfer=clean(track.get("transfer_characteristics"), 100),
        color_matrix=clean(track.get("matrix_coefficients"), 100),
        color_range=_lower(track.get("colour_range")),
        encoder=clean(track.get("Encoded_Library"), 200),
        language=clean(track.get("Language"), 40),
    )


# What broadcasters mean by 23.976 and 29.97 (SMPTE ST 2081-10), and their multiples.
_BROADCAST = {round(1000 * top / 1001, 3): f"{1000 * top}/1001" for top in (24, 30, 48, 60, 120)}


def _frame_rate(track: Track, duration: int | None) -> tuple[float | None, str | None]:
    """Frames per second, and the same as an exact fraction where it is no whole number."""
    rate = _number(track.get("FrameRate"))
    top, bottom = whole(track.get("FrameRate_Num")), whole(track.get("FrameRate_Den"))
    if rate is None and top and bottom:
        rate = round(top / bottom, 3)
    if rate is None and duration:
        rate = round(1e9 / duration, 3)
    if rate is None:
        return None, None
    known, fraction = frame_rate_of(rate)
    if fraction is not None:
        return known, fraction
    stated = f"{top}/{bottom}" if top and bottom and bottom != 1 else None
    return rate, stated if stated and abs((top or 0) / (bottom or 1) - rate) < 0.001 else None


def frame_rate_of(measured: float) -> tuple[float, str | None]:
    """A measured rate, or the broadcasters' that it is nearly, and that one as a fraction."""
    near = next((known for known in _BROADCAST if abs(known - measured) < 0.0015), None)
    return (round(measured, 3), None) if near is None else (near, _BROADCAST[near])


def _frame_rate_mode(track: Track) -> str | None:
    """Constant or variable, where the container's own times show it.

    H.264 and its successors flag a fixed rate, which encoders leave off even where it is one; so
    that their `VFR` alone says nothing.
    """
    mode = {"CFR": "constant", "VFR": "variable"}.get(track.get("FrameRate_Mode") or "")
    flagged = track.get("Format") in ("AVC", "HEVC", "VVC") and "FrameRate_Minimum" not in track
    return None if mode == "variable" and flagged else mode


def _candela(text: object) -> list[float]:
    """The numbers of `min: 0.0050 cd/m2, max: 1000 cd/m2`."""
    return [float(number) for number in re.findall(r"(\d{1,9}(?:\.\d{1,9})?) cd/m2", str(text))]


def _audio_profile(track: Track) -> str | None:
    """What refines a codec; a version that MediaInfo puts there does not."""
    stated = clean(track.get("Format_AdditionalFeatures") or track.get("Format_Profile"), 100)
    return None if stated is None or re.fullmatch(r"[\d.]+|[AU]-Law", stated) else stated


def audio_of(track: Track) -> AudioFacts:
    """One stream of sound."""
    compression = track.get("Compression_Mode")
    return AudioFacts(
        codec=codecs.audio(track),
        profile=_audio_profile(track),
        bitrate=whole(track.get("BitRate") or track.get("BitRate_Nominal")),
        bitrate_mode={"CBR": "constant", "VBR": "variable"}.get(track.get("BitRate_Mode") or ""),
        # Opus always plays at 48 kHz (RFC 7845, 5.1); the header's rate is what was recorded.
        sample_rate=48_000 if track.get("Format") == "Opus" else whole(track.get("SamplingRate")),
        bit_depth=whole(track.get("BitDepth")),
        channels=whole(track.get("Channels")),
        channel_layout=clean(track.get("ChannelLayout"), 100),
        duration=duration_of(track),
        lossless=None if compression is None else compression == "Lossless",
        encoder=clean(track.get("Encoded_Library"), 200),
        language=clean(track.get("Language"), 40),
        title=clean(track.get("Title"), 200),
        default=_flag(track.get("Default")),
    )


def subtitle_of(track: Track) -> SubtitleFacts:
    """One stream of subtitles or captions."""
    return SubtitleFacts(
        codec=codecs.subtitle(track),
        language=clean(track.get("Language"), 40),
        title=clean(track.get("Title"), 200),
        default=_flag(track.get("Default")),
        forced=_flag(track.get("Forced")),
    )


def chapters_of(menus: Sequence[Track]) -> tuple[ChapterFacts, ...]:
    """MediaInfo keeps chapters as `_00_01_02_345: "en:Title"` beside a menu's other facts."""
    found: list[ChapterFacts] = []
    for menu in menus[:1]:
        for name, value in extra_of(menu).items():
            match = re.fullmatch(r"_(\d{2,4})_(\d{2})_(\d{2})_?(\d{3})", name)
            if match and len(found) < MOST_CHAPTERS:
                hours, minutes, seconds, millis = map(int, match.groups())
                start = hours * 3600 + minutes * 60 + seconds + millis / 1000
                title = re.sub(r"^[a-z]{0,3}:(?=.)", "", str(value))
                found.append(ChapterFacts(start=start, title=clean(title, 200)))
    return tuple(sorted(found, key=lambda chapter: chapter.start))


def extra_of(track: Track) -> Track:
    """What MediaInfo has no name of its own for."""
    extra = track.get("extra")
    return extra if isinstance(extra, dict) else {}


def longest(video: Sequence[VideoFacts], audio: Sequence[AudioFacts]) -> float | None:
    """The longest stream's seconds."""
    seconds = [each.duration for each in video] + [each.duration for each in audio]
    return max((each for each in seconds if each), default=None)


def duration_of(track: Track) -> float | None:
    """A stream's seconds, to the millisecond that MediaInfo knows."""
    seconds = _number(track.get("Duration"))
    return None if seconds is None else round(seconds, 3)


def _number(value: object) -> float | None:
    match = re.match(r"-?\d+(\.\d+)?", value) if isinstance(value, str) else None
    return float(match[0]) if match else None


def whole(value: object) -> int | None:
    number = _number(value)
    return None if number is None or abs(number) >= 2**53 else round(number)


def _lower(value: object) -> str | None:
    text = clean(value, 60)
    return text.lower() if text else None


def _flag(value: object) -> bool | None:
    return {"Yes": True, "No": False}.get(str(value))
