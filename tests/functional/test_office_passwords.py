"""Documents that somebody locked with a password, each as a program really writes it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from made import locked_ppt
from made import office as made
from made.libreoffice import as_pdf, save, text_of

from mediamill.domain.errors import PasswordRequired
from mediamill.domain.kind import Kind
from mediamill.domain.metadata import describe
from mediamill.domain.office import formats
from mediamill.domain.office.conversion import Office
from mediamill.domain.office.formats import Family, Format

OPEN = {
    Family.TEXT: made.odf("text", "<text:p>hidden words</text:p>"),
    Family.SHEET: made.xlsx([["hidden words"]]),
    Family.SLIDES: made.odf(
        "presentation",
        '<draw:page draw:name="One"><draw:frame svg:width="9cm" svg:height="3cm"><draw:text-box>'
        "<text:p>hidden words</text:p></draw:text-box></draw:frame></draw:page>",
    ),
}
FORMATS = [
    *(formats.DOC, formats.DOCX, formats.ODT),
    *(formats.XLS, formats.XLSX, formats.ODS),
    *(formats.PPT, formats.PPTX, formats.ODP),
]


def locked(format_: Format, password: str, careless: Office, folder: Path) -> bytes:
    """A document of this format, locked by LibreOffice, a ppt by ourselves."""
    document = OPEN[format_.family]
    if format_ is formats.PPT:
        return locked_ppt.lock(save(document, format_, careless, folder), password)
    return save(document, format_, careless, folder, password=password)


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.extension)
def test_what_a_password_locks_says_so(
    format_: Format, office: Office, careless: Office, tmp_path: Path
) -> None:
    name = f"locked.{format_.extension}"
    original = locked(format_, "secret", careless, tmp_path)
    with pytest.raises(PasswordRequired) as caught:
        as_pdf(original, name, office, tmp_path)
    assert caught.value.code == "password_required"
    record = describe(
        io.BytesIO(original), key=name, size=len(original), kind=Kind.OFFICE, content_type=""
    )
    assert record.document is not None
    assert record.document.encrypted
    if format_ is not formats.XLS:  # which a password that everyone knows might open
        assert [problem.code for problem in record.problems] == ["password_required"]


@pytest.mark.parametrize("format_", FORMATS, ids=lambda format_: format_.extension)
def test_the_same_documents_can_be_read_without_a_password(
    format_: Format, office: Office, careless: Office, tmp_path: Path
) -> None:
    name = f"open.{format_.extension}"
    original = save(OPEN[format_.family], format_, careless, tmp_path)
    assert "hidden words" in text_of(as_pdf(original, name, office, tmp_path))
    record = describe(
        io.BytesIO(original), key=name, size=len(original), kind=Kind.OFFICE, content_type=""
    )
    assert record.document is not None
    assert not record.document.encrypted
    assert not record.problems


def test_a_workbook_locked_with_the_password_that_everyone_knows_opens(
    office: Office, careless: Office, tmp_path: Path
) -> None:
    """Excel's own, where somebody protects the structure of a workbook ([MS-XLS] 2.4.191)."""
    original = locked(formats.XLS, "VelvetSweatshop", careless, tmp_path)
    assert b"hidden" not in original
    assert "hidden words" in text_of(as_pdf(original, "a.xls", office, tmp_path))
