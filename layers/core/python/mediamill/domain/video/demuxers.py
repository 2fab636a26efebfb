"""Which demuxer reads a film or a sound: the one that what ingest recognised calls for, no other.

FFmpeg guesses from the content otherwise, and some guesses (playlists, scripts that join files)
open further files. What is not listed here is described by its metadata and nothing more.
"""

from __future__ import annotations

from mediamill.domain.errors import Unsupported

_DEMUXERS = {
    "mov": (
        *("video/mp4", "audio/mp4", "video/quicktime", "video/3gpp", "audio/3gpp"),
        *("video/3gpp2", "audio/3gpp2", "video/x-f4v", "video/mj2"),
    ),
    "matroska": ("video/x-matroska", "audio/x-matroska", "video/webm", "audio/webm"),
    "mpegts": ("video/mp2t",),
    "mpeg": ("video/mpeg", "video/mp2p"),
    "avi": ("video/x-msvideo",),
    "asf": ("video/x-ms-asf", "audio/x-ms-wma", "video/x-ms-wmv"),
    "flv": ("video/x-flv", "audio/x-flv"),
    "ogg": ("video/ogg", "audio/ogg"),
    "mxf": ("application/mxf",),
    "dv": ("video/x-dv",),
    "ivf": ("video/x-ivf",),
    "yuv4mpegpipe": ("video/x-yuv4mpeg",),
    "rm": ("video/x-pn-realvideo", "audio/x-pn-realaudio"),
    "mp3": ("audio/mpeg",),
    "aac": ("audio/aac",),
    "flac": ("audio/flac",),
    "wav": ("audio/wav",),
    "w64": ("audio/x-w64",),
    "aiff": ("audio/aiff",),
    "caf": ("audio/x-caf",),
    "wv": ("audio/x-wavpack",),
    "ape": ("audio/x-ape",),
    "tta": ("audio/x-tta",),
    "tak": ("audio/x-tak",),
    "dsf": ("audio/x-dsf",),
    "iff": ("audio/x-dff",),
    "amr": ("audio/amr", "audio/amr-wb"),
    "au": ("audio/basic",),
    "ac3": ("audio/ac3",),
    "dts": ("audio/vnd.dts",),
}
_BY_TYPE = {kind: name for name, kinds in _DEMUXERS.items() for kind in kinds}
_RAW_MPEG = b"\x00\x00\x01\xb3"  # a sequence header: pictures without a container around them


def demuxer_of(content_type: str, head: bytes) -> str:
    """FFmpeg's name of the demuxer. Raises Unsupported for what none is listed for.

    >>> demuxer_of("video/quicktime", b"")
    'mov'
    """
    name = _BY_TYPE.get(content_type)
    if name is None:
        raise Unsupported(f"Files of the type {content_type} are described, and not decoded.")
    return "mpegvideo" if name == "mpeg" and head.startswith(_RAW_MPEG) else name


CONTENT_TYPES = frozenset(_BY_TYPE)
"""The media types that are decoded."""
