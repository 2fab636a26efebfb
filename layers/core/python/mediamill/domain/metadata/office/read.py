"""Office files and books by what their first bytes say: zip, compound file or RTF."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mediamill.domain.facts import ArchiveFacts, DocumentFacts
from mediamill.domain.metadata.office import iwork, odf, ooxml
from mediamill.domain.metadata.office.archive import Archive, Refused
from mediamill.domain.metadata.office.compound import MAGIC, read_compound
from mediamill.domain.metadata.office.epub import read_epub
from mediamill.domain.metadata.office.plain import format_of_text, read_plain_text
from mediamill.domain.metadata.office.properties import Properties
from mediamill.domain.metadata.office.rtf import read_rtf
from mediamill.domain.metadata.reading.guard import MIB, GuardedFile, OutOfBounds
from mediamill.domain.metadata.reading.window import SeekableFile, Window

MOST_READ = 32 * MIB
MOST_LISTED = 200
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(slots=True)
class OfficeFacts:
    """What was found: the format, the document's block, and the problems on the way."""

    format: str | None = None
    document: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    archive: ArchiveFacts | None = None

    def facts(self) -> DocumentFacts:
        """The typed block."""
        return DocumentFacts(**self.document)


def read_office(file: SeekableFile, size: int, content_type: str) -> OfficeFacts | None:
    """The facts of an office file, a book, a text or an archive; None for anything else.

    Raises only what the file raises.
    """
    guarded = GuardedFile(file, most=MOST_READ)
    window = Window(guarded, 0, size)
    head = window.at(0, 8)
    found = OfficeFacts()
    try:
        if head[:4] in _ZIP:
            _zip(guarded, content_type, found)
        elif head == MAGIC:
            found.format, found.document = read_compound(guarded)
        elif head.startswith(b"{\\rtf"):
            found.format, found.document = "rtf", read_rtf(window)
        elif content_type.endswith("-flat-xml"):
            found.format, found.document = odf.read_flat(window, content_type)
        elif format_ := format_of_text(content_type):
            found.format, found.document = format_, read_plain_text(window, format_)
        else:
            return None
    except OutOfBounds:
        found.problems.append(
            ("read_limit", "The file is too complex to be read for a description.")
        )
    except Refused as refusal:
        found.problems.append((refusal.code, str(refusal)))
    guarded.reraise()
    if found.document.get("password_required"):
        found.problems.append(("password_required", "The document opens with a password only."))
    return found


def _zip(file: GuardedFile, content_type: str, found: OfficeFacts) -> None:
    found.format = "zip"
    archive = Archive(file)
    properties = Properties()
    declared = (archive.part("mimetype") or b"")[:200].decode("ascii", "replace").strip()
    if format_ := odf.format_of(declared):
        found.format = format_
        found.document = odf.read_odf(archive, format_, properties)
    elif declared == "application/epub+zip" or archive.has("META-INF/container.xml"):
        found.format = "epub"
        found.document = read_epub(archive, properties)
    elif archive.has("[Content_Types].xml"):
        found.format = ooxml.format_of(archive) or "zip"
        if found.format != "zip":
            found.document = ooxml.read_ooxml(archive, properties)
    elif format_ := iwork.format_of(archive, content_type):
        found.format = format_
        found.document = iwork.read_iwork(archive, format_)
    if found.format == "zip":
        found.archive = archive.listing(MOST_LISTED)
    found.problems += [(refusal.code, str(refusal)) for refusal in properties.problems]
