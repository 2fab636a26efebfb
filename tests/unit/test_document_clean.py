"""Cleaning and splitting: what stays, what goes, and that the result is a PDF that is smaller."""

from __future__ import annotations

import io
import subprocess
from pathlib import Path
from shutil import which

import pytest
from made import pdf
from pypdf import PdfReader, PdfWriter
from pypdf.generic import StreamObject

from mediamill.domain.document import PageRange, open_document, pages, text
from mediamill.domain.document.clean import clean, page_range, single_pages
from mediamill.domain.errors import Broken, PasswordRequired
from mediamill.domain.limits import Limits


def harmful() -> bytes:
    """A page with a link, and everything that is to go."""
    annotations = b"[10 0 R 11 0 R 12 0 R 13 0 R 14 0 R 15 0 R 16 0 R]"
    link = b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A %b>>"
    return pdf.document(
        [pdf.line("kept"), pdf.line("second")],
        page_entries=b"/Annots" + annotations + b"/AA<</O<</S/JavaScript/JS(pageopen)>>>>",
        catalog_entries=(
            b"/OpenAction<</S/JavaScript/JS(openscript)>>/Metadata 20 0 R"
            b"/Names<</JavaScript<</Names[(n)<</S/JavaScript/JS(namedscript)>>]>>"
            b"/EmbeddedFiles<</Names[(secret.txt) 21 0 R]>>>>/AcroForm<</Fields[]/XFA(xfaform)>>"
        ),
        more={
            10: link % b"<</S/URI/URI(https://example.org/stays)>>",
            11: link % b"<</S/Launch/F(calc.exe)>>",
            12: link % b"<</S/SubmitForm/F(http://evil.example)>>",
            13: link % b"<</S/URI/URI(file:///etc/passwd)>>",
            14: link % b"<</S/GoToR/F(//server/share)/D[0/Fit]>>",
            15: b"<</Type/Annot/Subtype/FileAttachment/Rect[0 0 9 9]/FS 21 0 R>>",
            16: link % b"<</S/GoTo/D[1002 0 R/Fit]/Next<</S/JavaScript/JS(nextscript)>>>>",
            20: pdf.stream(b"<x:xmpmeta>author</x:xmpmeta>", b"/Type/Metadata/Subtype/XML"),
            21: b"<</Type/Filespec/F(secret.txt)/EF<</F 22 0 R>>>>",
            22: pdf.stream(b"the secret itself", b"/Type/EmbeddedFile"),
            23: b"<</Producer(producer)/Author(an author)>>",
        },
        trailer=b"/Info 23 0 R",
    )


def unpacked(body: bytes) -> str:
    """Every object of a PDF, reachable or not, in the clear."""
    reader = PdfReader(io.BytesIO(body))
    told = [repr(reader.trailer)]
    for number in range(1, int(reader.trailer["/Size"])):  # type: ignore[call-overload]
        each = reader.get_object(number)
        told.append(repr(each))
        if isinstance(each, StreamObject):
            told.append(each.get_data().decode("latin-1"))
    return "\n".join(told)


@pytest.mark.parametrize(
    "trace",
    [
        "pageopen", "openscript", "namedscript", "nextscript", "xfaform", "calc.exe",
        "evil.example", "etc/passwd", "server/share", "secret", "xmpmeta", "an author",
        "JavaScript", "Launch", "SubmitForm", "EmbeddedFile",
    ],
)  # fmt: skip
def test_what_runs_sends_or_reveals_is_gone(trace: str) -> None:
    assert trace in unpacked(harmful())
    assert trace not in unpacked(clean(harmful()).body)


def test_text_links_and_pages_stay() -> None:
    product = clean(harmful())
    assert (product.name, product.format, product.content_type) == (
        "pdf",
        "pdf",
        "application/pdf",
    )
    with open_document(product.body) as document:
        assert text(document)[0].body == b"kept\fsecond"
    assert "https://example.org/stays" in unpacked(product.body)
    reader = PdfReader(io.BytesIO(product.body))
    annotations = [each.get_object() for each in reader.pages[0]["/Annots"]]  # type: ignore[attr-defined]
    going = [each["/A"]["/D"][0] for each in annotations if each.get("/A", {}).get("/S") == "/GoTo"]
    assert going[0].get_object()["/Contents"].get_data() == pdf.line("second")


def test_looks_the_same() -> None:
    before, after = (
        [page.body for page in pages(document)]
        for document in map(open_document, (harmful(), clean(harmful()).body))
    )
    assert before == after


def test_packs_objects_into_streams() -> None:
    made = pdf.document([b"0 0 1 1 re f"] * 300)
    packed = clean(made).body
    assert b"/ObjStm" in packed and b"/XRef" in packed
    assert len(packed) < len(made) / 2


def test_splits_into_single_pages() -> None:
    made = pdf.document([pdf.line("one"), pdf.line("two"), pdf.line("three")])
    products = list(single_pages(made, Limits(pages=2)))
    assert [(each.name, each.page, each.truncated) for each in products] == [
        ("pages", 1, False),
        ("pages", 2, True),
    ]
    with open_document(products[1].body) as document:
        assert document.page_count == 1
        assert text(document)[0].body == b"two"
    assert "one" not in unpacked(products[1].body)


def test_takes_a_range_of_pages_with_what_they_inherit() -> None:
    made = pdf.document([pdf.line(word) for word in ("one", "two", "three")])
    # The size stands on the tree, not on the pages.
    made = made.replace(b"/MediaBox[0 0 200 100]", b" " * 22)
    made = made.replace(b"/Type/Pages/Count 3", b"/Type/Pages/MediaBox[0 0 300 100]/Count 3")
    product = page_range(made, PageRange(2, 9))
    with open_document(product.body) as document:
        assert document.page_count == 2
        assert document.page_size(1) == (300, 100)
        assert text(document)[0].body == b"two\fthree"


def test_refuses_a_range_that_is_not_there() -> None:
    with pytest.raises(Broken):
        page_range(pdf.document([b""]), PageRange(5, 6))


def encrypted(user: str) -> bytes:
    writer = PdfWriter(PdfReader(io.BytesIO(pdf.document([pdf.line("secret")]))))
    writer.encrypt(user, "owner", algorithm="AES-256")
    body = io.BytesIO()
    writer.write(body)
    return body.getvalue()


def test_a_clean_copy_of_what_only_its_owner_locked_is_open() -> None:
    with open_document(clean(encrypted("")).body) as document:
        assert text(document)[0].body == b"secret"


def test_asks_for_a_password() -> None:
    with pytest.raises(PasswordRequired):
        clean(encrypted("user"))


@pytest.mark.parametrize("broken", [b"", b"%PDF-1.7\n", b"\0" * 999, pdf.document([])])
def test_calls_a_broken_document_broken(broken: bytes) -> None:
    with pytest.raises(Broken) as raised:
        clean(broken)
    assert raised.value.code == "broken_document"


@pytest.mark.skipif(which("qpdf") is None, reason="qpdf is not installed")
def test_qpdf_finds_no_fault_in_it(tmp_path: Path) -> None:
    path = tmp_path / "clean.pdf"
    path.write_bytes(clean(harmful()).body)
    done = subprocess.run(["qpdf", "--check", path], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
