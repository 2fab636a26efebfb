"""OLE compound files (doc, xls, ppt, and encrypted OOXML): what they are, and whether locked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import olefile

from mediamill.domain import office_encryption
from mediamill.domain.errors import Broken, PasswordRequired, Unsupported
from mediamill.domain.office import sheets
from mediamill.domain.office.formats import DOC, DOC_95, OTHERS, PPT, XLS, XLS_95, Format
from mediamill.domain.other_offices import begins_like

_LOCKED = "The document is encrypted with a password."
_HEAD = 65_536
_BEGINNING = 16
_CONTENTS = {b"CHNK": "works", b"\xe8\xac": "publisher"}
_STREAMS = (
    ("VisioDocument", "vsd"),
    ("Quill/QuillSub/CONTENTS", "publisher"),
    ("StarWriterDocument", "starwriter"),
    ("StarCalcDocument", "starcalc"),
)
_WORD_8 = 0x00C1  # nFib of Word 97; below it is Word 6 and 95 ([MS-DOC] 2.5.1)


@contextmanager
def opened(original: Path, *, write: bool = False) -> Iterator[olefile.OleFileIO[Any]]:
    """The compound file, open; a torn one is Broken, whoever notices."""
    try:
        with olefile.OleFileIO(str(original), write_mode=write) as compound:
            yield compound
    except (OSError, ValueError, IndexError, MemoryError, struct.error) as error:
        raise Broken(
            "The document is damaged: its streams cannot be read.", code="broken_document"
        ) from error


def recognise(compound: olefile.OleFileIO[Any]) -> Format:
    """Which format it is, by its streams.

    Raises PasswordRequired for the ones that no default password opens, Unsupported for others.
    """
    if compound.exists("EncryptedPackage"):
        raise PasswordRequired(_LOCKED)
    if compound.exists("WordDocument"):
        head = compound.openstream("WordDocument").read(12)
        (version,) = struct.unpack_from("<H", head, 2)
        if office_encryption.is_locked_document(head):
            raise PasswordRequired(_LOCKED)
        return DOC if version >= _WORD_8 else DOC_95
    if compound.exists("Workbook"):
        return XLS
    if compound.exists("Book"):
        return XLS_95
    if compound.exists("PowerPoint Document"):
        if compound.exists("Current User") and office_encryption.is_locked_presentation(
            compound.openstream("Current User").read(16)
        ):
            raise PasswordRequired(_LOCKED)
        return PPT
    if (other := _of_another_program(compound)) is not None:
        return OTHERS[other]
    raise Unsupported("This compound file is no document that LibreOffice reads.")


def _of_another_program(compound: olefile.OleFileIO[Any]) -> str | None:
    for stream, name in _STREAMS:
        if compound.exists(stream):
            return name
    for stream in ("PerfectOffice_MAIN", "NativeContent_MAIN"):
        if compound.exists(stream):
            return begins_like(compound.openstream(stream).read(_BEGINNING)) or "quattro"
    if compound.exists("CONTENTS"):  # olefile asks in any case: Publisher's is `Contents`
        begins = compound.openstream("CONTENTS").read(_BEGINNING)
        return _CONTENTS.get(begins[:4]) or _CONTENTS.get(begins[:2])
    return "works" if compound.exists("MM") else None  # of version 3 and 4


def is_locked_workbook(original: Path) -> bool:
    """Whether an xls is encrypted.

    Excel encrypts some workbooks with a password that everyone knows, and LibreOffice knows it
    too, so an encrypted one is tried first and judged by the outcome.
    """
    with opened(original) as compound:
        name = "Workbook" if compound.exists("Workbook") else "Book"
        return office_encryption.is_locked_workbook(compound.openstream(name).read(_HEAD))


def fit_sheets(copy: Path) -> None:
    """Fit a copied xls that is not encrypted to the page's width, in place."""
    with opened(copy, write=True) as compound:
        stream = compound.openstream("Workbook").read()
        fitted = sheets.fit_binary_workbook(stream)
        if fitted != stream:
            compound.write_stream("Workbook", fitted)
