"""Documents of other programs than Word, Excel, PowerPoint and LibreOffice: how each is told.

One table for the door, which sees the first bytes, and for the office step, which has it all. The
names are ours; media types are IANA's where it has one, else those that Apache Tika gives.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from mediamill.domain.signatures import OLE

MEDIA_TYPES = {
    "keynote": "application/vnd.apple.keynote",
    "numbers": "application/vnd.apple.numbers",
    "pages": "application/vnd.apple.pages",
    "vsd": "application/vnd.visio",
    "vsdx": "application/vnd.ms-visio.drawing.main+xml",
    "publisher": "application/vnd.ms-publisher",
    "wordperfect": "application/vnd.wordperfect",
    "works": "application/vnd.ms-works",
    "write": "application/x-mswrite",
    "lotus": "application/vnd.lotus-1-2-3",
    "quattro": "application/x-quattro-pro",
    "hangul": "application/x-hwp",
    "starwriter": "application/vnd.stardivision.writer",
    "starcalc": "application/vnd.stardivision.calc",
    "sxw": "application/vnd.sun.xml.writer",
    "sxc": "application/vnd.sun.xml.calc",
    "sxi": "application/vnd.sun.xml.impress",
    "sxd": "application/vnd.sun.xml.draw",
}

EXTENSIONS = {
    "key": "keynote",
    "numbers": "numbers",
    "pages": "pages",
    **dict.fromkeys(("vsd", "vst", "vss"), "vsd"),
    **dict.fromkeys(("vsdx", "vsdm", "vstx", "vssx"), "vsdx"),
    "pub": "publisher",
    **dict.fromkeys(("wpd", "wp", "wp5", "wp6"), "wordperfect"),
    "wps": "works",
    "wri": "write",
    **dict.fromkeys(("wk1", "wk3", "wk4", "123"), "lotus"),
    **dict.fromkeys(("wq1", "wq2", "wb1", "wb2", "wb3", "qpw"), "quattro"),
    "hwp": "hangul",
    "sdw": "starwriter",
    "sdc": "starcalc",
    **{name: name for name in ("sxw", "sxc", "sxi", "sxd")},
}

_WORDPERFECT = b"\xffWPC"  # then where the text begins, and in the tenth byte what kind of file
_LOCK = slice(12, 14)  # of WordPerfect's header: a checksum of the password
_BEGINNINGS = (
    (b"1\xbe\0\0\0\xab", "write"),
    (b"2\xbe\0\0\0\xab", "write"),
    (b"HWP Document File V3", "hangul"),
    # The first record of a sheet, with the version of the program that wrote it.
    *((b"\0\0\2\0" + version, "lotus") for version in (b"\4\4", b"\5\4", b"\6\4")),
    *((b"\0\0\x1a\0" + version, "lotus") for version in (b"\0\x10", b"\2\x10", b"\3\x10")),
    *((b"\0\0\2\0" + version, "quattro") for version in (b"\x20\x51", b"\x21\x51")),
    *((b"\0\0\2\0" + version, "quattro") for version in (b"\1\x10", b"\2\x10")),
)

_STREAMS = (
    ("VisioDocument", "vsd"),
    ("Quill", "publisher"),
    ("StarWriterDocument", "starwriter"),
    ("StarCalcDocument", "starcalc"),
    ("NativeContent_MAIN", "quattro"),
)
_COMPOUND = {"vsd", "publisher", "works", "starwriter", "starcalc", "quattro", "wordperfect"}
_ROOTS = {b"key": "keynote", b"ls": "numbers", b"sl": "pages"}
_ROOT = re.compile(rb"<(key|ls|sl):(?:presentation|document)[\s>]")


def begins_like(head: bytes) -> str | None:
    """Which of these formats a file begins like that is no container; None for no other.

    >>> begins_like(b"1\\xbe\\0\\0\\0\\xab\\0\\0")
    'write'
    """
    if head.startswith(_WORDPERFECT):
        return "wordperfect" if head[8:10] == b"\1\x0a" else None
    return next((name for start, name in _BEGINNINGS if head.startswith(start)), None)


def is_locked(head: bytes) -> bool:
    """Whether a WordPerfect document has a password."""
    return head.startswith(_WORDPERFECT) and any(head[_LOCK])


def holds(head: bytes) -> str | None:
    """Which of these a compound file is, by the names in as much of its directory as is seen."""
    if not head.startswith(OLE):
        return None
    named = (name for stream, name in _STREAMS if stream.encode("utf-16-le") + b"\0\0" in head)
    return next(named, "works" if b"CHNKWKS " in head else None)


def compound_type(extension: str) -> str | None:
    """The media type that an extension claims for a compound file whose directory is not seen."""
    name = EXTENSIONS.get(extension, "")
    return MEDIA_TYPES[name] if name in _COMPOUND else None


def by_parts(names: Collection[str], root: bytes, extension: str) -> str | None:
    """Which of Apple's a package is, by its parts; `root` is how its `index.xml` begins.

    Slides are only Keynote's. The other two have the same parts since 2013: the extension says
    which, of the package or of the folder in it that holds everything.
    """
    folder = next(iter(names), "").partition("/")[0]
    named = folder.rpartition(".")[2].lower()
    if named in EXTENSIONS and all(name.startswith(f"{folder}/") for name in names):
        names = [name.removeprefix(f"{folder}/") for name in names]
        extension = named
    if "index.apxl" in names or any(name.startswith("Index/Slide") for name in names):
        return "keynote"
    if match := _ROOT.search(root):
        return _ROOTS[match[1]]
    if "Index/Document.iwa" in names or "Index.zip" in names:
        claimed = EXTENSIONS.get(extension)
        return claimed if claimed in _ROOTS.values() else None
    return None
