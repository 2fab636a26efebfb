"""PDF to PDF: a clean copy, single pages, a range of pages.

Clean means that opening it runs, fetches, sends and reveals nothing: no JavaScript, no actions but
going to a place in the document or to a web address, no embedded files, no metadata. Pictures
inside are copied as they are, with whatever their own files say.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pypdf import PdfReader, apply_configuration
from pypdf.errors import FileNotDecryptedError, PyPdfError
from pypdf.generic import DictionaryObject

from mediamill.domain.derivative import Product
from mediamill.domain.document.parts import PageRange
from mediamill.domain.document.structure import write
from mediamill.domain.errors import Broken, PasswordRequired, Unprocessable
from mediamill.domain.limits import MEGA, Limits

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


def clean(source: Path | bytes) -> Product:
    """The whole document, cleaned. Raises PasswordRequired or Broken."""
    with _opened(source) as reader:
        return _product(write(reader, range(len(reader.pages)), _harmless))


def page_range(source: Path | bytes, part: PageRange) -> Product:
    """The pages of a range as a clean PDF; pages past the end are left out.

    Raises PasswordRequired, or Broken where not one of the pages is there.
    """
    with _opened(source) as reader:
        chosen = range(part.first - 1, min(part.last, len(reader.pages)))
        if not chosen:
            raise Broken(f"The document has no page {part.first}.", code="broken_document")
        return _product(write(reader, chosen, _excerpted))


def single_pages(source: Path | bytes, limits: Limits | None = None) -> Iterator[Product]:
    """Each page as a clean PDF of its own, up to `limits.pages`. Raises as `clean` does."""
    most = (limits or Limits()).pages
    with _opened(source) as reader:
        count = len(reader.pages)
        for index in range(min(most, count)):
            body = write(reader, [index], _excerpted)
            last = index + 1 == most < count
            yield _product(body, name="pages", page=index + 1, truncated=last)


@contextmanager
def _opened(source: Path | bytes) -> Iterator[PdfReader]:
    body = source.read_bytes() if isinstance(source, Path) else source
    try:
        with apply_configuration(zlib_maximum_output_length=_STREAM_BYTES):
            reader = PdfReader(io.BytesIO(body), strict=False)
            if reader.is_encrypted and not reader.decrypt(""):
                raise PasswordRequired("The document is encrypted with a password.")
            if len(reader.pages) < 1:
                raise Broken("The document has no page.", code="broken_document")
            yield reader
    except Unprocessable:
        raise
    except FileNotDecryptedError as error:
        raise PasswordRequired("The document is encrypted with a password.") from error
    except (PyPdfError, ValueError, TypeError, KeyError, AttributeError, IndexError,
            AssertionError, RecursionError, OverflowError, OSError) as error:  # fmt: skip
        # pypdf meets broken files with many kinds of exceptions
        raise Broken(f"The document cannot be rewritten: {error}", code="broken_document") from (
            error
        )


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


def _product(
    body: bytes, *, name: str = "pdf", page: int | None = None, truncated: bool = False
) -> Product:
    return Product(name, body, "pdf", page=page, truncated=truncated)
