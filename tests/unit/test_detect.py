"""Detection: content decides, the extension only breaks ties."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import office, old_office, other_offices
from made.heads import LEFT_OUT, PICTURES, STREAMS, element, film, matroska, ogg, tga

from mediamill.domain import other_offices as other_offices_told
from mediamill.domain.detect import HEAD_BYTES, detect
from mediamill.domain.kind import Kind

CORPUS = Path(__file__).parents[3] / "shared" / "corpus"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
STARTS = [head[:48] for head, _, _ in (PICTURES | LEFT_OUT | STREAMS).values()]
JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"


def iso(brand: bytes, *compatible: bytes) -> bytes:
    body = b"ftyp" + brand + bytes(4) + b"".join(compatible)
    return (len(body) + 4).to_bytes(4, "big") + body + bytes(64)


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("head", "key", "content_type"),
    [
        (old_office.word_2003("x"), "letter.doc", "application/vnd.ms-wordml"),
        (old_office.word_2003("x"), "letter.xml", "application/vnd.ms-wordml"),
        (old_office.excel_2003("x"), "table.xls", "application/vnd.ms-spreadsheetml"),
        *((old_office.excel(each, "x"), "table", "application/vnd.ms-excel") for each in (2, 3, 4)),
        (old_office.web_archive("<p>x</p>"), "page.mht", "multipart/related"),
        (old_office.web_archive("<p>x</p>"), "page.doc", "multipart/related"),
        (office.odf("graphics"), "x.odg", "application/vnd.oasis.opendocument.graphics"),
        (b"plain words", "letter.doc", "text/plain"),
        (b"<table><tr><td>1</table>", "table.xls", "text/html"),
    ],
)
def test_what_office_wrote_in_other_ways_goes_to_the_office_worker(
    head: bytes, key: str, content_type: str
) -> None:
    found = detect(head, key)
    assert (found.kind, found.content_type) == (Kind.OFFICE, content_type)


@pytest.mark.parametrize(
    ("head", "key", "kind", "content_type"),
    [
        (JPEG, "report.pdf", Kind.IMAGE, "image/jpeg"),
        (b"%PDF-1.7\n", "cat.jpg", Kind.DOCUMENT, "application/pdf"),
        (b"\xef\xbb\xbfrubbish\n%PDF-1.4\n", "a.pdf", Kind.DOCUMENT, "application/pdf"),
        (b"\xff\x0a\x00\x00", "a", Kind.IMAGE, "image/jxl"),
        (b"\xff\x4f\xff\x51\x00", "a.jp2", Kind.IMAGE, "image/j2c"),
        (iso(b"heic", b"mif1"), "IMG.HEIC", Kind.IMAGE, "image/heic"),
        (iso(b"mif1", b"mif1", b"heic"), "x", Kind.IMAGE, "image/heic"),
        (iso(b"mif1", b"miaf", b"avif"), "x", Kind.IMAGE, "image/avif"),
        (iso(b"qt  "), "clip.MOV", Kind.VIDEO, "video/quicktime"),
        (iso(b"M4A "), "song.m4a", Kind.AUDIO, "audio/mp4"),
        (iso(b"isom", b"mp41"), "clip", Kind.VIDEO, "video/mp4"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", Kind.IMAGE, "image/svg+xml"),
        (b"just words\n", "notes.txt", Kind.OFFICE, "text/plain"),
        (b"# Title\n\nwords\n", "README.md", Kind.OFFICE, "text/markdown"),
        (b"a,b\n1,2\n3,4\n", "table.csv", Kind.OFFICE, "text/csv"),
        (b"", "empty.jpg", Kind.OTHER, "application/x-empty"),
        (bytes(range(256)) * 4, "noise.bin", Kind.OTHER, "application/octet-stream"),
    ],
)
def test_tells_a_file_by_its_first_bytes(
    head: bytes, key: str, kind: Kind, content_type: str
) -> None:
    found = detect(head, key)
    assert (found.kind, found.content_type) == (kind, content_type)


@pytest.mark.parametrize(
    ("inside", "key", "subtype"),
    [
        ("word/document.xml", "a.docx", "wordprocessingml.document"),
        ("word/document.xml", "a.bin", "wordprocessingml.document"),
        ("xl/workbook.xml", "a.docx", "spreadsheetml.sheet"),
        ("xl/workbook.xml", "a.xlsm", "macroenabled"),
        ("ppt/presentation.xml", "a.pptx", "presentationml.presentation"),
    ],
)
def test_looks_into_a_zip_for_what_the_extension_may_only_refine(
    inside: str, key: str, subtype: str
) -> None:
    found = detect(zipped("[Content_Types].xml", "_rels/.rels", inside), key)
    assert found.kind is Kind.OFFICE
    assert subtype in found.content_type


@pytest.mark.parametrize(
    ("head", "key", "program"),
    [
        (other_offices.wordperfect("x"), "letter", "wordperfect"),
        (other_offices.lotus("x"), "table", "lotus"),
        (other_offices.quattro("x"), "table", "quattro"),
        (b"1\xbe\0\0\0\xab" + bytes(122), "letter.doc", "write"),
        (b"HWP Document File V3.00 \x1a\1\2\3\4\5", "a", "hangul"),
        (other_offices.stream("VisioDocument"), "plan.bin", "vsd"),
        (other_offices.stream("Quill/QuillSub/CONTENTS"), "flyer", "publisher"),
        (OLE, "flyer.pub", "publisher"),
        (OLE, "letter.wps", "works"),
        (OLE, "table.qpw", "quattro"),
        (other_offices.visio(), "plan", "vsdx"),
        (other_offices.openoffice("calc", ""), "table.sxc", "sxc"),
        (other_offices.iwork("QuickLook/Thumbnail.jpg", "a", "index.xml"), "a.pages", "pages"),
        (other_offices.iwork("Index/Document.iwa", "Index/Metadata.iwa"), "a.numbers", "numbers"),
        (other_offices.iwork("thumbs/mt0-0.jpg", "thumbs/mt0-1.jpg"), "talk.key", "keynote"),
        (other_offices.iwork("Talk.key/Data/a.jpg", "Talk.key/Index.zip"), "talk.key", "keynote"),
    ],
)
def test_what_other_programs_wrote_goes_to_the_office_worker(
    head: bytes, key: str, program: str
) -> None:
    found = detect(head, key)
    assert found.kind is Kind.OFFICE
    assert found.content_type == other_offices_told.MEDIA_TYPES[program]


@pytest.mark.parametrize("key", ["a.hwp", "a.wri", "a.msg", "a"])
def test_a_compound_file_of_which_nothing_is_seen_is_only_described(key: str) -> None:
    assert detect(OLE, key).kind is Kind.OTHER


def test_a_plain_zip_is_not_an_office_file_whatever_it_is_called() -> None:
    assert detect(zipped("a.txt", "b.txt", "c.txt"), "holiday.docx").kind is Kind.OTHER


@pytest.mark.parametrize(
    ("key", "content_type"),
    [
        ("old.doc", "application/msword"),
        ("old.XLS", "application/vnd.ms-excel"),
        ("deck.ppt", "application/vnd.ms-powerpoint"),
        ("mystery", "application/x-ole-storage"),
    ],
)
def test_the_extension_breaks_the_tie_between_ole_files(key: str, content_type: str) -> None:
    assert detect(OLE, key).content_type == content_type


@pytest.mark.parametrize(
    ("whole", "key", "kind"),
    [
        (film(b"isom", b"soun"), "talk.mp4", Kind.AUDIO),
        (film(b"isom", b"text", b"soun"), "talk.mp4", Kind.AUDIO),
        (film(b"M4A ", b"vide", b"soun"), "clip.m4a", Kind.VIDEO),
        (film(b"qt  ", b"soun", index_last=True), "memo.mov", Kind.AUDIO),
        (film(b"isom", b"soun", b"vide", index_last=True), "clip.mp4", Kind.VIDEO),
        (film(b"3gp4", b"soun"), "memo.3gp", Kind.AUDIO),
        (matroska(b"matroska", 2), "song.mka", Kind.AUDIO),
        (matroska(b"webm", 2, 17), "song.webm", Kind.AUDIO),
        (matroska(b"webm", 2, 1), "clip.webm", Kind.VIDEO),
        (ogg(b"\x80theora"), "clip.ogg", Kind.VIDEO),
        (ogg(b"Speex   "), "call.ogg", Kind.AUDIO),
        (b"FLV\1\4\0\0\0\x09" + bytes(50), "radio.flv", Kind.AUDIO),
    ],
)
def test_a_video_has_a_moving_picture_wherever_its_index_stands(
    whole: bytes, key: str, kind: Kind
) -> None:
    asked: list[int] = []

    def reach(offset: int, length: int) -> bytes:
        asked.append(offset)
        return whole[offset : offset + length]

    assert detect(whole[:HEAD_BYTES], key, reach).kind is kind
    assert len(asked) <= 4


def test_a_film_whose_index_nobody_may_read_is_a_video_by_default() -> None:
    head = film(b"isom", b"soun", index_last=True)[:HEAD_BYTES]
    assert detect(head, "a.mp4").kind is Kind.VIDEO
    assert detect(head, "a.m4a").kind is Kind.AUDIO
    assert detect(head, "a.mp4", lambda offset, length: b"").kind is Kind.VIDEO


def test_a_tga_needs_its_extension_because_noise_looks_like_one() -> None:
    assert detect(tga(), "a.tga").kind is Kind.IMAGE
    assert detect(tga(), "a.bin").kind is Kind.OTHER


@pytest.mark.parametrize("what", ["text", "spreadsheet", "presentation"])
@pytest.mark.parametrize("key", ["a.xml", "a.fodt", "a"])
def test_a_flat_opendocument_names_its_type_inside(what: str, key: str) -> None:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<office:document'
        ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
        f' office:version="1.3" office:mimetype="application/vnd.oasis.opendocument.{what}">'
    ).encode()
    found = detect(head, key)
    assert found.kind is Kind.OFFICE
    assert found.content_type == f"application/vnd.oasis.opendocument.{what}-flat-xml"


def test_what_stands_behind_an_id3_tag_decides() -> None:
    tag = b"ID3\x04\0\0\0\0\x01\0" + bytes(128)
    for behind, content_type in (
        (b"\xff\xf1\x50\x80\x02\x1f\xfc", "audio/aac"),
        (b"TTA1\1\0", "audio/x-tta"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
    ):
        assert detect(tag + behind + bytes(99), "a").content_type == content_type


@given(head=st.binary(max_size=400), start=st.sampled_from(STARTS), key=st.text(max_size=8))
def test_no_beginning_is_too_odd_to_be_something(head: bytes, start: bytes, key: str) -> None:
    found = detect(start + head, key, lambda offset, length: head[:length])
    assert "/" in found.content_type


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not here")
def test_knows_every_file_of_the_corpus_as_what_its_folder_says() -> None:
    kinds = {
        "images": {Kind.IMAGE},
        "documents": {Kind.DOCUMENT, Kind.OFFICE},
        "av": {Kind.AUDIO, Kind.VIDEO},
    }
    for source in json.loads((CORPUS / "SOURCES.json").read_text()):
        path = CORPUS / source["file"]
        with path.open("rb") as file:
            found = detect(file.read(HEAD_BYTES), path.name)
        assert found.kind in kinds[path.parent.name], (path.name, found)


def _reaching_out(pairs: int) -> bytes:
    """Boxes that reach past the one around them: what follows would be read twice at each level."""
    pair = (16).to_bytes(4) + b"trak" + (1 << 20).to_bytes(4) + b"mdia"
    return (1 << 20).to_bytes(4) + b"moov" + pair * pairs


@pytest.mark.parametrize("nested", [b"trak", b"mdia", b"moov"])
def test_boxes_in_boxes_cost_no_more_than_their_bytes(nested: bytes) -> None:
    deep = b""
    for _ in range(4_000):
        deep = (len(deep) + 8).to_bytes(4) + nested + deep
    start = (16).to_bytes(4) + b"ftypisom" + bytes(4)
    nest = (len(deep) + 8).to_bytes(4) + b"moov" + deep
    assert detect((start + nest)[:HEAD_BYTES], "a.mp4").kind is Kind.VIDEO
    assert detect(start + _reaching_out(60), "a.mp4").kind is Kind.VIDEO


def test_elements_in_elements_of_matroska_cost_no_more_than_their_bytes() -> None:
    segment = bytes.fromhex("18538067") + b"\x01" + b"\xff" * 7
    head = element(0x1A45DFA3, element(0x4282, b"matroska")) + segment * 5_000
    assert detect(head[:HEAD_BYTES], "a.mkv").kind is Kind.VIDEO
