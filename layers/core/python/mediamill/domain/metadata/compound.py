"""Compound files, in which Office kept documents until 2007 and keeps encrypted ones still."""

from __future__ import annotations

import struct
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from mediamill.domain.metadata.archive import Refused
from mediamill.domain.metadata.guard import OutOfBounds
from mediamill.domain.metadata.text import clean, decode
from mediamill.domain.metadata.window import SeekableFile

if TYPE_CHECKING:
    from olefile import OleFileIO

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LONGEST_SET = 1024 * 1024

# Property numbers of the two sets ([MS-OLEPS] 3.1).
_SUMMARY = {
    2: "title",
    3: "subject",
    4: "author",
    5: "keywords",
    6: "description",
    7: "template",
    8: "last_modified_by",
    9: "revision",
    12: "created_at",
    13: "modified_at",
    14: "page_count",
    15: "word_count",
    16: "character_count",
    18: "creator",
}
_MORE = {6: "paragraph_count", 7: "slide_count", 15: "company", 17: "character_count"}
_COUNTS = ("page_count", "word_count", "character_count", "paragraph_count", "slide_count")
_DATES = ("created_at", "modified_at")
_CODEPAGE = 1
_MAIN_STREAMS = {
    "worddocument": "doc",
    "workbook": "xls",
    "book": "xls",
    "powerpoint document": "ppt",
    "visiodocument": "vsd",
    "__properties_version1.0": "msg",
}
_MACROS = {"_vba_project", "_vba_project_cur", "macros", "vba"}
# Word's header: bit 8 of the flags at byte 10 ([MS-DOC] 2.5.2).
_WORD_ENCRYPTED = 0x0100


def read_compound(file: SeekableFile) -> tuple[str | None, dict[str, Any]]:
    """The format, and the fields of DocumentFacts; raises Refused for a broken file."""
    from olefile import OleFileIO

    try:
        with OleFileIO(cast("Any", file)) as compound:
            return _read(compound)
    except OutOfBounds:
        raise
    except Exception as error:  # olefile raises whatever a broken table leads its code to
        raise Refused("broken_document", "The file's structure cannot be read.") from error


def _read(compound: OleFileIO[Any]) -> tuple[str | None, dict[str, Any]]:
    names = {part.lower() for path in compound.listdir(storages=True) for part in path}
    if "encryptedpackage" in names:
        return "ooxml", {"encrypted": True, "password_required": True}
    format_ = next((kind for name, kind in _MAIN_STREAMS.items() if name in names), None)
    stated = _properties(compound, "\x05SummaryInformation", _SUMMARY)
    stated |= _properties(compound, "\x05DocumentSummaryInformation", _MORE)
    facts: dict[str, Any] = {"has_macros": bool(names & _MACROS)}
    for name, value in stated.items():
        if name in _COUNTS:
            facts[name] = value if isinstance(value, int) and 0 <= value < 2**31 else None
        elif name in _DATES:
            facts[name] = f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else None
        elif name == "revision":
            facts[name] = int(text[:9]) if (text := str(value)).isdecimal() else None
        elif name == "keywords":
            words = str(value).split(";" if ";" in str(value) else ",")[:100]
            facts[name] = tuple(word for part in words if (word := clean(part, 200)))
        else:
            facts[name] = clean(value)
    if format_ != "ppt":
        facts.pop("slide_count", None)
    if format_ == "doc":
        head = compound.openstream("WordDocument").read(12)
        encrypted = len(head) == 12 and bool(
            struct.unpack_from("<H", head, 10)[0] & _WORD_ENCRYPTED
        )
        facts.update(encrypted=encrypted, password_required=encrypted)
    return format_, facts


def _properties(compound: OleFileIO[Any], stream: str, names: dict[int, str]) -> dict[str, Any]:
    if not compound.exists(stream) or compound.get_size(stream) > LONGEST_SET:
        return {}
    found = compound.getproperties(stream, convert_time=True)
    codepage = found.get(_CODEPAGE, 1252)
    return {
        name: _decoded(value, codepage) if isinstance(value, bytes) else value
        for number, name in names.items()
        if (value := found.get(number)) not in (None, b"", "")
    }


def _decoded(raw: bytes, codepage: object) -> str:
    # The type of a code page is a signed short: 65001 is read as -535.
    number = codepage % 65_536 if isinstance(codepage, int) else 1252
    name = {1200: "utf-16-le", 10000: "mac-roman", 65001: "utf-8"}.get(number, f"cp{number}")
    try:
        text = raw.decode(name, "replace")
    except LookupError:
        text = decode(raw)
    return text.split("\0", 1)[0]
