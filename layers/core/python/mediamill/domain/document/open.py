"""Open a PDF: with PDFium as it is, with an empty user password, or repaired by pypdf."""

from __future__ import annotations

import io
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pypdfium2
import pypdfium2.raw as pdfium

from mediamill.domain import fonts
from mediamill.domain.document.typefaces import look_in
from mediamill.domain.errors import Broken, PasswordRequired, Unprocessable, Unsupported

LOCKED = "The document is encrypted with a password."
LOCKED_OTHERWISE = "The document is encrypted with another password than the one given."

_PROBED = 10  # pages of which one must be readable; the page count itself may be a lie

_REASONS = {
    pdfium.FPDF_ERR_FORMAT: "The file is no PDF, or too damaged to find its parts.",
    pdfium.FPDF_ERR_PAGE: "Not one of the first pages of the document can be read.",
}

look_in([fonts.OWN])  # now: later there may be something open


class Document:
    """An open PDF. A context manager: leaving it frees what PDFium holds.

    `page_count` is at least 1; `repaired` tells that pypdf had to rebuild the file.
    """

    def __init__(self, engine: pypdfium2.PdfDocument, *, repaired: bool = False) -> None:
        self._engine = engine
        self.repaired = repaired
        self.page_count: int = len(engine)
        self._last: tuple[int, pypdfium2.PdfPage] | None = None
        # Without a form environment PDFium leaves out the values of form fields. It must be there
        # before the first page is loaded. PDFium's wheel has no JavaScript engine to go with it.
        if engine.get_formtype() != pdfium.FORMTYPE_NONE:
            with suppress(pypdfium2.PdfiumError):
                engine.init_forms()

    def page(self, number: int) -> pypdfium2.PdfPage:
        """Page `number`, counted from 1, parsed; it is freed when another is asked for.

        Parsing is most of a page's text and a tenth of its picture: what is made of one page in
        turn pays for it once. Raises Broken where the page cannot be loaded.
        """
        if self._last is not None:
            known, page = self._last
            if known == number:
                return page
            self._last = None
            page.close()
        try:
            page = self._engine[number - 1]
        except pypdfium2.PdfiumError as error:
            raise Broken(
                f"Page {number} of the document cannot be read.", code="broken_document"
            ) from error
        self._last = (number, page)
        return page

    def has_page(self, number: int) -> bool:
        """Whether page `number` can be loaded."""
        try:
            self.page(number)
        except Broken:
            return False
        return True

    def page_size(self, number: int) -> tuple[float, float]:
        """Width and height of page `number` as displayed, in points, without parsing the page.

        A page that has no readable size is a US letter, as PDFium takes it.
        """
        try:
            width, height = self._engine.get_page_size(number - 1)
        except pypdfium2.PdfiumError:
            width, height = 0.0, 0.0
        return (width, height) if width > 0 and height > 0 else (612.0, 792.0)

    def save(self, to: IO[bytes]) -> None:
        """Write it anew as PDFium has read it, without its encryption."""
        self._engine.save(to, flags=pdfium.FPDF_NO_INCREMENTAL | pdfium.FPDF_REMOVE_SECURITY)

    def close(self) -> None:
        """Free what PDFium holds."""
        if self._last is not None:
            self._last[1].close()
            self._last = None
        self._engine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def open_document(source: Path | bytes, password: str = "") -> Document:
    """The PDF at a path, or in memory, opened with the password, or the empty one, if it has one.

    Cross-references that PDFium cannot repair by itself are rebuilt with pypdf. Raises
    PasswordRequired, Unsupported (a security handler that is no password), or Broken with code
    `broken_document`.
    """
    if not (source.stat().st_size if isinstance(source, Path) else source):
        raise Broken("The file is empty.", code="broken_document")
    try:
        return _unlocked(source, password)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise PasswordRequired(LOCKED_OTHERWISE if password else LOCKED) from error
        if error.err_code == pdfium.FPDF_ERR_SECURITY:
            raise Unsupported("The document is protected by an unknown security handler.") from (
                error
            )
        reason = _REASONS.get(error.err_code, "The document cannot be read as a PDF.")
    try:
        return _document(_rebuilt(source, password), repaired=True)
    except Unprocessable:
        raise
    except Exception as error:  # pypdf meets broken files with many kinds of exceptions
        raise Broken(reason, code="broken_document") from error


def _unlocked(source: Path | bytes, password: str) -> Document:
    try:
        return _document(source, password)
    except pypdfium2.PdfiumError as error:
        if not password or error.err_code != pdfium.FPDF_ERR_PASSWORD:
            raise
    return _document(source)  # locked by its owner alone, whose password this is not


def _document(source: Path | bytes, password: str = "", *, repaired: bool = False) -> Document:
    engine = pypdfium2.PdfDocument(source, password=password or None)
    document = Document(engine, repaired=repaired)
    if not any(map(document.has_page, range(1, min(document.page_count, _PROBED) + 1))):
        document.close()
        raise pypdfium2.PdfiumError("none of its pages can be read", pdfium.FPDF_ERR_PAGE)
    return document


def _rebuilt(source: Path | bytes, password: str) -> bytes:
    """The pages that pypdf finds by scanning the file, written anew."""
    from pypdf import PdfReader, PdfWriter
    from pypdf.errors import FileNotDecryptedError

    stream = source.open("rb") if isinstance(source, Path) else io.BytesIO(source)
    with stream:
        reader = PdfReader(stream, strict=False)
        if reader.is_encrypted and not (reader.decrypt("") or reader.decrypt(password)):
            raise PasswordRequired(LOCKED_OTHERWISE if password else LOCKED)
        writer = PdfWriter()
        try:
            for page in reader.pages:
                writer.add_page(page)
        except FileNotDecryptedError as error:
            raise PasswordRequired(LOCKED) from error
        if not writer.pages:
            raise Broken("The document has no page.", code="broken_document")
        rebuilt = io.BytesIO()
        writer.write(rebuilt)
    return rebuilt.getvalue()
