"""MediaInfo's words for containers and codecs, in the words that FFmpeg made common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mediamill.domain.metadata.reading.text import clean

_CONTAINERS = {
    "MPEG-4": "mp4",
    "QuickTime": "mov",
    "Matroska": "mkv",
    "WebM": "webm",
    "MPEG Audio": "mp3",
    "Wave": "wav",
    "Windows Media": "asf",
    "Flash Video": "flv",
    "MPEG-TS": "mpegts",
    "BDAV": "mpegts",
    "MPEG-PS": "mpeg",
    "MPEG Video": "mpeg",
    "ADTS": "aac",
    "AC-3": "ac3",
    "E-AC-3": "eac3",
    "Wave64": "w64",
    "Monkey's Audio": "ape",
}

_VIDEO = {
    "AVC": "h264",
    "HEVC": "hevc",
    "VVC": "vvc",
    "MPEG-4 Visual": "mpeg4",
    "JPEG": "mjpeg",
    "Theora": "theora",
    "VC-1": "vc1",
    "RGB": "rawvideo",
    "YUV": "rawvideo",
    "H.263": "h263",
    "DV": "dvvideo",
}

_AUDIO = {
    "AC-3": "ac3",
    "E-AC-3": "eac3",
    "MLP FBA": "truehd",
    "WMA": "wma",
    "ADPCM": "adpcm",
    "Monkey's Audio": "ape",
}

# Windows Media's codecs by their WAVE format tags.
_WINDOWS = {"160": "wmav1", "161": "wmav2", "162": "wmapro", "163": "wmalossless", "A": "wmavoice"}

_SUBTITLES = {
    "UTF-8": "subrip",
    "SubRip": "subrip",
    "Timed Text": "mov_text",
    "Apple text": "text",
    "ASS": "ass",
    "SSA": "ssa",
    "D_WEBVTT/SUBTITLES": "webvtt",
    "S_TEXT/WEBVTT": "webvtt",
    "WebVTT": "webvtt",
    "PGS": "hdmv_pgs_subtitle",
    "VobSub": "dvd_subtitle",
    "RLE": "dvd_subtitle",
    "DVB Subtitle": "dvb_subtitle",
    "Teletext Subtitle": "dvb_teletext",
    "Teletext": "dvb_teletext",
    "TTML": "ttml",
    "EIA-608": "eia_608",
    "EIA-708": "eia_608",
}

# FFmpeg's suffixes of pixel formats, of MediaInfo's chroma subsampling.
_SUBSAMPLING = {"4:2:0": "420", "4:2:2": "422", "4:4:4": "444", "4:1:1": "411", "4:4:0": "440"}


def container(
    general: Mapping[str, Any],
    videos: Sequence[Mapping[str, Any]],
    sounds: Sequence[Mapping[str, Any]],
) -> str | None:
    """The container's short name, as its usual extension has it: `mp4`, `mov`, `mkv`, `ogg`."""
    name = str(general.get("Format"))
    if name == "MPEG-4" and general.get("Format_Profile") == "QuickTime":
        return "mov"
    if name == "MPEG-4" and not videos and str(general.get("CodecID", "")).startswith("M4A"):
        return "m4a"
    if name == "MPEG Audio" and sounds:  # what its layer is called is what its files are called
        return audio(sounds[0])
    return _CONTAINERS.get(name) or _short(name)


def video(track: Mapping[str, Any]) -> str | None:
    """A video codec's name: `h264`, `hevc`, `vp9`, `av1`, `prores`."""
    name = str(track.get("Format") or "")
    if name == "MPEG Video":
        return "mpeg2video" if track.get("Format_Version") == "2" else "mpeg1video"
    return _VIDEO.get(name) or _short(name)


def audio(track: Mapping[str, Any]) -> str | None:
    """An audio codec's name: `aac`, `mp3`, `opus`, `vorbis`, `flac`, `pcm`."""
    name = str(track.get("Format") or "")
    if name == "MPEG Audio":
        return {"Layer 1": "mp1", "Layer 2": "mp2"}.get(str(track.get("Format_Profile")), "mp3")
    law = f"{track.get('Format_Profile', '')} {track.get('CodecID', '')}".lower()
    if name in ("ADPCM", "PCM") and ("u-law" in law or "mu-law" in law):
        return "pcm_mulaw"
    if name in ("ADPCM", "PCM") and "a-law" in law:
        return "pcm_alaw"
    if name == "WMA":
        return _WINDOWS.get(str(track.get("CodecID") or "").lstrip("0"), "wma")
    return _AUDIO.get(name) or _short(name)


def subtitle(track: Mapping[str, Any]) -> str | None:
    """A subtitle codec's name: `subrip`, `ass`, `webvtt`, `mov_text`, `hdmv_pgs_subtitle`."""
    name, codec = str(track.get("Format") or ""), str(track.get("CodecID") or "")
    return _SUBTITLES.get(name) or _SUBTITLES.get(codec) or _short(name)


def pixel_format(space: object, subsampling: object, depth: int | None) -> str | None:
    """FFmpeg's name of planar YUV, such as `yuv420p10le`; None for all else."""
    suffix = _SUBSAMPLING.get(str(subsampling))
    if space != "YUV" or suffix is None or depth is None:
        return None
    return f"yuv{suffix}p" + (f"{depth}le" if depth > 8 else "")


def hdr(track: Mapping[str, Any]) -> str | None:
    """`Dolby Vision`, `HDR10+`, `HDR10`, `HLG` or `PQ`; None for standard dynamic range."""
    stated = f"{track.get('HDR_Format', '')} {track.get('HDR_Format_Compatibility', '')}"
    transfer = str(track.get("transfer_characteristics", ""))
    if "Dolby Vision" in stated:
        return "Dolby Vision"
    if "HDR10+" in stated or "2094" in stated:
        return "HDR10+"
    if "HDR10" in stated or "2086" in stated:
        return "HDR10"
    if transfer == "HLG":
        return "HLG"
    return "PQ" if transfer == "PQ" else None


def _short(name: str) -> str | None:
    text = clean(name, 40)
    return text.lower().replace(" ", "_") if text and text != "None" else None
