"""What a file is: decided from its first bytes; the extension only breaks ties.

libmagic answers first. Its answer is put into the field's usual spelling, a few signatures that its
tables lack are added, and where several formats share a signature (Office files in a zip or in an
OLE container, plain text) the names inside decide, and then the extension.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from mediamill.domain.kind import Kind
from mediamill.domain.magic import libmagic

HEAD_BYTES = 65_536
"""How many bytes `detect` wants to see: one ranged read."""

_OOXML = "application/vnd.openxmlformats-officedocument."
_ODF = "application/vnd.oasis.opendocument."

# libmagic's spelling → the registered or usual one.
_USUAL = {
    "image/x-ms-bmp": "image/bmp",
    "image/x-win-bitmap": "image/vnd.microsoft.icon",
    "image/x-icon": "image/vnd.microsoft.icon",
    "image/vnd.adobe.photoshop": "image/vnd.adobe.photoshop",
    "image/x-tga": "image/x-tga",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heif",
    "image/x-portable-greymap": "image/x-portable-graymap",
    "audio/x-wav": "audio/wav",
    "audio/x-m4a": "audio/mp4",
    "audio/x-aiff": "audio/aiff",
    "audio/x-hx-aac-adts": "audio/aac",
    "audio/x-hx-aac-adif": "audio/aac",
    "audio/x-mp4a-latm": "audio/aac",
    "video/x-m4v": "video/mp4",
    "text/rtf": "application/rtf",
    "application/x-empty": "application/x-empty",
    "inode/x-empty": "application/x-empty",
    "text/x-markdown": "text/markdown",
}

# Signatures that the tables lack or know only in part: (offset, bytes, media type).
_SIGNATURES = (
    (0, b"\xff\x0a", "image/jxl"),
    (0, b"\x00\x00\x00\x0cJXL \x0d\x0a\x87\x0a", "image/jxl"),
    (0, b"\xff\x4f\xff\x51", "image/j2c"),
    (0, b"\x00\x00\x00\x0cjP  \x0d\x0a\x87\x0a", "image/jp2"),
    (0, b"8BPS\x00\x01", "image/vnd.adobe.photoshop"),
    (0, b"\x00\x00\x01\x00", "image/vnd.microsoft.icon"),
)

_ISO_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"heim": "image/heic",
    b"heis": "image/heic",
    b"hevc": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
    b"qt  ": "video/quicktime",
    b"M4A ": "audio/mp4",
    b"M4B ": "audio/mp4",
    b"M4P ": "audio/mp4",
    b"crx ": "image/x-canon-cr3",
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
    "epub": "application/epub+zip",
}
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
_WEAK = {"image/x-tga": "tga"}  # a signature that noise has too: the extension has to agree
_IN_NOTHING = {"tga": "image/x-tga", "mp3": "audio/mpeg", "aac": "audio/aac"}

_ZIP_NAMES = (
    (b"word/", "docx"),
    (b"xl/", "xlsx"),
    (b"ppt/", "pptx"),
    (b"META-INF/container.xml", "epub"),
)

_OFFICE = frozenset(_IN_ZIP.values()) | frozenset(_IN_OLE.values()) | {"application/rtf"}
_OFFICE_TEXT = frozenset({"text/plain", "text/csv", "text/markdown", "text/html"})


@dataclass(frozen=True, slots=True)
class Detected:
    """What a file is: its kind and its media type."""

    kind: Kind
    content_type: str


def detect(head: bytes, key: str) -> Detected:
    """What the file that begins with `head` (up to HEAD_BYTES bytes) is; `key` breaks ties.

    >>> detect(b"%PDF-1.7\\n", "photo.jpg").kind
    <Kind.DOCUMENT: 'document'>
    """
    content_type = _content_type(head, PurePosixPath(key).suffix.lower().removeprefix("."))
    return Detected(kind_of(content_type), content_type)


def kind_of(content_type: str) -> Kind:
    """The kind that a media type belongs to."""
    if content_type == "application/pdf":
        return Kind.DOCUMENT
    if content_type in _OFFICE or content_type in _OFFICE_TEXT:
        return Kind.OFFICE
    family = content_type.partition("/")[0]
    return Kind(family) if family in (Kind.IMAGE, Kind.VIDEO, Kind.AUDIO) else Kind.OTHER


def _content_type(head: bytes, extension: str) -> str:
    if not head:
        return "application/x-empty"
    for offset, signature, content_type in _SIGNATURES:
        if head.startswith(signature, offset):
            return content_type
    if brand := _iso_brand(head):
        return brand
    found = libmagic().media_type(head)
    found = _USUAL.get(found, found)
    if _WEAK.get(found, extension) != extension:
        return "application/octet-stream"
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zip_type(head, extension, found)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _ole_type(extension, found)
    if found == "image/tiff":
        return _IN_TIFF.get(extension, found)
    if b"%PDF-" in head[:1024]:  # the specification allows rubbish before the header
        return "application/pdf"
    if found.startswith("text/") or found in ("application/json", "application/javascript"):
        return _text_type(head, extension, found)
    if found == "application/octet-stream":
        return _IN_NOTHING.get(extension, found)
    return found


def _iso_brand(head: bytes) -> str | None:
    """The media type of an ISO base media file by its brands; ISO/IEC 14496-12, section 4.3."""
    if head[4:8] != b"ftyp":
        return None
    size = min(struct.unpack(">I", head[:4])[0], len(head))
    major = head[8:12]
    if major in _ISO_BRANDS and major not in (b"mif1", b"msf1"):
        return _ISO_BRANDS[major]
    compatible = [head[at : at + 4] for at in range(16, size - 3, 4)]
    for brand in (b"avif", b"avis", b"heic", b"heix", b"hevc"):
        if brand in compatible and major in (b"mif1", b"msf1"):
            return _ISO_BRANDS[brand]
    return _ISO_BRANDS.get(major)


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
    if b"[Content_Types].xml" in names or b"mimetype" in names or len(names) < 2:
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
    return _IN_OLE.get(extension) or _IN_ZIP.get(extension, "application/x-ole-storage")


def _text_type(head: bytes, extension: str, found: str) -> str:
    claimed = _IN_TEXT.get(extension)
    if claimed == "image/svg+xml":
        return claimed if b"<svg" in head else found
    if found == "text/html" and claimed is None:
        return found
    if claimed is None:
        return found if found in ("text/csv", "text/xml") else "text/plain"
    if claimed == "application/rtf":
        return "text/plain"
    return claimed
