"""Office files and books described from their directories; hostile ones cost nothing."""

from __future__ import annotations

import io
import zipfile

import pytest
from made.compound import compound

from mediamill.domain.kind import Kind
from mediamill.domain.metadata import MetadataRecord, describe, publish
from mediamill.domain.privacy import Privacy

WORD = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override'
    ' PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.'
    'wordprocessingml.document.main+xml"/></Types>'
)
CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
    'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>Report\x07</dc:title>'
    "<dc:creator>Ana Müller</dc:creator><cp:keywords>river; stone</cp:keywords>"
    "<cp:revision>7</cp:revision><dcterms:created>2024-05-06T07:08:09Z</dcterms:created>"
    "</cp:coreProperties>"
).replace("\x07", "")
APP = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
    'extended-properties"><Application>Microsoft Office Word</Application>'
    "<AppVersion>16.0000</AppVersion><Pages>3</Pages><Words>1234</Words></Properties>"
)
LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]><x>&j;</x>"
)


def packed(parts: dict[str, str | bytes], *, stored_first: bool = False) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for index, (name, body) in enumerate(parts.items()):
            kind = zipfile.ZIP_STORED if stored_first and not index else zipfile.ZIP_DEFLATED
            archive.writestr(name, body, compress_type=kind)
    return out.getvalue()


def docx(**more: str | bytes) -> bytes:
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": WORD,
        "docProps/core.xml": CORE,
        "docProps/app.xml": APP,
        "word/document.xml": "<w/>",
    }
    return packed({**parts, **{name.replace("__", "/"): body for name, body in more.items()}})


def described(body: bytes, kind: Kind = Kind.OFFICE) -> MetadataRecord:
    return describe(
        io.BytesIO(body), key="a.docx", size=len(body), kind=kind, content_type="application/zip"
    )


def problems(record: MetadataRecord) -> list[str]:
    return [problem.code for problem in record.problems]


def test_core_and_extended_properties_are_read() -> None:
    record = described(docx())
    assert record.format == "docx"
    document = record.document
    assert document is not None
    assert (document.title, document.author) == ("Report", "Ana Müller")
    assert document.keywords == ("river", "stone")
    assert (document.revision, document.page_count, document.word_count) == (7, 3, 1234)
    assert document.created_at == "2024-05-06T07:08:09Z"
    assert (document.creator, document.creator_version) == ("Microsoft Office Word", "16.0000")
    assert document.has_macros is False


def test_macros_are_seen_wherever_the_project_stands() -> None:
    record = described(docx(**{"word__vbaProject.bin": b"x"}))
    assert record.document is not None
    assert record.document.has_macros is True


def test_a_billion_laughs_in_a_property_part_is_refused_and_the_rest_described() -> None:
    record = described(docx(**{"docProps__core.xml": LAUGHS}))
    assert problems(record) == ["unsafe_xml"]
    assert record.format == "docx"
    assert record.document is not None
    assert record.document.page_count == 3


def test_a_billion_laughs_in_the_text_is_never_parsed() -> None:
    record = described(docx(**{"word__document.xml": LAUGHS}))
    assert not record.problems
    assert record.document is not None
    assert record.document.title == "Report"


def test_a_part_that_grows_a_thousandfold_is_not_unpacked() -> None:
    record = described(docx(**{"docProps__core.xml": "<x>" + " " * 7_000_000 + "</x>"}))
    assert problems(record) == ["too_large"]


def test_a_part_of_many_megabytes_is_not_unpacked() -> None:
    record = described(docx(**{"docProps__core.xml": bytes(9_000_000)}))
    assert problems(record) == ["too_large"]


def test_an_archive_of_too_many_parts_is_not_listed() -> None:
    record = described(packed({f"{index}": b"" for index in range(20_001)}))
    assert problems(record) == ["too_many_entries"]


def test_a_part_that_lies_about_its_size_is_said_to_be_broken() -> None:
    body = bytearray(docx())
    at = body.find(b"docProps/core.xml")
    body[at + 20 : at + 120] = bytes(100)
    record = described(bytes(body))
    assert problems(record) == ["broken_document"]


def test_an_archive_of_a_version_to_come_is_broken() -> None:
    body = bytearray(docx())
    body[body.find(b"PK\x01\x02") + 6] = 85
    assert problems(described(bytes(body))) == ["broken_document"]


def test_broken_xml_costs_only_its_part() -> None:
    record = described(docx(**{"docProps__app.xml": "<Properties><Pages>3"}))
    assert problems(record) == ["broken_document"]
    assert record.document is not None
    assert record.document.title == "Report"


def test_a_cut_archive_is_truncated() -> None:
    record = described(docx()[:-100])
    assert problems(record) == ["truncated"]


def test_a_workbook_states_its_sheets() -> None:
    body = packed(
        {
            "[Content_Types].xml": WORD.replace(
                "wordprocessingml.document", "spreadsheetml.sheet"
            ).replace("/word/document", "/xl/workbook"),
            "xl/workbook.xml": "<workbook><sheets><sheet/><sheet/></sheets></workbook>",
        }
    )
    record = described(body)
    assert record.format == "xlsx"
    assert record.document is not None
    assert record.document.sheet_count == 2


def test_opendocument_statistics_are_read() -> None:
    body = packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "meta.xml": '<m xmlns:meta="urn:x" xmlns:dc="urn:y"><dc:title>Letter</dc:title>'
            '<meta:document-statistic meta:page-count="2" meta:word-count="15"/>'
            "<meta:keyword>a</meta:keyword><meta:keyword>b</meta:keyword></m>",
            "META-INF/manifest.xml": "<m/>",
            "Basic/Standard/Module1.xml": "<m/>",
        },
        stored_first=True,
    )
    record = described(body)
    assert record.format == "odt"
    document = record.document
    assert document is not None
    assert (document.title, document.page_count, document.word_count) == ("Letter", 2, 15)
    assert document.keywords == ("a", "b")
    assert document.has_macros is True


def test_an_encrypted_opendocument_says_so() -> None:
    body = packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": "<m><file-entry><encryption-data/></file-entry></m>",
        }
    )
    record = described(body)
    assert record.document is not None
    assert record.document.encrypted is True
    assert problems(record) == ["password_required"]


def test_what_the_key_of_a_part_hides_is_not_called_broken() -> None:
    entry = "<file-entry full-path='{}'>{}</file-entry>"
    manifest = entry.format("content.xml", "<encryption-data/>")
    parts = {"mimetype": "application/vnd.oasis.opendocument.text", "meta.xml": "not XML"}
    torn = described(packed({**parts, "META-INF/manifest.xml": f"<m>{manifest}</m>"}))
    assert "broken_document" in problems(torn)
    manifest += entry.format("meta.xml", "<encryption-data/>")
    locked = described(packed({**parts, "META-INF/manifest.xml": f"<m>{manifest}</m>"}))
    assert problems(locked) == ["password_required"]


@pytest.mark.parametrize(
    ("own", "inside", "format_"),
    [("Workbook", "WordDocument", "xls"), ("WordDocument", "Workbook", "doc")],
)
def test_a_compound_file_is_what_it_is_itself_whatever_it_holds(
    own: str, inside: str, format_: str
) -> None:
    body = compound({own: b"own", "Objects": {inside: b"embedded", "_VBA_PROJECT": b"macro"}})
    record = described(body)
    assert record.format == format_
    assert record.document is not None
    assert record.document.has_macros


def test_a_book_names_its_authors_in_order() -> None:
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata><dc:title>Rivers</dc:title>'
        "<dc:creator>Ana</dc:creator><dc:creator>Ben</dc:creator>"
        '<meta property="dcterms:modified">2024-05-06T07:08:09Z</meta></metadata></package>'
    )
    body = packed(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<c><r><rootfile full-path="o/p.opf"/></r></c>',
            "o/p.opf": package,
        }
    )
    record = described(body, Kind.OTHER)
    assert record.format == "epub"
    document = record.document
    assert document is not None
    assert document.authors == ("Ana", "Ben")
    assert (document.title, document.modified_at) == ("Rivers", "2024-05-06T07:08:09Z")


def test_any_other_archive_is_just_an_archive() -> None:
    record = described(packed({"a.txt": "hello"}), Kind.OTHER)
    assert (record.format, record.document, record.problems) == ("zip", None, ())


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (r"{\rtf1\ansi\ansicpg1252{\info{\title Z\'fcrich}{\nofpages3}}x}", "Zürich"),
        (r"{\rtf1{\info{\upr{\title ?}{\*\ud{\title \u12478\'3f}}}}x}", "ゾ"),
        (r"{\rtf1{\info{\title \u-10179?\u-8704?}}x}", "😀"),
        (r"{\rtf1\ansicpg99999{\info{\title a\{b\}\par c}}x}", "a{b}c"),
    ],
)
def test_rtf_titles_are_decoded(body: str, title: str) -> None:
    record = described(body.encode())
    assert record.format == "rtf"
    assert record.document is not None
    assert record.document.title == title


def told(body: bytes, content_type: str) -> MetadataRecord:
    return describe(
        io.BytesIO(body), key="a", size=len(body), kind=Kind.OFFICE, content_type=content_type
    )


PAGE = (
    '<!DOCTYPE html><html lang="de"><head><meta charset="{charset}"><title>Über\n  Flüsse</title>'
    '<meta name="description" content="Alles &amp; mehr"><meta name=author content="Ana">'
    '<meta name="keywords" content="Fluss, Stein"></head><body><title>no</title></body></html>'
)


@pytest.mark.parametrize(
    ("encoding", "stated", "expected"),
    [
        ("utf-8", "utf-8", "utf-8"),
        ("utf-8", "iso-8859-1", "utf-8"),
        ("iso-8859-15", "ISO-8859-15", "iso-8859-15"),
        ("cp1252", "utf-8", None),
        ("utf-16", "utf-16", "utf-16le"),
    ],
)
def test_html_tells_what_its_head_says(encoding: str, stated: str, expected: str | None) -> None:
    record = told(PAGE.format(charset=stated).encode(encoding), "text/html")
    document = record.document
    assert record.format == "html"
    assert document is not None
    assert (document.title, document.description) == ("Über Flüsse", "Alles & mehr")
    assert (document.author, document.keywords) == ("Ana", ("Fluss", "Stein"))
    assert (document.language, document.charset) == ("de", expected)
    assert record.problems == ()


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        (b"plain words\n", "us-ascii"),
        ("Flüsse\n".encode(), "utf-8"),
        ("Flüsse\n".encode("utf-8-sig"), "utf-8"),
        (("ü" * 40_000 + "\n").encode(), "utf-8"),
        (("a" + "ü" * 40_000).encode(), "utf-8"),
        ("Flüsse\n".encode("latin-1"), None),
    ],
)
def test_a_text_tells_its_encoding_where_that_is_no_guess(body: bytes, charset: str | None) -> None:
    document = told(body, "text/plain").document
    assert (document.charset if document else None) == charset


def test_a_flat_opendocument_tells_its_properties() -> None:
    body = (
        b'<?xml version="1.0"?><office:document xmlns:office="urn:office" xmlns:dc="urn:dc"'
        b' xmlns:meta="urn:meta" office:mimetype="application/vnd.oasis.opendocument.text">'
        b"<office:meta><dc:title>Report</dc:title><meta:initial-creator>Ana</meta:initial-creator>"
        b'<meta:document-statistic meta:word-count="12" meta:page-count="3"/></office:meta>'
        b"<office:body/></office:document>"
    )
    record = told(body, "application/vnd.oasis.opendocument.text-flat-xml")
    assert record.format == "fodt"
    assert record.document is not None
    assert (record.document.title, record.document.author) == ("Report", "Ana")
    assert (record.document.word_count, record.document.page_count) == (12, 3)


def test_apple_s_documents_are_named() -> None:
    history = b'<plist version="1.0"><array><string>1.0</string><string>M13.2-7</string></array>'
    parts: dict[str, str | bytes] = {
        "Index/Document.iwa": b"",
        "Metadata/BuildVersionHistory.plist": history + b"</plist>",
    }
    record = told(packed(parts), "application/vnd.apple.pages")
    assert record.format == "pages"
    assert record.document is not None
    assert (record.document.creator, record.document.creator_version) == ("Pages", "M13.2-7")
    parts |= {"Index/Slide.iwa": b"", "Index/Slide-1234.iwa": b"", ".iwpv2": b""}
    record = told(packed(parts), "application/zip")
    assert record.format == "key"
    assert record.document is not None
    assert record.document.slide_count == 2
    assert record.document.password_required


def test_an_archive_is_listed_and_its_names_are_told_to_nobody_but_the_record() -> None:
    body = packed({f"folder/{index}.txt": "x" * 10 for index in range(300)})
    record = describe(
        io.BytesIO(body),
        key="a.zip",
        size=len(body),
        kind=Kind.OTHER,
        content_type="application/zip",
    )
    archive = record.archive
    assert archive is not None
    assert (archive.entry_count, archive.unpacked_bytes, archive.encrypted) == (300, 3_000, False)
    assert len(archive.entries) == 200
    assert archive.entries[0].name == "folder/0.txt"
    assert publish(record, Privacy.NO_LOCATION)["archive"] == {
        "entry_count": 300,
        "unpacked_bytes": 3_000,
        "encrypted": False,
    }
