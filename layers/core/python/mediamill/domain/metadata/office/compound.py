"""Compound files, in which Office kept documents until 2007 and keeps encrypted ones still."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from mediamill.domain import office_encryption
from mediamill.domain.metadata.office.archive import Refused
from mediamill.domain.metadata.reading.guard import OutOfBounds, within
from mediamill.domain.metadata.reading.text import clean, decode
from mediamill.domain.metadata.reading.window import SeekableFile

if TYPE_CHECKING:
    from olefile import OleFileIO

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LONGEST_SET = 1024 * 1024
LONGEST_TEXT = 65_536
MOST_PROPERTIES = 200
MOST_SECONDS = 5.0

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


def read_compound(file: SeekableFile) -> tuple[str | None, dict[str, Any]]:
    """The format, and the fields of DocumentFacts; raises Refused for a broken file."""
    from olefile import OleFileIO

    try:
        return within(MOST_SECONDS, lambda: _read(OleFileIO(cast("Any", file))))
    except OutOfBounds:
        raise
    except Exception as error:  # olefile raises whatever a broken table leads its code to
        raise Refused("broken_document", "The file's structure cannot be read.") from error


def _read(compound: OleFileIO[Any]) -> tuple[str | None, dict[str, Any]]:
    paths = [[part.lower() for part in path] for path in compound.listdir(storages=True)]
    own = {path[0] for path in paths}  # further down stand the documents inside of this one
    if "encryptedpackage" in own:
        return "ooxml", {"encrypted": True, "password_required": True}
    format_ = next((kind for name, kind in _MAIN_STREAMS.items() if name in own), None)
    stated = _properties(compound, "\x05SummaryInformation", _SUMMARY)
    stated |= _properties(compound, "\x05DocumentSummaryInformation", _MORE)
    facts: dict[str, Any] = {"has_macros": any(_MACROS.intersection(path) for path in paths)}
    for name, value in stated.items():
        if name in _COUNTS:
            facts[name] = value if isinstance(value, int) and 0 <= value < 2**31 else None
        elif name in _DATES:
            facts[name] = value if isinstance(value, str) else None
        elif name == "revision":
            facts[name] = int(text[:9]) if (text := str(value)).isdecimal() else None
        elif name == "keywords":
            words = str(value).split(";" if ";" in str(value) else ",")[:100]
            facts[name] = tuple(word for part in words if (word := clean(part, 200)))
        else:
            facts[name] = clean(value)
    if format_ != "ppt":
        facts.pop("slide_count", None)
    facts |= _encryption(compound, format_)
    return format_, facts


def _encryption(compound: OleFileIO[Any], format_: str | None) -> dict[str, bool]:
    """Of an encrypted workbook it is not said that it takes a password: Excel's own may open it."""

    def head(*names: str) -> bytes:
        name = next((name for name in names if compound.exists(name)), None)
        return compound.openstream(name).read(65_536) if name else b""

    if format_ == "xls":
        return {"encrypted": office_encryption.is_locked_workbook(head("Workbook", "Book"))}
    if format_ == "doc":
        locked = office_encryption.is_locked_document(head("WordDocument"))
    elif format_ == "ppt":
        locked = office_encryption.is_locked_presentation(head("Current User"))
    else:
        return {}
    return {"encrypted": locked, "password_required": locked}


def _properties(compound: OleFileIO[Any], stream: str, names: dict[int, str]) -> dict[str, Any]:
    """The named properties of a set's first section ([MS-OLEPS] 2.18 to 2.20).

    Read here and not by olefile, which takes a damaged count of four billion at its word.
    """
    if not compound.exists(stream):
        return {}
    body = compound.openstream(stream).read(LONGEST_SET)
    start = _number("<I", body, 44) or 0
    section = body[start:]
    places: dict[int, int] = {}
    for index in range(min(_number("<I", section, 4) or 0, MOST_PROPERTIES)):
        number = _number("<I", section, 8 + 8 * index)
        place = _number("<I", section, 12 + 8 * index)
        if number is not None and place is not None:
            places.setdefault(number, place)
    codepage = _value(section, places.get(_CODEPAGE, len(section)), 1252)
    found = {
        name: _value(section, places[number], codepage)
        for number, name in names.items()
        if number in places
    }
    return {name: value for name, value in found.items() if value not in (None, "")}


def _value(section: bytes, at: int, codepage: object) -> Any:
    """A property's value: a number, text, or a time; None for other types and damage."""
    kind, size = _number("<H", section, at), _number("<I", section, at + 4)
    if size is None:
        return None
    if kind == 2:
        return _number("<H", section, at + 4)
    if kind == 3:
        return _number("<i", section, at + 4)
    if kind == 30:
        return _decoded(section[at + 8 : at + 8 + min(size, LONGEST_TEXT)], codepage)
    if kind == 31:
        text = section[at + 8 : at + 8 + 2 * min(size, LONGEST_TEXT)]
        return text.decode("utf-16-le", "replace").split("\0", 1)[0]
    if kind == 64:
        return _time(_number("<Q", section, at + 4) or 0)
    return None


def _number(form: str, body: bytes, at: int) -> int | None:
    if at + struct.calcsize(form) > len(body):
        return None
    number: int = struct.unpack_from(form, body, at)[0]
    return number


def _time(ticks: int) -> str | None:
    """100 ns since 1601, in UTC; an unset time, or the time spent editing, is no date."""
    try:
        moment = datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)
    except OverflowError:
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if 1970 < moment.year < 2200 else None


def _decoded(raw: bytes, codepage: object) -> str:
    number = codepage if isinstance(codepage, int) else 1252
    name = {1200: "utf-16-le", 10000: "mac-roman", 65001: "utf-8"}.get(number, f"cp{number}")
    try:
        text = raw.decode(name, "replace")
    except LookupError:
        text = decode(raw)
    return text.split("\0", 1)[0]
