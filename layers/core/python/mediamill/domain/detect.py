"""What a file is: decided from its first bytes; the extension only breaks ties.

What pictures, sound and video begin like stands in `signatures`; for all else libmagic answers, in
the field's usual spelling. Where several formats share a signature (Office files in a zip or in an
OLE container, plain text) the names inside decide, and then the extension; where a container may
hold pictures or sound alone, its tracks do.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from mediamill.domain import other_offices
from mediamill.domain.kind import Kind
from mediamill.domain.magic import libmagic
from mediamill.domain.moving_picture import Reach, has_moving_picture
from mediamill.domain.signatures import MEDIA_TYPES, OLE, WEAK, format_of

HEAD_BYTES = 65_536
"""How many bytes `detect` wants to see: one ranged read."""

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."

# libmagic's spelling → the registered or usual one.
_USUAL = {
    "audio/x-wav": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/x-aiff": "audio/aiff",
    "audio/x-hx-aac-adts": "audio/aac",
    "audio/x-hx-aac-adif": "audio/aac",
    "audio/x-mp4a-latm": "audio/aac",
    "audio/vnd.dolby.dd-raw": "audio/ac3",
    "video/x-m4v": "video/mp4",
    "video/MP2T": "video/mp2t",
    "application/ogg": "video/ogg",
    "application/vnd.rn-realmedia": "video/x-pn-realvideo",
    "text/rtf": "application/rtf",
    "application/x-empty": "application/x-empty",
    "inode/x-empty": "application/x-empty",
    "text/x-markdown": "text/markdown",
}

# Where a signature is shared, the extension says which of its formats this is.
_IN_ZIP = {
    "docx": f"{_OOXML}wordprocessingml.document",
    "docm": "application/vnd.ms-word.document.macroenabled.12",
    "dotx": f"{_OOXML}wordprocessingml.template",
    "xlsx": f"{_OOXML}spreadsheetml.sheet",
    "xlsm": "application/vnd.ms-excel.sheet.macroenabled.12",
    "pptx": f"{_OOXML}presentationml.presentation",
    "pptm": "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    "ppsx": f"{_OOXML}presentationml.slideshow",
    "odt": f"{_ODF}text",
    "ods": f"{_ODF}spreadsheet",
    "odp": f"{_ODF}presentation",
    "odg": f"{_ODF}graphics",
    "epub": "application/epub+zip",
    **{name: other_offices.MEDIA_TYPES[name] for name in ("vsdx", "sxw", "sxc", "sxi", "sxd")},
}
_IN_IWORK = {
    extension: other_offices.MEDIA_TYPES[name]
    for extension, name in other_offices.EXTENSIONS.items()
    if name in ("keynote", "numbers", "pages")
}
# What is in each of Apple's packages, in one version or another.
_IWORK = (
    *(b"Index/", b"Index.zip", b"index.apxl", b"index.xml"),
    *(b"QuickLook/", b"thumbs/mt", b"buildVersion"),
)
_IN_OLE = {
    "doc": "application/msword",
    "dot": "application/msword",
    "xls": "application/vnd.ms-excel",
    "xlt": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "pps": "application/vnd.ms-powerpoint",
}
_IN_TEXT = {
    "txt": "text/plain",
    "text": "text/plain",
    "log": "text/plain",
    "csv": "text/csv",
    "md": "text/markdown",
    "markdown": "text/markdown",
    "html": "text/html",
    "htm": "text/html",
    "xhtml": "text/html",
    "rtf": "application/rtf",
    "json": "application/json",
    "xml": "text/xml",
    "svg": "image/svg+xml",
}
_IN_TIFF = {
    "dng": "image/x-adobe-dng",
    "nef": "image/x-nikon-nef",
    "cr2": "image/x-canon-cr2",
    "arw": "image/x-sony-arw",
    "orf": "image/x-olympus-orf",
    "rw2": "image/x-panasonic-rw2",
    "pef": "image/x-pentax-pef",
}
_IN_NOTHING = {
    **dict.fromkeys(("mp1", "mp2", "mp3"), "audio/mpeg"),
    "aac": "audio/aac",
    "dts": "audio/vnd.dts",
    **dict.fromkeys(("ts", "mts", "m2ts"), "video/mp2t"),
}

# What Office 2003 wrote as XML, by its namespace; the types are those that Apache Tika gives.
_IN_XML = {
    b"http://schemas.microsoft.com/office/word/2003/wordml": "application/vnd.ms-wordml",
    b"urn:schemas-microsoft-com:office:spreadsheet": "application/vnd.ms-spreadsheetml",
}
COMIC = "application/vnd.comicbook+zip"
"""An archive of pictures, one for each page: only its extension tells it from other archives."""

_ANY_OLE = "application/x-ole-storage"
_EXCEL_2_TO_4 = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00")
_WEB_ARCHIVES = frozenset({"mht", "mhtml", "doc", "dot", "xls"})

# The same container with pictures: with sound alone.
_SOUND_ALONE = {
    "video/mp4": "audio/mp4",
    "video/quicktime": "audio/mp4",
    "video/x-f4v": "audio/mp4",
    "video/3gpp": "audio/3gpp",
    "video/3gpp2": "audio/3gpp2",
    "video/x-matroska": "audio/x-matroska",
    "video/webm": "audio/webm",
    "video/x-ms-asf": "audio/x-ms-wma",
    "video/ogg": "audio/ogg",
    "video/x-flv": "audio/x-flv",
}
_WITH_PICTURES = {"audio/mp4": "video/mp4", "audio/ogg": "video/ogg"}
_SOUND_EXTENSIONS = {"m4a", "m4b", "m4p", "m4r", "mka", "wma", "oga", "opus", "spx", "weba", "f4a"}
_VIDEO = frozenset({"application/mxf", "application/x-shockwave-flash"})

# ODF 1.3, part 3, 3.1.2: a document in one XML file names its type in its first element.
_FLAT_ODF = re.compile(
    rb"<office:document\s[^>]*?office:mimetype\s*=\s*[\"']"
    rb"(application/vnd\.oasis\.opendocument\.(?:text|spreadsheet|presentation|graphics))[\"']"
)

_ZIP_NAMES = (
    (b"word/", "docx"),
    (b"xl/", "xlsx"),
    (b"ppt/", "pptx"),
    (b"visio/", "vsdx"),
    (b"META-INF/container.xml", "epub"),
)

# What libmagic sees in two bytes of noise; WEAK of `signatures` is stricter, and knows better.
_NOT_ALONE = frozenset({"image/x-tga", "image/x-pcx", "image/x-award-bmp"})

_OFFICE = frozenset(_IN_ZIP.values()) | frozenset(_IN_OLE.values()) | {"application/rtf"}
_FLAT = frozenset(
    f"{_ODF}{kind}-flat-xml" for kind in ("text", "spreadsheet", "presentation", "graphics")
)
_OTHERWISE_OFFICE = (
    frozenset(_IN_XML.values())
    | frozenset(other_offices.MEDIA_TYPES.values())
    | {"multipart/related"}
)
_OFFICE_TEXT = frozenset({"text/plain", "text/csv", "text/markdown", "text/html"})


@dataclass(frozen=True, slots=True)
class Detected:
    """What a file is: its kind and its media type."""

    kind: Kind
    content_type: str


def detect(head: bytes, key: str, reach: Reach | None = None) -> Detected:
    """What the file that begins with `head` (up to HEAD_BYTES bytes) is; `key` breaks ties.

    `reach` reads further into the file where only that says whether a film has pictures: an MP4
    may have its index behind its streams. Without it such a file is a video.

    >>> detect(b"%PDF-1.7\\n", "photo.jpg").kind
    <Kind.DOCUMENT: 'document'>
    """
    extension = PurePosixPath(key).suffix.lower().removeprefix(".")
    content_type = _by_tracks(_content_type(head, extension), head, extension, reach)
    return Detected(kind_of(content_type), content_type)


def kind_of(content_type: str) -> Kind:
    """The kind that a media type belongs to."""
    if content_type in ("application/pdf", COMIC):
        return Kind.DOCUMENT
    if content_type in _OFFICE | _OFFICE_TEXT | _FLAT | _OTHERWISE_OFFICE:
        return Kind.OFFICE
    if content_type in _VIDEO:
        return Kind.VIDEO
    family = content_type.partition("/")[0]
    return Kind(family) if family in (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO) else Kind.OTHER


def _content_type(head: bytes, extension: str) -> str:
    if not head:
        return "application/x-empty"
    name = format_of(head)
    if name == "tiff":
        return _IN_TIFF.get(extension, MEDIA_TYPES[name])
    if name is not None and extension in WEAK.get(name, (extension,)):
        return MEDIA_TYPES[name]
    if tagged := _behind_id3(head):
        return _content_type(tagged, extension)
    if other := other_offices.begins_like(head) or other_offices.holds(head):
        return other_offices.MEDIA_TYPES[other]
    found = libmagic().media_type(head)
    found = _USUAL.get(found, found)
    if found in _NOT_ALONE:
        return "application/octet-stream"
    if extension == "cbz" and head.startswith(b"PK\x03\x04"):
        return COMIC
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_type(head, extension, found)
    if head.startswith(OLE):
        return _ole_type(extension, found)
    if b"%PDF-" in head[:1024]:  # the specification allows rubbish before the header
        return "application/pdf"
    if head.startswith(_EXCEL_2_TO_4):
        return "application/vnd.ms-excel"
    if extension in _WEB_ARCHIVES and b"mime-version:" in head[:4_096].lower():
        return "multipart/related"
    if found.startswith("text/") or found in ("application/json", "application/javascript"):
        return _text_type(head, extension, found)
    if found == "application/octet-stream":
        return _IN_NOTHING.get(extension, found)
    return found


def _by_tracks(content_type: str, head: bytes, extension: str, reach: Reach | None) -> str:
    """The type that the tracks inside give a container that may hold pictures or sound alone."""
    if content_type not in _SOUND_ALONE and content_type not in _WITH_PICTURES:
        return content_type
    pictures = has_moving_picture(head, reach)
    if pictures is None:
        pictures = content_type in _SOUND_ALONE and extension not in _SOUND_EXTENSIONS
    return (_WITH_PICTURES if pictures else _SOUND_ALONE).get(content_type, content_type)


def _behind_id3(head: bytes) -> bytes:
    """What follows an ID3v2 tag (ID3v2.4.0, 3.1), where it is another format than MPEG audio."""
    if head[:3] != b"ID3" or len(head) < 10 or max(head[6:10]) > 127:
        return b""
    size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
    rest = head[10 + size + (10 if head[5] & 16 else 0) :].lstrip(b"\0")
    if rest[:4] == b"fLaC" or rest[:2] in (b"\xff\xf1", b"\xff\xf9") or format_of(rest):
        return rest
    return b""


def _zip_type(head: bytes, extension: str, found: str) -> str:
    if found in _IN_ZIP.values():
        # A macro-enabled or a template file looks like its plain sibling from the inside.
        claimed = _IN_ZIP.get(extension, found)
        return claimed if _family(claimed) == _family(found) else found
    names = list(_zip_names(head))
    for prefix, inside in _ZIP_NAMES:
        if any(name.startswith(prefix) for name in names):
            claimed = _IN_ZIP.get(extension, _IN_ZIP[inside])
            return claimed if _family(claimed) == _family(_IN_ZIP[inside]) else _IN_ZIP[inside]
    folder = f".{extension}/".encode()
    if extension in _IN_IWORK and any(name.startswith(_IWORK) or folder in name for name in names):
        return _IN_IWORK[extension]
    declared = {b"[Content_Types].xml", b"mimetype", b"content.xml"}
    if declared.intersection(names) or len(names) < 2:
        return _IN_ZIP.get(extension, "application/zip")
    return "application/zip"


def _family(content_type: str) -> str:
    """Word, Excel and PowerPoint types with and without macros belong together."""
    for family in ("word", "excel", "spreadsheetml", "powerpoint", "presentationml"):
        if family in content_type:
            return {"spreadsheetml": "excel", "presentationml": "powerpoint"}.get(family, family)
    return content_type


def _zip_names(head: bytes) -> Iterator[bytes]:
    """The names in the local headers that `head` holds; APPNOTE.TXT, section 4.3.7."""
    at = head.find(b"PK\x03\x04")
    while 0 <= at <= len(head) - 30:
        length = struct.unpack_from("<H", head, at + 26)[0]
        yield head[at + 30 : at + 30 + length]
        at = head.find(b"PK\x03\x04", at + 30 + length)


def _ole_type(extension: str, found: str) -> str:
    if found in _IN_OLE.values():
        return found
    # An encrypted OOXML file is an OLE container too: there the extension is all that is left.
    claimed = other_offices.compound_type(extension)
    return _IN_OLE.get(extension) or _IN_ZIP.get(extension) or claimed or _ANY_OLE


def _text_type(head: bytes, extension: str, found: str) -> str:
    if flat := _FLAT_ODF.search(head[:8_192]):
        return flat[1].decode() + "-flat-xml"
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml"):
        for namespace, content_type in _IN_XML.items():
            if namespace in head[:8_192]:
                return content_type
    claimed = _IN_TEXT.get(extension)
    if claimed == "image/svg+xml":
        return "text/xml" if found == "text/xml" else "text/plain"
    if found == "text/html" and claimed is None:
        return found
    if claimed is None:
        return found if found in ("text/csv", "text/xml") else "text/plain"
    if claimed == "application/rtf":
        return "text/plain"
    return claimed
