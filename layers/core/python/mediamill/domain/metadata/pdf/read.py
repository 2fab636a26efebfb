"""PDF facts by pypdf, over any seekable file: structure and claims, never a page laid out.

Each facet is read on its own, so that a fault in one costs no other. All of it stands under one
budget of bytes and one of time.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from mediamill.domain.facts import DocumentFacts
from mediamill.domain.metadata.blocks.xmp import read_xmp
from mediamill.domain.metadata.pdf.actions import Actions, read_actions
from mediamill.domain.metadata.pdf.objects import mapping, number, stream_data, text, walk
from mediamill.domain.metadata.pdf.pages import Pages, read_pages
from mediamill.domain.metadata.reading import when
from mediamill.domain.metadata.reading.guard import MIB, GuardedFile, OutOfBounds, within
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import SeekableFile
from mediamill.domain.wire import JSON

if TYPE_CHECKING:
    from pypdf import PdfReader

Found = TypeVar("Found")

MOST_READ = 64 * MIB
MOST_SECONDS = 15.0
SMALL = 2 * MIB
SEARCHED = 16 * MIB
TAIL = 64 * 1024

# Bits of the permission flags, from 1 (ISO 32000-2, table 22).
_PERMISSIONS = {
    3: "print",
    4: "modify",
    5: "copy",
    6: "annotate",
    9: "fill_forms",
    10: "extract_for_accessibility",
    11: "assemble",
    12: "print_high_quality",
}


@dataclass(slots=True)
class PdfFacts:
    """What was found: the document's block, its XMP and Info, and what could not be read."""

    document: dict[str, Any] = field(default_factory=dict)
    xmp: dict[str, JSON] = field(default_factory=dict)
    info: dict[str, JSON] = field(default_factory=dict)
    broken: bool = False
    bounded: bool = False

    def facts(self) -> DocumentFacts:
        """The typed block."""
        return DocumentFacts(**self.document)


def read_pdf(file: SeekableFile) -> PdfFacts:
    """The facts of the PDF in `file`; raises only what the file raises."""
    # Every repair that pypdf makes is a line in the log; the record has `problems` for that.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    found = PdfFacts()
    guarded = GuardedFile(file, most=MOST_READ)
    try:
        within(MOST_SECONDS, lambda: _read(guarded, found))
    except OutOfBounds:
        found.bounded = True
    guarded.reraise()
    found.bounded = found.bounded or guarded.spent
    return found


def _read(file: GuardedFile, found: PdfFacts) -> None:
    file.seek(0)
    head = file.read(2048)
    match = re.search(rb"%PDF-(\d\.\d)", head)
    if match:
        found.document["version"] = match[1].decode()
    size = file.seek(0, 2)
    found.document["linearized"] = _is_linearized(head, size)
    source = _near(file, size)
    reader = _attempt(found, lambda: _open(source, file, size))
    if reader is None:
        return
    if reader.is_encrypted:
        found.document["encrypted"] = True
        found.document.update(_attempt(found, lambda: _encryption(reader)) or {})
        if found.document.get("password_required", True):
            found.document["password_required"] = True
            return
    else:
        found.document.update(encrypted=False, password_required=False)
    root = _attempt(found, lambda: mapping(reader.root_object))
    if not root:
        found.broken = True
        return
    found.document.update(_attempt(found, lambda: _catalog(root, found.document)) or {})
    found.info = _attempt(found, lambda: _info(reader)) or {}
    found.xmp = _attempt(found, lambda: read_xmp(stream_data(root.get("/Metadata")))) or {}
    spent = (lambda: 0) if isinstance(source, io.BytesIO) else (lambda: file.jumps)
    pages = _attempt(found, lambda: read_pages(root, spent)) or Pages()
    found.broken = found.broken or pages.broken
    actions = _attempt(found, lambda: read_actions(root, pages.dictionaries)) or Actions()
    found.document.update(_stated(found.info, found.xmp))
    found.document.update(pages.facts())
    found.document.update(actions.facts())


def _attempt(found: PdfFacts, facet: Callable[[], Found]) -> Found | None:
    """What `facet` finds; None, and `broken`, where the document's structure is at fault."""
    try:
        return facet()
    except OutOfBounds:
        raise
    except Exception:  # pypdf raises whatever a broken object leads its code to
        found.broken = True
        return None


def _is_linearized(head: bytes, size: int) -> bool:
    """Whether the first page stands first; an update behind it ends that (ISO 32000-2, F.3.2)."""
    if b"/Linearized" not in head:
        return False
    length = re.search(rb"/L\s+(\d{1,12})", head)
    return length is not None and int(length[1]) == size


def _near(file: GuardedFile, size: int) -> GuardedFile | io.BytesIO:
    """A small file whole, which is one request; else the file itself."""
    return io.BytesIO(_whole(file, size)) if size <= SMALL else file


def _whole(file: GuardedFile, size: int) -> bytes:
    file.seek(0)
    return file.read(size)


def _open(source: GuardedFile | io.BytesIO, file: GuardedFile, size: int) -> PdfReader:
    """A reader that has looked at the cross-reference table, and not yet at what it refers to.

    pypdf's lenient mode looks at every object to begin with, which reads all of a large file. So
    that is for small ones, and for those of the middle that the strict mode refuses; in larger
    ones whose table is lost, nobody searches.
    """
    from pypdf import PdfReader

    try:
        if size <= SMALL:
            return PdfReader(cast("IO[bytes]", source))  # it asks for IO, and reads and seeks
        _expect_table(file, size)
        reader = PdfReader(cast("IO[bytes]", source), strict=True)
    except OutOfBounds:
        raise
    except Exception:
        if size > SEARCHED:
            raise
        return PdfReader(io.BytesIO(_with_an_end(_whole(file, size))))
    reader.strict = False
    return reader


def _expect_table(file: GuardedFile, size: int) -> None:
    """Raise where the end does not say where the table is: pypdf would search to the beginning."""
    file.seek(max(0, size - TAIL))
    if b"startxref" not in file.read(TAIL):
        raise EOFError("the document ends before its table of objects")


_CATALOG = re.compile(rb"(\d{1,9})\s+(\d{1,5})\s+obj\b[^>]{0,4000}?/Type\s*/Catalog\b")


def _with_an_end(body: bytes) -> bytes:
    """A document that was cut, with a trailer that names its catalog, so that pypdf searches it."""
    if b"startxref" in body[-TAIL:]:
        return body
    found = list(_CATALOG.finditer(body))
    root = b"/Root %b %b R" % found[-1].group(1, 2) if found else b""
    return body + b"\nendobj\ntrailer\n<<%b>>\nstartxref\n0\n%%%%EOF\n" % root


def _encryption(reader: PdfReader) -> dict[str, Any]:
    """Whether a password is needed, and what is allowed without the owner's."""
    needed = not reader.decrypt("")
    allowed = int(number(mapping(reader.trailer.get("/Encrypt")).get("/P")) or 0)
    names = tuple(name for bit, name in _PERMISSIONS.items() if allowed >> (bit - 1) & 1)
    return {"password_required": needed, "permissions": names}


def _catalog(root: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "language": text(root.get("/Lang")),
        "tagged": bool(walk(root, "/MarkInfo", "/Marked")),
    }
    stated = str(walk(root, "/Version") or "").removeprefix("/")
    if re.fullmatch(r"\d\.\d", stated) and stated > str(known.get("version", "")):
        facts["version"] = stated
    return facts


def _info(reader: PdfReader) -> dict[str, JSON]:
    info = mapping(reader.trailer.get("/Info"))
    return {
        name: value
        for key, entry in list(info.items())[:100]
        if (name := clean(key.removeprefix("/"), 100)) and (value := text(entry))
    }


def _stated(info: dict[str, JSON], xmp: dict[str, JSON]) -> dict[str, Any]:
    """What the document says of itself: the Info dictionary, and XMP where that is silent."""
    authors = xmp.get("dc:creator")
    names = [name for name in authors if isinstance(name, str)] if isinstance(authors, list) else []
    keywords = info.get("Keywords") or xmp.get("pdf:Keywords")
    part = xmp.get("pdfaid:part")
    return {
        "title": info.get("Title") or clean(xmp.get("dc:title")),
        "author": info.get("Author") or clean(", ".join(names)),
        "authors": tuple(names),
        "subject": info.get("Subject") or clean(xmp.get("dc:description")),
        "keywords": _keywords(keywords),
        "creator": info.get("Creator") or clean(xmp.get("xmp:CreatorTool")),
        "producer": info.get("Producer") or clean(xmp.get("pdf:Producer")),
        "created_at": when.iso(info.get("CreationDate")) or when.iso(xmp.get("xmp:CreateDate")),
        "modified_at": when.iso(info.get("ModDate")) or when.iso(xmp.get("xmp:ModifyDate")),
        "pdfa": clean(f"{part}{xmp.get('pdfaid:conformance', '')}", 10) if part else None,
        "pdfua": clean(xmp.get("pdfuaid:part"), 10),
    }


def _keywords(stated: JSON) -> tuple[str, ...]:
    """Keywords are one string, separated by semicolons or else by commas."""
    if not isinstance(stated, str):
        return ()
    separator = ";" if ";" in stated else ","
    return tuple(word for part in stated.split(separator)[:100] if (word := clean(part, 200)))
