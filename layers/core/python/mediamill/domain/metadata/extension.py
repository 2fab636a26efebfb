"""What a key's extension claims, and whether the content agrees."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath

from mediamill.domain.metadata.record import ExtensionClaim

# Python's own table alone, without the system's files: the same answer on every machine.
_TABLE = mimetypes.MimeTypes()

_CLAIMS = {
    "avif": "image/avif",
    "heic": "image/heic",
    "heif": "image/heif",
    "jp2": "image/jp2",
    "jxl": "image/jxl",
    "webp": "image/webp",
    "dng": "image/x-adobe-dng",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "m4b": "audio/mp4",
    "oga": "audio/ogg",
    "ogg": "audio/ogg",
    "opus": "audio/ogg",
    "wav": "audio/wav",
    "mka": "audio/x-matroska",
    "mkv": "video/x-matroska",
    "m4v": "video/mp4",
    "ts": "video/mp2t",
    "mts": "video/mp2t",
    "m2ts": "video/mp2t",
    "ogv": "video/ogg",
    "mxf": "application/mxf",
    "dv": "video/x-dv",
    "ivf": "video/x-ivf",
    "f4v": "video/x-f4v",
    "caf": "audio/x-caf",
    "wv": "audio/x-wavpack",
    "ape": "audio/x-ape",
    "tta": "audio/x-tta",
    "dsf": "audio/x-dsf",
    "dff": "audio/x-dff",
    "amr": "audio/amr",
    "awb": "audio/amr-wb",
    "ac3": "audio/ac3",
    "dts": "audio/vnd.dts",
    "wma": "audio/x-ms-wma",
    "wmv": "video/x-ms-asf",
    "tga": "image/x-tga",
    "orf": "image/x-olympus-orf",
    "rw2": "image/x-panasonic-rw2",
    "raf": "image/x-fuji-raf",
    "svgz": "image/svg+xml",
    "fodt": "application/vnd.oasis.opendocument.text-flat-xml",
    "fods": "application/vnd.oasis.opendocument.spreadsheet-flat-xml",
    "fodp": "application/vnd.oasis.opendocument.presentation-flat-xml",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "docm": "application/vnd.ms-word.document.macroenabled.12",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "pptm": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "odp": "application/vnd.oasis.opendocument.presentation",
    "epub": "application/epub+zip",
    "rtf": "application/rtf",
    "md": "text/markdown",
    "yaml": "application/yaml",
}

# Types that content alone cannot, or need not, tell apart.
_FAMILIES: dict[str, str] = {
    **dict.fromkeys(("audio/mp4", "audio/x-m4a", "audio/m4a", "video/mp4", "video/x-m4v"), "mp4"),
    "video/x-f4v": "mp4",
    **dict.fromkeys(("audio/3gpp", "video/3gpp"), "3gp"),
    **dict.fromkeys(("audio/3gpp2", "video/3gpp2"), "3g2"),
    **dict.fromkeys(("audio/x-ms-wma", "video/x-ms-asf", "video/x-ms-wmv"), "asf"),
    **dict.fromkeys(("audio/amr", "audio/amr-wb"), "amr"),
    **dict.fromkeys(("audio/x-flv", "video/x-flv"), "flv"),
    **dict.fromkeys(("audio/wav", "audio/x-wav", "audio/vnd.wave", "audio/wave"), "wav"),
    **dict.fromkeys(("audio/flac", "audio/x-flac"), "flac"),
    **dict.fromkeys(("audio/ogg", "video/ogg", "application/ogg", "audio/opus"), "ogg"),
    **dict.fromkeys(("audio/x-matroska", "video/x-matroska", "video/matroska"), "matroska"),
    **dict.fromkeys(("audio/webm", "video/webm"), "webm"),
    **dict.fromkeys(("audio/mpeg", "audio/mp3"), "mp3"),
    **dict.fromkeys(("audio/aiff", "audio/x-aiff"), "aiff"),
    **dict.fromkeys(("image/heic", "image/heif", "image/heic-sequence"), "heif"),
    **dict.fromkeys(("image/jp2", "image/jpx", "image/jpeg2000"), "jp2"),
    **dict.fromkeys(("image/bmp", "image/x-ms-bmp"), "bmp"),
    **dict.fromkeys(("image/tiff", "image/x-adobe-dng"), "tiff"),
    **dict.fromkeys(("application/rtf", "text/rtf"), "rtf"),
    **dict.fromkeys(("application/xml", "text/xml"), "xml"),
    **dict.fromkeys(("application/zip", "application/x-zip-compressed"), "zip"),
}
_UNKNOWN = {"", "application/octet-stream", "binary/octet-stream"}
_TEXTUAL = (
    "text/",
    "application/json",
    "application/xml",
    "application/javascript",
    "application/yaml",
)


def claim(key: str, content_type: str) -> ExtensionClaim | None:
    """The claim of `key`'s extension, weighed against `content_type`; None without an extension."""
    extension = PurePosixPath(key).suffix[1:].lower()[:16]
    if not extension:
        return None
    claimed = _CLAIMS.get(extension) or _TABLE.types_map[True].get(f".{extension}")
    if claimed is None:
        return ExtensionClaim(extension)
    found = content_type.partition(";")[0].strip().lower()
    agrees = None if found in _UNKNOWN else _same(claimed, found)
    return ExtensionClaim(extension, claimed, agrees)


def _same(claimed: str, found: str) -> bool:
    if _FAMILIES.get(claimed, claimed) == _FAMILIES.get(found, found):
        return True
    # Plain text is all that the content of a .csv or a .py can be seen to be.
    return found == "text/plain" and claimed.startswith(_TEXTUAL)
