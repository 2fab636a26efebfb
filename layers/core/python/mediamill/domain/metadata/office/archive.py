"""A zip file by its directory: parts read whole within bounds, their XML without entities."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ElementTree
import zipfile
import zlib
from typing import IO, cast

from mediamill.domain.facts import ArchiveEntry, ArchiveFacts
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import SeekableFile

MOST_ENTRIES = 20_000
LONGEST_DIRECTORY = 8 * 1024 * 1024
LONGEST_PART = 8 * 1024 * 1024
# Tika's bound, which real documents stay below; small parts of repetitive XML exceed it harmlessly.
STEEPEST_RATIO = 100
SMALL_PART = 1024 * 1024

# The end of the central directory record, and the longest comment that may follow it.
_END = b"PK\x05\x06"
_TAIL = 22 + 65_535


class Refused(Exception):
    """A part or a whole archive that is not read: `code` and a sentence."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Archive:
    """The parts of a zip file; raises Refused where its directory is broken or out of bounds."""

    def __init__(self, file: SeekableFile) -> None:
        _weigh_directory(file)
        try:
            # zipfile asks for IO, and reads, seeks and tells.
            self._zip = zipfile.ZipFile(cast("IO[bytes]", file))
        except (
            zipfile.BadZipFile,
            NotImplementedError,  # a version of the format that is to come
            ValueError,
            struct.error,
            OverflowError,
        ) as error:
            raise Refused("broken_document", "The archive's directory cannot be read.") from error
        self.names = tuple(self._zip.namelist())

    def has(self, name: str) -> bool:
        """Whether there is a part of that name."""
        return name in self._zip.NameToInfo

    def part(self, name: str) -> bytes | None:
        """A part's bytes; None where there is none. Raises Refused past the bounds."""
        if not self.has(name):
            return None
        entry = self._zip.getinfo(name)
        if entry.flag_bits & 1:
            raise Refused("password_required", "Parts of the archive are encrypted.")
        steep = entry.file_size > STEEPEST_RATIO * max(1, entry.compress_size)
        if entry.file_size > LONGEST_PART or (entry.file_size > SMALL_PART and steep):
            raise Refused("too_large", "A part grows too large when it is unpacked.")
        try:
            with self._zip.open(entry) as stream:
                body: bytes = stream.read(LONGEST_PART + 1)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
            struct.error,
        ) as error:
            raise Refused("broken_document", "A part cannot be unpacked.") from error
        if len(body) > LONGEST_PART:
            raise Refused("too_large", "A part grows too large when it is unpacked.")
        return body

    def listing(self, most: int) -> ArchiveFacts:
        """The first entries by name, and all of them by number and size."""
        files = [entry for entry in self._zip.infolist() if not entry.is_dir()]
        names = ((clean(entry.filename, 500), entry.file_size) for entry in files[:most])
        return ArchiveFacts(
            entry_count=len(files),
            unpacked_bytes=sum(entry.file_size for entry in files),
            encrypted=any(entry.flag_bits & 1 for entry in files),
            entries=tuple(ArchiveEntry(name, size) for name, size in names if name),
        )

    def tree(self, name: str) -> ElementTree.Element | None:
        """A part's XML; None where there is none. Raises Refused for DTDs, entities and faults."""
        body = self.part(name)
        return None if body is None else parse_xml(body, name)


def parse_xml(body: bytes, name: str) -> ElementTree.Element:
    """The root of an XML document that defines no entities."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: ElementTree.Element = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise Refused("unsafe_xml", "A part of the file defines entities.") from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Refused("broken_document", "A part of the file is not well-formed XML.") from error
    return root


def _weigh_directory(file: SeekableFile) -> None:
    """Refuse before zipfile makes an object of every entry."""
    end = file.seek(0, 2)
    file.seek(max(0, end - _TAIL))
    tail = file.read(_TAIL)
    at = tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise Refused("truncated", "The archive ends before its directory.")
    entries, size = struct.unpack_from("<HI", tail, at + 10)
    if entries > MOST_ENTRIES or size > LONGEST_DIRECTORY:
        raise Refused("too_many_entries", "The archive has too many parts to be an office file.")
