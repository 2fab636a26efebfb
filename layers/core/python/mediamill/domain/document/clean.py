"""PDF to PDF: a clean copy, single pages, a range of pages.

Clean means that opening it runs, fetches, sends and reveals nothing: no JavaScript, no actions but
going to a place in the document or to a web address, no embedded files, no metadata. Pictures
inside are copied as they are, with whatever their own files say.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pypdf import PdfReader, apply_configuration
from pypdf.errors import FileNotDecryptedError, PyPdfError
from pypdf.generic import DictionaryObject

from mediamill.domain.document.open import LOCKED, LOCKED_OTHERWISE
from mediamill.domain.document.parts import PageRange
from mediamill.domain.document.structure import write
from mediamill.domain.errors import Broken, PasswordRequired, Unprocessable
from mediamill.domain.limits import MEGA

_GONE_EVERYWHERE = {
    "/AA",  # additional actions
    "/AF",  # associated files
    "/EF",  # embedded file streams of a file specification
    "/EmbeddedFiles",
    "/JS",
    "/JavaScript",
    "/Metadata",
    "/PieceInfo",  # private data of the program that made it
    "/XFA",  # forms with scripts of their own
    "/OpenAction",
    "/Collection",
    "/Perms",  # signatures that the change would break
    "/DSS",
    "/Requirements",
}
# Named destinations, outlines and structure lead to pages that an excerpt does not have.
_GONE_FROM_EXCERPTS = {
    "/Dests",
    "/Names",
    "/Outlines",
    "/PageLabels",
    "/StructParents",
    "/StructTreeRoot",
    "/Threads",
    "/B",
}
_ACTIONS = {"/GoTo", "/URI", "/Named"}
_ANNOTATIONS_GONE = {"/FileAttachment", "/Movie", "/RichMedia", "/Screen", "/Sound", "/3D"}
_WEB = ("http://", "https://", "mailto:")
_STREAM_BYTES = 75 * MEGA  # pypdf's own bound on what one stream may unpack to


def whole(reader: PdfReader) -> bytes:
    """All of the document, cleaned. Raises Broken."""
    with explained():
        return write(reader, range(len(reader.pages)), _harmless)


def excerpt(reader: PdfReader, part: PageRange) -> bytes:
    """The pages of a range, cleaned; those past the end are left out.

    Raises Broken, also where not one of the pages is there.
    """
    with explained():
        chosen = range(part.first - 1, min(part.last, len(reader.pages)))
        if not chosen:
            raise Broken(f"The document has no page {part.first}.", code="broken_document")
        return write(reader, chosen, _excerpted)


@contextmanager
def opened(source: bytes, password: str = "") -> Iterator[PdfReader]:
    """The document as pypdf reads it. Raises PasswordRequired or Broken."""
    with explained(), apply_configuration(zlib_maximum_output_length=_STREAM_BYTES):
        reader = PdfReader(io.BytesIO(source), strict=False)
        if reader.is_encrypted and not (reader.decrypt("") or reader.decrypt(password)):
            raise PasswordRequired(LOCKED_OTHERWISE if password else LOCKED)
        if len(reader.pages) < 1:
            raise Broken("The document has no page.", code="broken_document")
        yield reader


@contextmanager
def explained() -> Iterator[None]:
    """Turn the many kinds of exceptions that pypdf raises into PasswordRequired or Broken."""
    try:
        yield
    except Unprocessable:
        raise
    except FileNotDecryptedError as error:
        raise PasswordRequired(LOCKED) from error
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError,
            AssertionError, RecursionError, OverflowError, OSError) as error:  # fmt: skip
        raise Broken("The document cannot be rewritten.", code="broken_document") from error


def _harmless(dictionary: DictionaryObject, name: str, value: Any) -> bool:
    if name in _GONE_EVERYWHERE:
        return False
    if not isinstance(value, DictionaryObject):
        return True
    if name in ("/A", "/Next", "/PA", "") and _is_action(value):
        return _is_harmless_action(value)
    return value.get("/Subtype") not in _ANNOTATIONS_GONE or name not in ("", "/Parent", "/IRT")


def _excerpted(dictionary: DictionaryObject, name: str, value: Any) -> bool:
    return name not in _GONE_FROM_EXCERPTS and _harmless(dictionary, name, value)


def _is_action(value: DictionaryObject) -> bool:
    kind = value.get("/S")
    return value.get("/Type") == "/Action" or (
        kind is not None and ("/D" in value or "/URI" in value or kind not in _STRUCTURES)
    )


_STRUCTURES = {"/Transparency", "/D", "/R", "/r", "/A", "/a"}  # other dictionaries that have an /S


def _is_harmless_action(action: DictionaryObject) -> bool:
    kind = action.get("/S")
    if kind == "/URI":
        return str(action.get("/URI", "")).strip().lower().startswith(_WEB)
    return kind in _ACTIONS
