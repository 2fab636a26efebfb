"""Documents of other programs, as small as their readers take them; or only their outsides."""

from __future__ import annotations

import struct
from collections.abc import Iterable

from made import office
from made.compound import Tree, compound


def _records(records: Iterable[tuple[int, bytes]]) -> bytes:
    return b"".join(struct.pack("<HH", kind, len(body)) + body for kind, body in records)


def _sheet(version: bytes, label: bytes) -> bytes:
    """A column of thirty labels: of less than that no reader takes it for a sheet."""
    extent = struct.pack("<HHHH", 0, 0, 0, 29)
    labels = [(0x0F, b"\xff" + struct.pack("<HH", 0, row) + label + b"\0") for row in range(30)]
    return _records([(0, version), (6, extent), *labels, (1, b"")])


def lotus(words: str) -> bytes:
    """Lotus 1-2-3, release 2."""
    return _sheet(b"\6\4", b"'" + words.encode("ascii"))


def quattro(words: str) -> bytes:
    """Quattro Pro for DOS, which counts a label's letters."""
    return _sheet(b"\x20\x51", bytes([len(words)]) + b"'" + words.encode("ascii"))


def wordperfect(words: str, *, lock: int = 0, kind: int = 10) -> bytes:
    """WordPerfect 5.1; `lock` is the checksum of its password, 10 the kind of a document."""
    index = struct.pack("<HHHI", 0xFFFB, 5, 50, 0) + bytes(50)
    head = (b"\xffWPC", 16 + len(index), 1, kind, 0, 1, lock, 0)
    return struct.pack("<4sIBBBBHH", *head) + index + words.encode("ascii") + b"\n"


def openoffice(kind: str, body: str, *, packed: bool = True) -> bytes:
    """OpenOffice 1; `kind` is writer, calc, impress or draw."""
    first = {"writer": "text", "calc": "spreadsheet", "impress": "presentation"}
    is_a = first.get(kind, "drawing")
    content = (
        '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
        ' xmlns:office="http://openoffice.org/2000/office"'
        ' xmlns:text="http://openoffice.org/2000/text"'
        ' xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' xmlns:draw="http://openoffice.org/2000/drawing" office:class="{is_a}"'
        f' office:version="1.0"><office:body>{body}</office:body></office:document-content>'
    )
    manifest = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<manifest:manifest xmlns:manifest="http://openoffice.org/2001/manifest">'
        f'<manifest:file-entry manifest:media-type="application/vnd.sun.xml.{kind}"'
        ' manifest:full-path="/"/><manifest:file-entry manifest:media-type="text/xml"'
        ' manifest:full-path="content.xml"/></manifest:manifest>'
    )
    return office.package(
        {"content.xml": content, "META-INF/manifest.xml": manifest}, packed=packed
    )


def visio(*, packed: bool = True) -> bytes:
    """The outside of a Visio package."""
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override'
        ' PartName="/visio/document.xml"'
        ' ContentType="application/vnd.ms-visio.drawing.main+xml"/></Types>'
    )
    return office.package(
        {"[Content_Types].xml": types, "visio/document.xml": "<a/>"}, packed=packed
    )


def iwork(*names: str, index: str = "", root: str = "") -> bytes:
    """The outside of one of Apple's packages: parts by name, and how `index` begins."""
    parts = dict.fromkeys(names, "x")
    if index:
        parts[index] = f'<?xml version="1.0"?>\n<{root} xmlns:sfa="http://developer.apple.com/">'
    return office.package(parts)


def stream(name: str, beginning: bytes = b"") -> bytes:
    """A compound file of one stream, in a storage where the name says so."""
    *storages, last = name.split("/")
    tree: Tree = {last: beginning}
    for storage in reversed(storages):
        tree = {storage: tree}
    return compound(tree)
