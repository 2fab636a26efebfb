"""PDFs described by their structure: pages, claims, what they can do, and what locks them."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from made.pdf import document as by_hand
from made.pdf import pdf
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.constants import UserAccessPermissions
from pypdf.generic import (
    ArrayObject,
    BooleanObject,
    DictionaryObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from mediamill.domain.facts import DocumentFacts, PageSize
from mediamill.domain.kind import Kind
from mediamill.domain.metadata import MetadataRecord, describe


def described(body: bytes) -> MetadataRecord:
    return describe(
        io.BytesIO(body),
        key="a.pdf",
        size=len(body),
        kind=Kind.DOCUMENT,
        content_type="application/pdf",
    )


def document(body: bytes) -> DocumentFacts:
    found = described(body).document
    assert found is not None
    return found


def problems(record: MetadataRecord) -> list[str]:
    return [problem.code for problem in record.problems]


def blank(*sizes: tuple[float, float]) -> PdfWriter:
    writer = PdfWriter()
    for width, height in sizes or ((612, 792),):
        writer.add_blank_page(width, height)
    return writer


def written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_pages_of_one_size_are_one_run() -> None:
    writer = blank((612, 792), (612, 792), (300, 400), (300, 400))
    writer.pages[3].rotate(90)
    found = document(written(writer))
    assert found.page_count == 4
    assert found.page_size == PageSize(612, 792, 0, 1, 2)
    assert found.page_sizes == (
        PageSize(612, 792, 0, 1, 2),
        PageSize(300, 400, 0, 3, 3),
        PageSize(400, 300, 90, 4, 4),
    )


def test_information_is_read_and_dates_keep_their_offset() -> None:
    writer = blank()
    writer.add_metadata(
        {
            "/Title": "Report\x00\x1b",
            "/Author": "Ana Müller",
            "/Keywords": "river, stone",
            "/CreationDate": "D:20240506070809+02'00'",
        }
    )
    found = document(written(writer))
    assert (found.title, found.author) == ("Report", "Ana Müller")
    assert found.keywords == ("river", "stone")
    assert found.created_at == "2024-05-06T07:08:09+02:00"


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
def test_an_encrypted_document_that_opens_for_anyone_is_read(algorithm: str) -> None:
    writer = blank()
    writer.add_metadata({"/Title": "Open"})
    allowed = UserAccessPermissions.PRINT | UserAccessPermissions.EXTRACT
    writer.encrypt("", "owner", algorithm=algorithm, permissions_flag=allowed)
    found = document(written(writer))
    assert (found.encrypted, found.password_required) == (True, False)
    assert found.title == "Open"
    assert found.permissions == ("print", "copy")


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-256"])
def test_a_document_with_a_password_is_a_record_that_says_so(algorithm: str) -> None:
    writer = blank()
    writer.encrypt("secret", algorithm=algorithm)
    record = described(written(writer))
    assert problems(record) == ["password_required"]
    assert record.document is not None
    assert (record.document.encrypted, record.document.password_required) == (True, True)
    assert record.document.page_count is None


def test_encryption_is_read_with_the_wheel_that_the_function_ships() -> None:
    writer = blank()
    writer.add_metadata({"/Title": "Open"})
    writer.encrypt("", "owner", algorithm="AES-256")
    script = (
        "import sys, io; sys.modules['cryptography'] = None\n"
        "from mediamill.domain.metadata.pdf.read import read_pdf\n"
        "found = read_pdf(io.BytesIO(sys.stdin.buffer.read()))\n"
        "from pypdf._crypt_providers import crypt_provider\n"
        "print(crypt_provider[0], found.document.get('title'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], input=written(writer), capture_output=True, check=True
    )
    assert done.stdout.split() == [b"pycryptodome", b"Open"]


def test_scripts_attachments_forms_and_tags_are_seen() -> None:
    writer = blank()
    script = DictionaryObject(
        {
            NameObject("/S"): NameObject("/JavaScript"),
            NameObject("/JS"): TextStringObject("app.alert('x')"),
        }
    )
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(script)
    writer.add_attachment("data.csv", b"1,2")
    root = writer.root_object
    root[NameObject("/MarkInfo")] = DictionaryObject({NameObject("/Marked"): BooleanObject(True)})
    root[NameObject("/Lang")] = TextStringObject("de-CH")
    signature = writer._add_object(
        DictionaryObject(
            {
                NameObject("/FT"): NameObject("/Sig"),
                NameObject("/T"): TextStringObject("s"),
                NameObject("/V"): DictionaryObject({NameObject("/Type"): NameObject("/Sig")}),
            }
        )
    )
    root[NameObject("/AcroForm")] = DictionaryObject(
        {NameObject("/Fields"): ArrayObject([signature])}
    )
    found = document(written(writer))
    assert found.has_javascript is True
    assert found.attachments == ("data.csv",)
    assert (found.has_forms, found.signature_count) == (True, 1)
    assert (found.tagged, found.language) == (True, "de-CH")


def test_a_plain_document_has_none_of_it() -> None:
    found = document(written(blank()))
    assert found.has_javascript is False
    assert (found.has_forms, found.signature_count, found.attachments) == (False, 0, ())
    assert (found.tagged, found.encrypted, found.has_text_layer) == (False, False, False)


def test_a_script_behind_a_link_is_seen() -> None:
    writer = blank()
    link = Link(rect=(0, 0, 9, 9), url="https://example.com")
    link[NameObject("/A")] = DictionaryObject(
        {
            NameObject("/S"): NameObject("/URI"),
            NameObject("/Next"): DictionaryObject({NameObject("/S"): NameObject("/JavaScript")}),
        }
    )
    writer.add_annotation(0, link)
    assert document(written(writer)).has_javascript is True


CONTENT = b"BT /F1 12 Tf 72 720 Td (Hello) Tj ET"


def page_with(content: bytes, resources: bytes) -> bytes:
    return pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/CropBox[10 10 110 60]"
            b"/UserUnit 2/Contents 4 0 R/Resources<<%b>>>>" % resources,
            4: b"<</Length %d>>stream\n%b\nendstream" % (len(content), content),
            5: b"<</Type/Font/Subtype/TrueType/BaseFont/ABCDEF+Own/FontDescriptor 6 0 R>>",
            6: b"<</Type/FontDescriptor/FontFile2 7 0 R>>",
            7: b"<</Length 1>>stream\nx\nendstream",
            8: b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            9: b"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length %d>>stream\n%b\nendstream"
            % (len(CONTENT), CONTENT),
        }
    )


def test_fonts_are_named_and_told_embedded_or_not() -> None:
    found = document(page_with(CONTENT, b"/Font<</F1 5 0 R/F2 8 0 R>>"))
    assert [(font.name, font.embedded) for font in found.fonts] == [
        ("Own", True),
        ("Helvetica", False),
    ]
    assert found.fonts_embedded is False


def test_text_is_seen_on_the_page_or_in_a_form_that_it_draws() -> None:
    assert document(page_with(CONTENT, b"")).has_text_layer is True
    assert document(page_with(b"/X Do", b"/XObject<</X 9 0 R>>")).has_text_layer is True
    assert document(page_with(b"0 0 9 9 re f", b"")).has_text_layer is False


def test_the_size_is_the_crop_box_in_points_of_the_page_s_unit() -> None:
    size = document(page_with(CONTENT, b"")).page_size
    assert size is not None
    assert (size.width, size.height) == (200, 100)


def test_claims_of_archiving_and_access_are_read_from_xmp() -> None:
    packet = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-'
        b'rdf-syntax-ns#"><rdf:Description xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/"'
        b' xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/" pdfaid:part="2"'
        b' pdfaid:conformance="B" pdfuaid:part="1"/></rdf:RDF></x:xmpmeta>'
    )
    body = pdf(
        {
            1: b"<</Type/Catalog/Version/2.0/Pages 2 0 R/Metadata 3 0 R>>",
            2: b"<</Type/Pages/Kids[]/Count 0>>",
            3: b"<</Type/Metadata/Subtype/XML/Length %d>>stream\n%b\nendstream"
            % (len(packet), packet),
        }
    )
    found = document(body)
    assert (found.pdfa, found.pdfua, found.version) == ("2B", "1", "2.0")


def test_a_page_tree_that_goes_in_circles_ends() -> None:
    body = pdf(
        {
            1: b"<</Type/Catalog/Pages 2 0 R>>",
            2: b"<</Type/Pages/Kids[3 0 R 2 0 R 3 0 R]/Count 3>>",
            3: b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
        }
    )
    assert document(body).page_count == 1


def test_what_is_no_pdf_is_broken_and_described() -> None:
    record = described(b"%PDF-1.4\nnothing else")
    assert problems(record) == ["broken_document"]
    assert record.document is not None
    assert record.document.version == "1.4"


def test_a_torn_cross_reference_table_is_rebuilt() -> None:
    body = written(blank((100, 100), (100, 100)))
    at = body.rfind(b"startxref")
    torn = body[:at] + b"startxref\n7\n%%EOF\n"
    assert document(torn).page_count == len(PdfReader(io.BytesIO(body)).pages)


class Touched(io.BytesIO):
    """A file that knows which of its blocks were read."""

    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self.blocks: set[int] = set()

    def read(self, size: int | None = -1, /) -> bytes:
        start = self.tell()
        got = super().read(size)
        self.blocks.update(range(start // 65_536, -(-self.tell() // 65_536)))
        return got


def test_a_large_document_is_described_from_few_of_its_blocks() -> None:
    writer = blank(*[(612, 792)] * 200)
    for page in writer.pages:
        picture = StreamObject()
        picture.set_data(bytes(100_000))
        page[NameObject("/Thumb")] = writer._add_object(picture)
    file = Touched(written(writer))
    size = file.seek(0, 2)
    record = describe(
        file, key="a.pdf", size=size, kind=Kind.DOCUMENT, content_type="application/pdf"
    )
    assert len(file.blocks) < 60 < size // 65_536
    assert record.document is not None
    assert record.document.page_count == 200
    assert record.document.page_size == PageSize(612, 792, 0, 1, record.document.page_sizes[0].last)
    assert not record.problems


def test_an_update_ends_that_the_first_page_stands_first() -> None:
    body = by_hand([b""])
    first = b"1 0 obj\n<</Linearized 1/L %d/O 5/E 9/N 1/T 7>>\nendobj\n" % (len(body) + 100)
    whole = (body[:15] + first + body[15:]).ljust(len(body) + 100, b"\n")
    assert document(whole).linearized is True
    assert document(whole + b"1 0 obj\n<<>>\nendobj\n").linearized is False


def test_a_page_that_is_broken_costs_no_other_its_size_nor_the_document_its_count() -> None:
    bad = b"<</Length 9/Filter/FlateDecode/DecodeParms 8 0 R>>stream\nnot zlib!\nendstream"
    body = by_hand([b"BT /F 9 Tf (x) Tj ET"] * 3, more={7: bad, 8: b"<</Predictor (none)>>"})
    body = body.replace(b"/Contents 1003 0 R", b"/Contents    7 0 R")
    assert b"/Contents    7 0 R" in body
    found = document(body)
    assert found.page_count == 3
    assert [(size.width, size.height, size.last) for size in found.page_sizes] == [(200, 100, 3)]
    assert found.has_text_layer is True
