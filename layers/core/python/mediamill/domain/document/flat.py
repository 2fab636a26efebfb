"""A page with what its annotations show as part of the page's own content.

PDFium leaves form fields, captions, remarks and stamps out of a page's text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pypdfium2
import pypdfium2.raw as pdfium

# What shows words of its own. The others mark what is on the page, or draw.
_WITH_TEXT = (
    pdfium.FPDF_ANNOT_FREETEXT,
    pdfium.FPDF_ANNOT_STAMP,
    pdfium.FPDF_ANNOT_WATERMARK,
    pdfium.FPDF_ANNOT_WIDGET,
)


@contextmanager
def flat(page: pypdfium2.PdfPage, number: int) -> Iterator[pypdfium2.PdfPage]:
    """Page `number` with the words of its annotations; itself where it has none.

    The page stays as it is: a copy is made flat.
    """
    copy = None
    if any(kind in _WITH_TEXT for kind in _annotations(page)):
        copy = _flattened(page, number)
    if copy is None:
        yield page
        return
    with closing(copy.pdf):
        yield copy


def _flattened(page: pypdfium2.PdfPage, number: int) -> pypdfium2.PdfPage | None:
    """The page alone in a document of its own; None where it cannot be copied."""
    copy = pypdfium2.PdfDocument.new()
    try:
        copy.import_pages(page.pdf, [number - 1])
        with closing(copy[0]) as flat:
            pdfium.FPDFPage_Flatten(flat, pdfium.FLAT_NORMALDISPLAY)
        return copy[0]  # parsed anew
    except pypdfium2.PdfiumError:
        copy.close()
        return None


def _annotations(page: pypdfium2.PdfPage) -> Iterator[int]:
    for index in range(pdfium.FPDFPage_GetAnnotCount(page)):
        if annotation := pdfium.FPDFPage_GetAnnot(page, index):
            yield pdfium.FPDFAnnot_GetSubtype(annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)
