"""Cleaning and splitting: what stays, what goes, and that the result is a PDF that is smaller."""

from __future__ import annotations

import io
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from shutil import which

import pytest
from made import pdf
from PIL import Image
from pypdf import PdfReader
from pypdf.generic import StreamObject

from mediamill.domain.document import (
    PageRange,
    Wanted,
    Whole,
    make_part,
    open_document,
    pages,
    text,
)
from mediamill.domain.document.clean import opened, whole
from mediamill.domain.document.faithful import Rewriter
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


def clean(made: bytes, password: str = "") -> bytes:
    with (
        open_document(made, password) as document,
        closing(Rewriter(document, made, password)) as rewriter,
    ):
        return rewriter.whole()


def excerpt(made: bytes, part: PageRange) -> bytes:
    with open_document(made) as document, closing(Rewriter(document, made)) as rewriter:
        return rewriter.pages(part)


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
    assert trace not in unpacked(clean(harmful()))


def test_text_links_and_pages_stay() -> None:
    cleaned = clean(harmful())
    with open_document(cleaned) as document:
        assert text(document)[0].body == b"kept\fsecond"
    assert "https://example.org/stays" in unpacked(cleaned)
    reader = PdfReader(io.BytesIO(cleaned))
    annotations = [each.get_object() for each in reader.pages[0]["/Annots"]]  # type: ignore[attr-defined]
    going = [each["/A"]["/D"][0] for each in annotations if each.get("/A", {}).get("/S") == "/GoTo"]
    assert going[0].get_object()["/Contents"].get_data() == pdf.line("second")


def test_looks_the_same() -> None:
    before, after = (
        [page.body for page in pages(document)]
        for document in map(open_document, (harmful(), clean(harmful())))
    )
    assert before == after


def shows_a_picture(resources: bytes) -> bytes:
    """A page with a black picture, whose name is written in these resources."""
    picture = pdf.stream(
        b"\0" * 64,
        b"/Type/XObject/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8",
    )
    room = b"/Pad(%b)" % (b"x" * 40)
    made = pdf.document([b"q 100 0 0 80 50 10 cm /Im Do Q"], page_entries=room, more={10: picture})
    usual = b"/Resources<</Font<</F 3 0 R>>>>" + room
    assert usual in made
    return made.replace(usual, (b"/Resources<<%b>>" % resources).ljust(len(usual)))


def blackest(made: bytes) -> int:
    with open_document(made) as document:
        (page,) = pages(document)
    greys = Image.open(io.BytesIO(page.body)).convert("L").histogram()
    return next(grey for grey, count in enumerate(greys) if count)


NUL_BEHIND_A_NAME = shows_a_picture(b"/XObject<</Im\x00 10 0 R>>")


@pytest.mark.parametrize("wanted", [Wanted(clean=True), Wanted(split=True)], ids=["clean", "split"])
def test_no_picture_is_lost_whose_name_ends_in_a_nul(wanted: Wanted) -> None:
    """A NUL is white space in PDF; pypdf takes it for part of the name."""
    with opened(NUL_BEHIND_A_NAME) as reader:
        assert blackest(whole(reader)) > 200
    (product,) = make_part(NUL_BEHIND_A_NAME, wanted, Whole.PDFS)
    assert blackest(product.body) < 50


@pytest.mark.parametrize("name", ["宋体".encode("gbk"), "宋体".encode(), b"a#20b", b"\xff\xfe"])
def test_names_keep_their_bytes(name: bytes) -> None:
    font = b"<</Type/Font/Subtype/TrueType/BaseFont/%b/Encoding/WinAnsiEncoding>>" % name
    made = pdf.document([pdf.line("text")], more={3: font})
    with opened(made) as before, opened(clean(made)) as after:
        fonts = [
            reader.pages[0]["/Resources"]["/Font"]["/F"]["/BaseFont"]  # type: ignore[index]
            for reader in (before, after)
        ]
    assert fonts[0] == fonts[1]
    assert fonts[0][1:].encode("latin1") == name.replace(b"#20", b" ")


def test_does_not_hand_out_what_looks_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    faithful = sys.modules["mediamill.domain.document.faithful"]
    monkeypatch.setattr(faithful, "whole", lambda reader: pdf.document([b"0 0 9 9 re f"]))
    with pytest.raises(Broken) as raised:
        clean(pdf.document([pdf.line("kept")]))
    assert raised.value.code == "rewritten_differently"


def test_packs_objects_into_streams() -> None:
    made = pdf.document([b"0 0 1 1 re f"] * 300)
    packed = clean(made)
    assert b"/ObjStm" in packed and b"/XRef" in packed
    assert len(packed) < len(made) / 2


def test_splits_into_single_pages() -> None:
    made = pdf.document([pdf.line("one"), pdf.line("two"), pdf.line("three")])
    wanted = Wanted(split=True, limits=Limits(pages=2))
    products = list(make_part(made, wanted, Whole.PDFS))
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
    with open_document(excerpt(made, PageRange(2, 9))) as document:
        assert document.page_count == 2
        assert document.page_size(1) == (300, 100)
        assert text(document)[0].body == b"two\fthree"


def test_refuses_a_range_that_is_not_there() -> None:
    with pytest.raises(Broken):
        excerpt(pdf.document([b""]), PageRange(5, 6))


def test_a_clean_copy_of_what_only_its_owner_locked_is_open() -> None:
    with open_document(clean(pdf.locked(""))) as document:
        assert text(document)[0].body == b"secret"


def test_a_clean_copy_of_what_its_password_opens_is_open() -> None:
    with open_document(clean(pdf.locked("user"), "user")) as document:
        assert text(document)[0].body == b"secret"


def test_asks_for_a_password() -> None:
    with pytest.raises(PasswordRequired):
        clean(pdf.locked("user"))


@pytest.mark.parametrize("broken", [b"", b"%PDF-1.7\n", b"\0" * 999, pdf.document([])])
def test_calls_a_broken_document_broken(broken: bytes) -> None:
    with pytest.raises(Broken) as raised:
        clean(broken)
    assert raised.value.code == "broken_document"


@pytest.mark.skipif(which("qpdf") is None, reason="qpdf is not installed")
def test_qpdf_finds_no_fault_in_it(tmp_path: Path) -> None:
    path = tmp_path / "clean.pdf"
    path.write_bytes(clean(harmful()))
    done = subprocess.run(["qpdf", "--check", path], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
