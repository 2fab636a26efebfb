"""Documents through a real LibreOffice, honest ones and others."""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from made import office as made
from made import old_office, other_offices
from made.images import saved
from made.libreoffice import as_pdf, save, text_of
from pdf_a import objects, pdf_a_faults
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from mediamill.domain.errors import Broken, TimedOut, Unprocessable, Unsupported
from mediamill.domain.office import conversion
from mediamill.domain.office.bounds import Bounds
from mediamill.domain.office.conversion import Office, convert, install
from mediamill.domain.office.formats import XLS

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "documents"
OFFICE_SUFFIXES = {".doc", ".docx", ".rtf", ".xls", ".xlsx", ".ods", ".odt", ".odp", ".ppt"}
OFFICE_SUFFIXES |= {".pptx", ".epub"}
ENDS_OTHERWISE = {"testWORD_protected_passtika.docx", "testWORD_truncated.docx"}


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=path.name)
        for path in sorted(CORPUS.glob("*"))
        if path.suffix in OFFICE_SUFFIXES and path.name not in ENDS_OTHERWISE
    ],
)
def test_every_office_document_of_the_corpus_becomes_a_pdf(path: Path, office: Office) -> None:
    product = convert(path.read_bytes(), name=path.name, office=office)
    assert product.body.startswith(b"%PDF-")
    assert (product.name, product.extension) == ("pdf", "pdf")
    assert product.content_type == "application/pdf"
    assert not product.truncated


@pytest.mark.parametrize(
    ("original", "name", "expected"),
    [
        (b"plain words", "notes.txt", "plain words"),
        ("Grüße 你好 שלום".encode(), "notes.txt", "Grüße 你好"),
        (b"# Heading\n\n- one\n- two", "notes.md", "Heading"),
        (b"<html><body><h1>Page</h1></body></html>", "page.html", "Page"),
        (b"a;b\n007;x\n", "table.csv", "007"),
        (made.xlsx([["left", "right"]]), "table.xlsx", "right"),
        (made.epub("<p>one</p>", "<p>a chapter</p>"), "book.epub", "a chapter"),
        (made.odf("text", "<text:p>in a frame</text:p>"), "a.odt", "in a frame"),
        (old_office.word_2003("of 2003"), "letter.doc", "of 2003"),
        (old_office.excel_2003("of 2003"), "table.xls", "of 2003"),
        (old_office.excel(2, "of 1987"), "table.xls", "of 1987"),
        (old_office.excel(3, "of 1990"), "table.xls", "of 1990"),
        (old_office.excel(4, "of 1992"), "table.xls", "of 1992"),
        (old_office.web_archive("<h1>saved</h1>"), "page.mht", "saved"),
        (old_office.flat("text", "<text:p>flat</text:p>"), "a.fodt", "flat"),
        (old_office.flat("graphics", old_office.DRAWING), "a.fodg", "in a drawing"),
        (other_offices.wordperfect("of 1990"), "letter.wpd", "of 1990"),
        (other_offices.lotus("of 1985"), "table.wk1", "of 1985"),
        (other_offices.quattro("of 1989"), "table.wq1", "of 1989"),
        (other_offices.openoffice("writer", "<text:p>of 2002</text:p>"), "a.sxw", "of 2002"),
        (b"digraph { a -> b }", "graph.dot", "digraph"),
        (b"a\tb\n007\t2\n", "table.xls", "007"),
    ],
)
def test_what_was_written_can_be_read_in_the_pdf(
    original: bytes, name: str, expected: str, office: Office, tmp_path: Path
) -> None:
    assert expected in text_of(as_pdf(original, name, office, tmp_path))


def test_markdown_is_rendered_not_shown_as_source(office: Office, tmp_path: Path) -> None:
    text = text_of(as_pdf(b"# Title\n\n**bold** and `code`\n", "a.md", office, tmp_path))
    assert "#" not in text
    assert "**" not in text
    assert "bold and code" in text


@pytest.mark.parametrize(
    ("wanted", "part", "pages"), [("1b", "1", 9), ("2b", "2", 9), ("3b", "3", 9), ("2b", "2", 1)]
)
def test_it_is_pdf_a_where_that_is_asked_for_also_where_it_is_cut(
    wanted: str, part: str, pages: int, office: Office
) -> None:
    product = convert(BOOK, name="a.epub", office=office, pdf_a=wanted, bounds=Bounds(pages=pages))
    reader: Any = PdfReader(io.BytesIO(product.body))
    assert product.truncated is (pages == 1)
    assert not pdf_a_faults(product.body, int(part))
    level = re.search("<pdfaid:conformance>(.)</pdfaid:conformance>", claims_of(reader))
    assert level is not None and level[1] in "AB"  # A has all that B asks for
    assert any(each.get("/Subtype") == "/Image" for each in objects(reader) if is_dictionary(each))


# What breaks PDF/A most: letters of many fonts, a picture that one sees through, a link.
BOOK = made.epub(
    "<h1>Grüße</h1><p>one <b>bold</b> <i>slanted</i> 你好 Ω</p>"
    '<p><a href="https://example.org/">a link</a> <img src="a.png"/></p>' + "<p>more</p>" * 100,
    pictures={"a.png": saved(Image.new("RGBA", (40, 30), (255, 0, 0, 100)), "PNG")},
)


def is_dictionary(each: object) -> bool:
    return isinstance(each, DictionaryObject)


def test_what_claims_no_pdf_a_has_its_faults(office: Office) -> None:
    faults = pdf_a_faults(convert(BOOK, name="a.epub", office=office).body, 1)
    assert {"it has no XMP", "a link is not printed"} < set(faults)
    assert "something is transparent: a soft mask" in faults


def test_it_claims_to_be_no_pdf_a_where_none_is_asked_for(office: Office) -> None:
    product = convert(b"words", name="a.txt", office=office)
    assert "pdfaid" not in claims_of(PdfReader(io.BytesIO(product.body)))


def claims_of(reader: Any) -> str:
    packet = reader.root_object.get("/Metadata")
    return str(packet.get_object().get_data().decode()) if packet is not None else ""


WIDE = [[f"column {index} of many" for index in range(30)]]


@pytest.mark.parametrize(
    ("original", "name"),
    [
        (made.xlsx(WIDE), "wide.xlsx"),
        (",".join(WIDE[0]).encode(), "wide.csv"),
        (
            made.odf(
                "spreadsheet",
                '<table:table table:name="One"><table:table-row>'
                + "".join(
                    '<table:table-cell office:value-type="string">'
                    f"<text:p>{cell}</text:p></table:table-cell>"
                    for cell in WIDE[0]
                )
                + "</table:table-row></table:table>",
                styles=(
                    '<office:automatic-styles><style:page-layout style:name="p">'
                    '<style:page-layout-properties fo:page-width="21cm" fo:page-height="29.7cm"/>'
                    "</style:page-layout></office:automatic-styles><office:master-styles>"
                    '<style:master-page style:name="Default" style:page-layout-name="p"/>'
                    "</office:master-styles>"
                ),
            ),
            "wide.ods",
        ),
    ],
    ids=["xlsx", "csv", "ods"],
)
def test_thirty_columns_stand_on_one_page(
    original: bytes, name: str, office: Office, tmp_path: Path
) -> None:
    assert len(as_pdf(original, name, office, tmp_path)) == 1


def test_an_old_workbook_is_fitted_too(office: Office, careless: Office, tmp_path: Path) -> None:
    """Made by LibreOffice itself from the wide one, as no library writes xls."""
    wide = save(made.xlsx(WIDE), XLS, careless, tmp_path)
    assert len(as_pdf(wide, "wide.xls", office, tmp_path)) == 1


def test_keeps_as_many_pages_as_allowed_and_says_so(office: Office, tmp_path: Path) -> None:
    long = b"line\n" * 400
    whole = convert(long, name="long.txt", office=office, bounds=Bounds(pages=50))
    pages = len(pypdfium2.PdfDocument(whole.body))
    assert pages > 3
    assert not whole.truncated
    exact = convert(long, name="long.txt", office=office, bounds=Bounds(pages=pages))
    assert not exact.truncated
    cut = convert(long, name="long.txt", office=office, bounds=Bounds(pages=3))
    assert cut.truncated
    assert len(pypdfium2.PdfDocument(cut.body)) == 3


def test_stops_at_its_time_and_leaves_nothing_behind(office: Office, tmp_path: Path) -> None:
    original = made.docx(text="slow")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    began = time.monotonic()
    with pytest.raises(TimedOut):
        convert(
            original, name="a.docx", office=office, bounds=Bounds(seconds=0.12), scratch=scratch
        )
    assert time.monotonic() - began < 3
    assert not list(scratch.iterdir())
    assert not processes_naming(str(scratch))


def processes_naming(word: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if word in command and process.name != str(os.getpid()):
            found.append(command)
    return found


@pytest.mark.usefixtures("program")
def test_what_killed_processes_left_behind_is_swept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    dead = tmp_path / f"mediamill-office-job-{gone.pid}-x"
    alive = tmp_path / f"mediamill-office-job-{os.getpid()}-x"
    for folder in (dead, alive):
        (folder / "in").mkdir(parents=True)
    install()
    assert not dead.exists()
    assert alive.exists()


def test_a_crash_ends_as_broken_and_the_next_document_is_fine(
    office: Office, tmp_path: Path
) -> None:
    with pytest.raises(Broken, match="crashes"):
        as_pdf(made.docx(text="x"), "a.docx", office, tmp_path, Bounds(memory_bytes=200_000_000))
    assert len(as_pdf(made.docx(text="x"), "a.docx", office, tmp_path)) == 1


def test_a_crash_of_the_machines_is_tried_once_more(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, outcomes = conversion._run, [-11]

    def crash_first(*arguments: object) -> int:
        return outcomes.pop() if outcomes else run(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(conversion, "_run", crash_first)
    assert len(as_pdf(made.docx(text="x"), "a.docx", office, tmp_path)) == 1


@pytest.mark.parametrize(
    ("original", "name", "error"),
    [
        (made.docx(text="<")[:300], "torn.docx", Broken),
        (b"PK\x03\x04 nothing", "a.docx", Broken),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 nothing", "a.doc", Broken),
        (made.package({"x": "y"}), "a.zip", Unsupported),
        (
            made.package(
                {
                    "[Content_Types].xml": "application/vnd.openxmlformats-officedocument."
                    'wordprocessingml.document.main+xml"'
                }
            ),
            "hollow.docx",
            Broken,
        ),
    ],
)
def test_what_is_no_document_ends_with_the_right_error(
    original: bytes, name: str, error: type[Unprocessable], office: Office, tmp_path: Path
) -> None:
    with pytest.raises(error):
        as_pdf(original, name, office, tmp_path)


ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))


@pytest.mark.parametrize(
    ("original", "name"),
    [
        (
            made.package(
                {
                    "mimetype": "application/vnd.oasis.opendocument.text",
                    "META-INF/manifest.xml": "<m/>",
                    "content.xml": f'<!DOCTYPE d [<!ENTITY e0 "ha">{ENTITIES}]><d>&e11;</d>',
                }
            ),
            "entities.odt",
        ),
        (made.docx("<w:tbl><w:tr><w:tc>" * 5_000), "deep.docx"),
        (b"<html>" + b"<div><table><tr><td>" * 500, "deep.html"),
        (b"{\\rtf1 " + b"{" * 200_000, "deep.rtf"),
        (made.xlsx([["x" * 30_000] * 50] * 20), "fat.xlsx"),
    ],
    ids=["entities", "nested docx", "nested html", "nested rtf", "fat cells"],
)
def test_what_is_made_to_exhaust_ends_in_bounded_time(
    original: bytes, name: str, office: Office, tmp_path: Path
) -> None:
    """Either outcome will do, as long as there is one, and the next document is fine."""
    bounds = Bounds(seconds=6, pages=20)
    began = time.monotonic()
    with contextlib.suppress(Unprocessable):
        as_pdf(original, name, office, tmp_path, bounds)
    assert time.monotonic() - began < 2 * bounds.seconds + 10
    assert len(as_pdf(b"fine", "a.txt", office, tmp_path)) == 1
