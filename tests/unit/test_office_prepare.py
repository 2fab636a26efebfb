"""Before LibreOffice: what a file is, what is refused, and what is cut from it."""

from __future__ import annotations

import base64
import contextlib
import io
import struct
import time
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from made import office as made
from made import old_office, other_offices
from made.compound import compound

from mediamill.domain.errors import (
    Broken,
    PasswordRequired,
    TooLarge,
    Unprocessable,
    Unsupported,
)
from mediamill.domain.office import formats, links, table
from mediamill.domain.office.bounds import Bounds
from mediamill.domain.office.prepare import Ready, prepare

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "documents"
FILE_URL = "file:///etc/passwd"


def ready(folder: Path, original: bytes, name: str, content_type: str = "") -> Ready:
    source = folder / "original"
    source.write_bytes(original)
    target = folder / "in"
    target.mkdir(exist_ok=True)
    return prepare(source, target, name=name, content_type=content_type, bounds=Bounds(pages=2))


def old_lock(package: bytes) -> bytes:
    """Apple's lock of before 2013: the packings are numbers that nobody knows."""
    return package.replace(b"\x14\0\0\0\x08\0", b"\x14\0\0\0\x6c\x63")


def part(of: Ready, name: str) -> str:
    with zipfile.ZipFile(of.path) as package:
        return package.read(name).decode()


@pytest.mark.parametrize(
    ("original", "name", "format_"),
    [
        (made.docx(), "letter.docx", formats.DOCX),
        (made.docx(), "letter.doc", formats.DOCX),
        (made.docx(), "no extension", formats.DOCX),
        (made.xlsx([["1"]]), "table.bin", formats.XLSX),
        (made.odf("text"), "letter.odt", formats.ODT),
        (made.odf("spreadsheet"), "x", formats.ODS),
        (made.odf("presentation"), "x", formats.ODP),
        (b"{\\rtf1 hello}", "letter.doc", formats.RTF),
        (b"<!DOCTYPE html><html><p>hi</html>", "report.xls", formats.HTML),
        (b"plain words", "notes.txt", formats.TEXT),
        (b"a,b\n1,2\n", "table.csv", formats.ODS),
        (b"plain words", "letter.doc", formats.TEXT),
        ("plain words".encode("utf-16"), "letter.doc", formats.TEXT),
        (b"digraph { a -> b }", "graph.dot", formats.TEXT),
        (b"a\tb\n1\t2\n", "table.xls", formats.ODS),
        (b"<table><tr><td>1</table>", "table.xls", formats.HTML),
        (old_office.word_2003("words"), "letter.doc", formats.WORD_2003),
        (old_office.excel_2003("words"), "table.xls", formats.EXCEL_2003),
        (old_office.excel(4, "words"), "table.xls", formats.XLS_4),
        (old_office.web_archive("<p>words</p>"), "page.doc", formats.HTML),
        (old_office.flat("graphics", ""), "drawing.xml", formats.FODG),
        (made.odf("graphics"), "x", formats.ODG),
    ],
)
def test_content_decides_what_a_file_is(
    tmp_path: Path, original: bytes, name: str, format_: formats.Format
) -> None:
    assert ready(tmp_path, original, name).format == format_


def test_a_web_archive_is_cleaned_and_its_letters_are_right(tmp_path: Path) -> None:
    archive = old_office.web_archive("<p onclick='x()'>Grüße</p><script>x()</script>")
    written = ready(tmp_path, archive, "page.mht").path.read_text("utf-8")
    assert "Grüße" in written and "script" not in written and "onclick" not in written


@pytest.mark.parametrize(
    "archive",
    [
        b"MIME-Version: 1.0\r\nContent-Type: image/gif\r\n\r\nGIF89a",
        b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=no-such\r\n\r\n<p>x</p>",
        b"".join(
            b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=%d\r\n\r\n--%d\r\n"
            % (depth, depth)
            for depth in range(3_000)
        ),
    ],
    ids=["no page", "no such encoding", "nested"],
)
def test_a_web_archive_ends_with_a_page_or_a_code(tmp_path: Path, archive: bytes) -> None:
    with suppress(Broken):
        assert ready(tmp_path, archive, "page.mht").format == formats.HTML


def test_the_media_type_decides_where_a_key_has_no_extension(tmp_path: Path) -> None:
    made_ready = ready(tmp_path, b"# Title", "README", "text/markdown; charset=utf-8")
    assert made_ready.format == formats.MARKDOWN


@pytest.mark.parametrize(
    ("original", "name", "error", "code"),
    [
        (b"", "empty.docx", Broken, "broken_document"),
        (b"no zip at all\0", "letter.docx", Broken, "broken_document"),
        (b"no compound file\0", "letter.doc", Broken, "broken_document"),
        (made.docx(text="word " * 500)[:-200], "torn.docx", Broken, "broken_document"),
        (made.package({"a.txt": "a"}), "archive.zip", Unsupported, "unsupported"),
        (b"\x00\x01\x02", "what.bin", Unsupported, "unsupported"),
        (made.bomb(60_000_000), "bomb.docx", TooLarge, "too_large"),
        (
            made.odf(manifest="<manifest:encryption-data/>"),
            "secret.odt",
            PasswordRequired,
            "password_required",
        ),
        (
            made.odf(manifest="<encryption-data xmlns='no prefix'/>"),
            "secret.odt",
            PasswordRequired,
            "password_required",
        ),
    ],
)
def test_refuses_before_anything_opens_it(
    tmp_path: Path, original: bytes, name: str, error: type[Unprocessable], code: str
) -> None:
    with pytest.raises(error) as caught:
        ready(tmp_path, original, name)
    assert caught.value.code == code


OTHERS = [
    (other_offices.iwork(index="index.apxl"), "talk.key", "keynote"),
    (other_offices.iwork("Index/Document.iwa", "Index/Slide-2.iwa"), "a.zip", "keynote"),
    (other_offices.iwork(index="index.xml", root="sl:document"), "a.numbers", "pages"),
    (other_offices.iwork(index="index.xml", root="ls:document"), "a", "numbers"),
    (other_offices.iwork("Index/Document.iwa"), "a.pages", "pages"),
    (other_offices.iwork("Index/Document.iwa"), "a.numbers", "numbers"),
    (other_offices.iwork("Talk.key/Index.zip", "Talk.key/Data/a.jpg"), "a.zip", "keynote"),
    (other_offices.visio(), "plan.vsdx", "vsdx"),
    *(
        (other_offices.openoffice(kind, ""), f"a.{name}", name)
        for kind, name in (
            ("writer", "sxw"),
            ("calc", "sxc"),
            ("impress", "sxi"),
            ("draw", "sxd"),
        )
    ),
    (other_offices.stream("VisioDocument"), "a", "vsd"),
    (other_offices.stream("Quill/QuillSub/CONTENTS"), "a", "publisher"),
    (other_offices.stream("Contents", b"\xe8\xac\x22"), "a", "publisher"),
    (other_offices.stream("CONTENTS", b"CHNKWKS "), "a", "works"),
    (other_offices.stream("CONTENTS", b"CHNKINK "), "a", "works"),
    (other_offices.stream("MM"), "a", "works"),
    (other_offices.stream("StarWriterDocument"), "a", "starwriter"),
    (other_offices.stream("StarCalcDocument"), "a", "starcalc"),
    (other_offices.stream("NativeContent_MAIN"), "a", "quattro"),
    (
        other_offices.stream("PerfectOffice_MAIN", other_offices.wordperfect("x")),
        "a",
        "wordperfect",
    ),
    (other_offices.wordperfect("x"), "a.doc", "wordperfect"),
    (other_offices.lotus("x"), "a.xls", "lotus"),
    (other_offices.quattro("x"), "a", "quattro"),
    (b"1\xbe\0\0\0\xab" + bytes(122), "a.doc", "write"),
    (b"HWP Document File V3.00 \x1a\1\2\3\4\5", "a", "hangul"),
]


@pytest.mark.parametrize(("original", "name", "program"), OTHERS)
def test_what_other_programs_wrote_is_told_by_its_content(
    tmp_path: Path, original: bytes, name: str, program: str
) -> None:
    made_ready = ready(tmp_path, original, name)
    assert made_ready.format is formats.OTHERS[program]
    assert made_ready.path.suffix == f".{formats.OTHERS[program].extension}"


@pytest.mark.parametrize(
    "original",
    [
        other_offices.wordperfect("x", lock=0x1234),
        other_offices.iwork("Index/Document.iwa", ".iwpv2"),
        old_lock(other_offices.iwork("buildVersionHistory.plist", "index.xml")),
    ],
    ids=["WordPerfect", "Pages since 2013", "Pages before"],
)
def test_what_other_programs_locked_says_so(tmp_path: Path, original: bytes) -> None:
    with pytest.raises(PasswordRequired):
        ready(tmp_path, original, "a.pages")


@pytest.mark.parametrize(
    ("original", "name"),
    [
        (other_offices.wordperfect("x", kind=22), "graphics.wpg"),
        (other_offices.stream("CONTENTS", b"else"), "a.wps"),
        (other_offices.iwork("Index/Document.iwa"), "a.zip"),
    ],
)
def test_a_container_that_could_hold_anything_is_not_guessed_at(
    tmp_path: Path, original: bytes, name: str
) -> None:
    with pytest.raises(Unsupported):
        ready(tmp_path, original, name)


def test_links_are_cut_out_of_openoffice_s_first_documents_too(tmp_path: Path) -> None:
    link = f'<draw:image xlink:href="{FILE_URL}"/>'
    made_ready = ready(tmp_path, other_offices.openoffice("writer", link), "a.sxw")
    assert FILE_URL not in part(made_ready, "content.xml")


def test_refuses_a_part_that_is_not_what_its_checksum_says(tmp_path: Path) -> None:
    original = bytearray(made.odf(body="<text:p>unharmed</text:p>"))
    original[original.index(b"unharmed")] ^= 1
    with pytest.raises(Broken):
        ready(tmp_path, bytes(original), "letter.odt")


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_refuses_a_packing_that_office_formats_do_not_know(tmp_path: Path, packing: int) -> None:
    original = io.BytesIO()
    with zipfile.ZipFile(original, "w", packing) as package:
        package.writestr("[Content_Types].xml", "x")
    with pytest.raises(Broken):
        ready(tmp_path, original.getvalue(), "letter.docx")


@pytest.mark.parametrize("change", [(b"PK\x01\x02", 42, 0xFF), (b"PK\x05\x06", 16, 0xFF)])
def test_refuses_a_directory_that_points_outside_of_the_file(
    tmp_path: Path, change: tuple[bytes, int, int]
) -> None:
    signature, offset, value = change
    original = bytearray(made.docx(text="x"))
    original[original.index(signature) + offset] = value
    with pytest.raises(Broken):
        ready(tmp_path, bytes(original), "letter.docx")


def test_refuses_ten_thousand_parts(tmp_path: Path) -> None:
    crowded = made.package({f"part{index}": "" for index in range(10_001)}, packed=False)
    with pytest.raises(TooLarge, match="10,001 parts"):
        ready(tmp_path, crowded, "crowd.docx")


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
@pytest.mark.parametrize(
    ("name", "error"),
    [("testWORD_protected_passtika.docx", PasswordRequired), ("testWORD_truncated.docx", Broken)],
)
def test_tells_locked_and_torn_documents_of_the_corpus(
    tmp_path: Path, name: str, error: type[Unprocessable]
) -> None:
    with pytest.raises(error):
        ready(tmp_path, (CORPUS / name).read_bytes(), name)


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_a_torn_compound_file_is_broken(tmp_path: Path) -> None:
    torn = (CORPUS / "testWORD.doc").read_bytes()[:700]
    with pytest.raises(Broken):
        ready(tmp_path, torn, "testWORD.doc")


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_a_word_document_flagged_as_encrypted_needs_its_password(tmp_path: Path) -> None:
    import olefile

    copy = tmp_path / "locked.doc"
    copy.write_bytes((CORPUS / "testWORD.doc").read_bytes())
    with olefile.OleFileIO(str(copy), write_mode=True) as compound:
        stream = bytearray(compound.openstream("WordDocument").read())
        stream[11] |= 0x01  # fEncrypted
        compound.write_stream("WordDocument", bytes(stream))
    with pytest.raises(PasswordRequired):
        ready(tmp_path, copy.read_bytes(), "locked.doc")


def records(*numbers: int) -> bytes:
    """The head of a workbook: records without content."""
    return b"".join(number.to_bytes(2, "little") + bytes(2) for number in numbers)


BEGIN, FILEPASS, CODEPAGE = 0x0809, 0x002F, 0x0042


@pytest.mark.parametrize("stream", ["Workbook", "Book"], ids=["Excel 97", "Excel 95"])
@pytest.mark.parametrize("encrypted", [True, False])
def test_an_encrypted_workbook_is_left_to_libreoffice_to_open(
    tmp_path: Path, stream: str, encrypted: bool
) -> None:
    original = compound({stream: records(BEGIN, FILEPASS if encrypted else CODEPAGE, 0x0A)})
    assert ready(tmp_path, original, "a.xls").encrypted == encrypted


def test_cuts_external_relations_and_keeps_hyperlinks(tmp_path: Path) -> None:
    original = made.docx(
        relations=[
            made.external("r7", "image", "http://example.com/pixel.png"),
            made.external("r8", "attachedTemplate", FILE_URL),
            made.external("r9", "hyperlink", "https://example.com/read"),
        ]
    )
    relations = part(ready(tmp_path, original, "a.docx"), "word/_rels/document.xml.rels")
    assert "pixel.png" not in relations
    assert FILE_URL not in relations
    assert "https://example.com/read" in relations


def test_cuts_references_out_of_open_documents_and_keeps_links_to_read(tmp_path: Path) -> None:
    original = made.odf(
        body=(
            '<text:p><draw:image xlink:href="http://example.com/pixel.png"/>'
            '<draw:image xlink:href="Pictures/own.png"/>'
            f'<draw:object xlink:href="{FILE_URL}"/><draw:image xlink:href="../secret.png"/>'
            '<text:a xlink:href="https://example.com/read">read</text:a></text:p>'
        )
    )
    content = part(ready(tmp_path, original, "a.odt"), "content.xml")
    assert "pixel.png" not in content
    assert FILE_URL not in content
    assert "secret.png" not in content
    assert 'xlink:href="Pictures/own.png"' in content
    assert 'xlink:href="https://example.com/read"' in content


XLINK = 'xmlns:y="http://www.w3.org/1999/xlink"'


@pytest.mark.parametrize(
    "link",
    [
        f'<d:image xmlns:d="urn" {XLINK} y:href="http://example.com/pixel"/>',
        '<draw:image xlink:href="&#104;ttp://example.com/pixel"/>',
        '<draw:image xlink:href="&pixel;/pixel"/>',
        '<draw:image xlink:href=" file:///etc/pixel"/>',
        '<image xlink:href="//example.com/pixel"/>',
        '<script:event-listener xlink:href="vnd.sun.star.script:pixel"/>',
    ],
    ids=["prefixes", "reference", "entity", "space", "no scheme", "script"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_cuts_references_in_every_way_that_xml_can_write_them(link: str, encoding: str) -> None:
    part = f'<?xml version="1.0" encoding="{encoding}"?><office>{link}<p>kept</p></office>'
    cut = links.cut_references(part.encode(encoding))
    assert b"pixel" not in cut
    assert b"<p>kept</p>" in cut


@pytest.mark.parametrize("mode", ["&#69;xternal", "external", "Elsewhere"])
@pytest.mark.parametrize("prefix", ["", "r:"])
def test_cuts_every_relation_that_does_not_say_that_it_is_internal(mode: str, prefix: str) -> None:
    relation = '<{}Relationship Type="image" Target="{}" TargetMode="{}"/>'
    cut = links.cut_relations(
        (
            relation.format(prefix, "http://example.com/pixel", mode)
            + relation.format(prefix, "media/own.png", "Internal")
        ).encode()
    )
    assert b"pixel" not in cut
    assert b"own.png" in cut


def test_what_a_reader_clicks_stays() -> None:
    clicked = (
        b'<text:a xlink:href="https://example.com/a">a</text:a>'
        b'<draw:area-circle xlink:href="https://example.com/b"/>'
        b'<presentation:event-listener xlink:href="https://example.com/c"/>'
        b'<draw:image xlink:href="Pictures/own.png"/>'
    )
    assert links.cut_references(clicked) == clicked


@pytest.mark.parametrize("encoding", ["utf-7", "cp037", "no-such"])
def test_refuses_a_part_in_an_encoding_that_hides_its_markup(encoding: str) -> None:
    part = f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode()
    with pytest.raises(Broken):
        links.cut_references(part)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        ("<sheetPr/>", '<pageMargins left="1"/><pageSetup scale="80" orientation="landscape"/>'),
        ('<sheetPr><tabColor rgb="FF0000"/></sheetPr>', '<pageMargins left="1"/>'),
        ('<sheetPr><pageSetUpPr fitToPage="0"/></sheetPr>', ""),
    ],
)
def test_fits_a_workbook_to_the_width_of_a_page(tmp_path: Path, before: str, after: str) -> None:
    original = made.xlsx([["1"]], before=before, after=after)
    sheet = part(ready(tmp_path, original, "a.xlsx"), "xl/worksheets/sheet1.xml")
    assert sheet.count('<pageSetUpPr fitToPage="1"/></sheetPr>') == 1
    assert sheet.count("fitToPage") == 1
    assert sheet.count('fitToWidth="1" fitToHeight="0"') == 1
    assert "scale=" not in sheet
    assert sheet.count("<sheetPr") == 1
    assert ("landscape" in sheet) == ("landscape" in after)


def test_a_sheet_of_no_stated_paper_is_put_on_a4_and_another_keeps_its_own(tmp_path: Path) -> None:
    def setup(after: str) -> str:
        original = made.xlsx([["1"]], after=after)
        return part(ready(tmp_path, original, "a.xlsx"), "xl/worksheets/sheet1.xml")

    assert 'paperSize="9"' in setup("")
    assert "paperSize" not in setup('<pageSetup orientation="landscape"/>')
    assert setup('<pageSetup paperSize="8"/>').count('paperSize="8"') == 1


def test_keeps_the_fit_that_an_author_has_chosen(tmp_path: Path) -> None:
    chosen = '<pageSetup fitToWidth="2" fitToHeight="1"/>'
    fit = '<sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
    original = made.xlsx([["1"]], before=fit, after=chosen)
    assert chosen in part(ready(tmp_path, original, "a.xlsx"), "xl/worksheets/sheet1.xml")


def test_fits_open_spreadsheets_too(tmp_path: Path) -> None:
    styles = (
        '<office:automatic-styles><style:page-layout style:name="p">'
        '<style:page-layout-properties style:scale-to="80%" fo:margin="1cm"/>'
        "</style:page-layout></office:automatic-styles>"
    )
    fitted = part(ready(tmp_path, made.odf("spreadsheet", styles=styles), "a.ods"), "styles.xml")
    assert 'style:scale-to-X="1" style:scale-to-Y="0"' in fitted
    assert "80%" not in fitted


def test_renders_markdown_and_drops_what_acts_in_it(tmp_path: Path) -> None:
    source = (
        "---\ntitle: front matter\n---\n# Heading\n\n| a | b |\n|---|---|\n| 1 | ~~2~~ |\n\n"
        "<script>alert(1)</script>\n\n<img src='http://example.com/x.png'> [read](https://example.com)"
    )
    page = ready(tmp_path, source.encode(), "notes.md").path.read_text("utf-8")
    assert "<h1>Heading</h1>" in page
    assert "<td>1</td>" in page
    assert "front matter" not in page
    assert "alert" not in page
    assert "x.png" not in page
    assert 'href="https://example.com"' in page


def test_cleans_html_of_everything_that_fetches_and_keeps_its_style(tmp_path: Path) -> None:
    source = (
        "<html><head><style>p{color:red}</style><style>@import url(file:///etc/passwd)</style>"
        "<script>1</script></head><body background='http://example.com/b.png'>"
        f"<iframe src='{FILE_URL}'></iframe><img src='{FILE_URL}'><object data='{FILE_URL}'>x"
        "</object><p style='color:blue'>kept</p><p style='background:url(http://e.com/c)'>too</p>"
        "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='></body></html>"
    )
    page = ready(tmp_path, source.encode(), "page.html").path.read_text("utf-8")
    assert "p{color:red}" in page
    assert 'style="color:blue"' in page
    assert "data:image/gif" in page
    for gone in ("passwd", "example.com", "e.com", "<script", "<iframe", "@import"):
        assert gone not in page


def png(width: int, height: int) -> bytes:
    """The head of a PNG of this size, which is all that is looked at."""
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II5x", width, height)


@pytest.mark.parametrize(
    ("size", "attributes", "expected"),
    [
        ((600, 800), "", (600, 800)),
        ((600, 800), 'width="100%"', (680, 907)),
        ((600, 800), "width='300'", (300, 400)),
        ((600, 800), 'height="100%"', (600, 800)),
        ((600, 800), 'width="300px" height="100"', (300, 100)),
        ((600, 800), 'style="width:100%"', (600, 800)),
        ((3000, 4000), "", (680, 907)),
        ((6000, 100), "", (680, 11)),
        ((1, 9000), "", (1, 940)),
    ],
)
def test_a_picture_in_html_keeps_its_shape_and_fits_a_page(
    tmp_path: Path, size: tuple[int, int], attributes: str, expected: tuple[int, int]
) -> None:
    inline = base64.b64encode(png(*size)).decode()
    source = f'<html><img alt="a > b" src="data:image/png;base64,{inline}" {attributes}></html>'
    written = ready(tmp_path, source.encode(), "a.html").path.read_text("utf-8")
    assert f'<img width="{expected[0]}" height="{expected[1]}"' in written
    assert written.count("width=") == written.count("height=") == 1
    assert inline in written


@pytest.mark.parametrize("inline", ["", "AAAA", "iVBORw0KGgo=", "not base64", "PHN2Zz48L3N2Zz4="])
def test_a_picture_that_cannot_be_measured_stays_as_it_is(tmp_path: Path, inline: str) -> None:
    source = f'<html><img src="data:image/png;base64,{inline}" width="50%"></html>'
    assert 'width="50%"' in ready(tmp_path, source.encode(), "a.html").path.read_text("utf-8")


@pytest.mark.parametrize(
    ("encoded", "expected"),
    [
        ("Grüße, 你好, שלום\n".encode(), "Grüße, 你好, שלום\n"),
        ("Grüße\r\n".encode("utf-16"), "Grüße\n"),
        ("\ufeffGrüße".encode(), "Grüße"),
        ("Das Straßenfest wäre schön, hätten wir Glück.".encode("cp1252"), "Straßenfest"),
        (
            "吾輩は猫である。名前はまだ無い。どこで生れたか見当がつかぬ。".encode("shift_jis"),
            "吾輩は猫",
        ),
        (b"zero\x00 and bell\x07", "zero and bell"),
    ],
)
def test_reads_text_in_whatever_encoding_it_is(
    tmp_path: Path, encoded: bytes, expected: str
) -> None:
    assert expected in ready(tmp_path, encoded, "notes.txt").path.read_text("utf-8")


@pytest.mark.parametrize(
    "declared", ["utf-16", "utf-7", "punycode", "idna", "undefined", "unicode_escape", "hex", "no"]
)
def test_a_page_that_declares_what_it_cannot_be_in_is_read_as_it_is(
    tmp_path: Path, declared: str
) -> None:
    source = f"<html><meta charset={declared}><p>Grüße \\x41</p></html>\n".encode()
    assert "Grüße \\x41" in ready(tmp_path, source, "a.html").path.read_text("utf-8")


def test_a_mark_before_the_markup_does_not_hide_it(tmp_path: Path) -> None:
    page = b"\xef\xbb\xbf<!DOCTYPE html><html><p>hi</html>"
    assert ready(tmp_path, page, "no extension").format == formats.HTML


def test_cuts_text_that_no_page_could_hold(tmp_path: Path) -> None:
    assert ready(tmp_path, b"line\n" * 10_000, "long.txt").truncated
    assert not ready(tmp_path, b"line\n" * 100, "short.txt").truncated


def cells(of: Ready) -> list[str]:
    import re

    return re.findall(r"<text:p>(.*?)</text:p>", part(of, "content.xml"))


@pytest.mark.parametrize(
    ("original", "expected"),
    [
        ("a,b\n1,2\n", ["a", "b", "1", "2"]),
        ("a;b\n1,5;2,5\n", ["a", "b", "1,5", "2,5"]),
        ("a\tb\n1\t2\n", ["a", "b", "1", "2"]),
        ('name,said\nAda,"one, two"\n', ["name", "said", "Ada", "one, two"]),
        ("code\n007\n", ["code", "007"]),
        ("=WEBSERVICE(1),b\n=1+1,<i>\n", ["=WEBSERVICE(1)", "b", "=1+1", "&lt;i&gt;"]),
    ],
)
def test_csv_cells_come_out_as_written(tmp_path: Path, original: str, expected: list[str]) -> None:
    assert cells(ready(tmp_path, original.encode(), "table.csv")) == expected


def test_csv_is_cut_after_what_the_pages_can_show(tmp_path: Path) -> None:
    long = ready(tmp_path, b"a,b\n" * 1_000, "table.csv")
    assert long.truncated
    assert len(cells(long)) == 2 * 2 * 120


def test_csv_is_cut_before_a_row_that_would_make_it_too_wide_for_all(tmp_path: Path) -> None:
    source = b"a,b\n" * 200 + b"," * 2_000 + b"\nc,d\n"
    of = table_of(source, rows=1_000, folder=tmp_path)
    assert of == (False, 202 * 1_024)
    assert table_of(b"a,b\n" * 400 + b"," * 2_000, rows=1_000, folder=tmp_path) == (True, 800)


def table_of(source: bytes, *, rows: int, folder: Path) -> tuple[bool, int]:
    """Whether it was cut, and its cells."""
    cut = table.write(source, folder / "table.ods", rows=rows)
    return cut, len(cells(Ready(folder / "table.ods", formats.ODS)))


def test_nothing_of_a_strangers_name_reaches_the_command_line(tmp_path: Path) -> None:
    assert ready(tmp_path, made.docx(), "--convert-to; rm -rf.docx").path.name == "document.docx"


def test_a_prepared_package_is_whole(tmp_path: Path) -> None:
    original = made.docx(text="hello")
    before = zipfile.ZipFile(io.BytesIO(original))
    with before, zipfile.ZipFile(ready(tmp_path, original, "a.docx").path) as after:
        assert after.testzip() is None
        assert after.namelist() == before.namelist()
        assert after.read("word/document.xml") == before.read("word/document.xml")


def test_a_book_is_read_in_the_order_of_its_spine_with_its_own_pictures(tmp_path: Path) -> None:
    book = made.epub(
        "<h1>First</h1><img src='a%20b.png'><img src='http://example.com/x.png'>",
        "<h1>Second</h1><script>1</script><img src='../../etc/passwd.png'>",
        pictures={"a b.png": b"PNG"},
    )
    of = ready(tmp_path, book, "book.epub")
    page = of.path.read_text("utf-8")
    assert of.format == formats.HTML
    assert page.index("First") < page.index("page-break-before") < page.index("Second")
    assert "data:image/png;base64,UE5H" in page
    for gone in ("example.com", "passwd", "<script"):
        assert gone not in page


def test_a_torn_picture_of_a_book_is_left_out(tmp_path: Path) -> None:
    book = bytearray(made.epub("<p>kept<img src='a.png'></p>", pictures={"a.png": b"picture" * 9}))
    at = book.index(b"book/a.png") + len("book/a.png")
    book[at : at + 4] = b"torn"
    page = ready(tmp_path, bytes(book), "book.epub").path.read_text("utf-8")
    assert "kept" in page
    assert "a.png" not in page


def test_a_book_that_only_its_own_reader_opens_says_so(tmp_path: Path) -> None:
    encrypted = '<e><CipherReference URI="{}"/></e>'
    readable = made.epub("<p>one</p>", extra={ENCRYPTION: encrypted.format("book/font.otf")})
    assert "one" in ready(tmp_path, readable, "book.epub").path.read_text("utf-8")
    locked = made.epub("<p>one</p>", extra={ENCRYPTION: encrypted.format("book/chapter0.xhtml")})
    with pytest.raises(PasswordRequired):
        ready(tmp_path, locked, "book.epub")


ENCRYPTION = "META-INF/encryption.xml"


@pytest.mark.parametrize(
    "table",
    [b"<package", b'<!DOCTYPE p [<!ENTITY e "x">]><package>&e;</package>', b"<package/>"],
    ids=["torn", "with entities", "empty"],
)
def test_a_book_without_a_readable_table_of_parts_is_broken(tmp_path: Path, table: bytes) -> None:
    book = made.package(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<c><rootfile full-path="all.opf"/></c>',
            "all.opf": table,
        }
    )
    with pytest.raises(Broken):
        ready(tmp_path, book, "book.epub")


@pytest.mark.parametrize(
    ("name", "original"),
    [
        ("a.html", b"<html>" + b"<style>" * 200_000),
        ("a.html", b"<html>" + b"<img alt='" * 200_000),
        ("a.html", b"<html>" + b"<img src='data:image/png;base64,'>" * 30_000),
        ("a.html", b"<html>" + b"<style>x</style" * 100_000),
        ("a.odt", made.odf(body="<draw:image " * 200_000)),
        ("a.odt", made.odf(body="<draw:image a='" * 200_000)),
        ("a.docx", made.docx(relations=["<Relationship " * 200_000])),
        ("a.xlsx", made.xlsx([], before="<sheetPr " * 200_000)),
        ("a.ods", made.odf("spreadsheet", styles="<style:page-layout-properties " * 100_000)),
        ("a.epub", made.epub("<body" * 200_000)),
        ("a.csv", b'"' * 900_001),
        ("a.csv", b"," * 900_000),
    ],
)
def test_what_is_made_to_be_read_again_and_again_is_read_once(
    tmp_path: Path, name: str, original: bytes
) -> None:
    began = time.process_time()
    with contextlib.suppress(Unprocessable):
        ready(tmp_path, original, name)
    assert time.process_time() - began < 5
