"""Text: intact in every script, paged, bounded, with words where asked for."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from typing import Any

import pytest
from made import pdf

from mediamill.domain.document import isolated, open_document, pages, text
from mediamill.domain.limits import Limits


def mapped(*letters: str) -> bytes:
    """A document of one line whose font maps A, B, C … to `letters`."""
    pairs = b"".join(
        b"<%02X><%b>\n" % (0x41 + index, letter.encode("utf-16-be").hex().encode())
        for index, letter in enumerate(letters)
    )
    cmap = pdf.stream(
        b"/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        b"1 begincodespacerange <00><FF> endcodespacerange\n"
        b"%d beginbfchar\n%bendbfchar\nendcmap end end" % (len(letters), pairs)
    )
    font = (
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding/ToUnicode 11 0 R>>"
    )
    shown = "".join(chr(0x41 + index) for index in range(len(letters)))
    return pdf.document([pdf.line(shown)], more={3: font, 11: cmap})


def plain(made: bytes, *, cropped: bool = True) -> str:
    with open_document(made) as document:
        return text(document, cropped=cropped)[0].body.decode()


def told_words(made: bytes) -> list[dict[str, Any]]:
    with open_document(made) as document:
        told = json.loads(text(document, words=True)[1].body)["pages"][0]["words"]
    return list(told)


def shapes(codes: bytes) -> bytes:
    """A document of one line in a font of shapes alone, which names no letter."""
    differences = b"".join(b"%d/shape%d " % (code, code) for code in sorted(set(codes)))
    glyphs = b"".join(b"/shape%d 10 0 R" % code for code in sorted(set(codes)))
    font = (
        b"<</Type/Font/Subtype/Type3/FontBBox[0 0 800 800]/FontMatrix[.001 0 0 .001 0 0]"
        b"/CharProcs<<%b>>/Encoding<</Differences[%b]>>/FirstChar 0/LastChar 255/Widths[%b]>>"
        % (glyphs, differences, b"800 " * 256)
    )
    shape = pdf.stream(b"800 0 0 0 700 700 d1 0 0 700 700 re f")
    shown = b"BT /F 6 Tf 10 40 Td <%b> Tj ET" % codes.hex().encode()
    return pdf.document([shown], more={3: font, 10: shape})


def test_divides_pages_by_form_feeds() -> None:
    made = pdf.document([pdf.line("one"), b"", pdf.line("three")])
    assert plain(made) == "one\f\fthree"


@pytest.mark.parametrize(
    "letters", ["日本語", "漢字かな", "한국어", "Ελλάς", "naïve", "𝒳𝒴", "👍😀"]
)
def test_keeps_letters_of_every_script(letters: str) -> None:
    assert plain(mapped(*letters)) == letters


def test_puts_right_to_left_text_in_reading_order() -> None:
    # Shown from left to right on the page, as PDF writers place it: the last letter first.
    assert plain(mapped(*reversed("שלום"))) == "שלום"


def test_leaves_out_codes_that_are_no_letters() -> None:
    assert plain(mapped("\x01", "b", "\x07")).strip() == "b"


def test_reads_fonts_of_shapes_whose_codes_are_letters_and_a_few_ligatures() -> None:
    assert plain(shapes(b"a signi\x0ccant result in so many words")) == (
        "a signicant result in so many words"
    )


def test_leaves_out_fonts_of_shapes_that_are_merely_numbered() -> None:
    assert plain(shapes(bytes(range(1, 60)))).strip() == ""


def test_no_code_of_a_shape_divides_a_page() -> None:
    assert "\f" not in plain(shapes(b"a signi\x0ccant result in so many words"))


def test_tells_each_page_and_its_size() -> None:
    made = pdf.document([pdf.line("one"), pdf.line("two")], page_entries=b"/Rotate 90")
    with open_document(made) as document:
        plain_text, record = text(document)
    assert (plain_text.extension, record.extension) == ("txt", "json")
    assert plain_text.content_type == "text/plain; charset=utf-8"
    told = json.loads(record.body)
    assert told["page_count"] == 2 and told["truncated"] is False
    assert told["pages"][1] == {"page": 2, "width": 100, "height": 200, "text": "two"}


def test_gives_words_with_boxes_from_the_top_left() -> None:
    made = pdf.document([pdf.line("left right", x=20, y=80, size=10)])
    with open_document(made) as document:
        words = json.loads(text(document, words=True)[1].body)["pages"][0]["words"]
    assert [word["text"] for word in words] == ["left", "right"]
    left, top, right, bottom = words[0]["box"]
    assert left == pytest.approx(20, abs=1.5) and right < words[1]["box"][0]
    # The baseline is 20 points below the upper edge.
    assert top < 20 and bottom == pytest.approx(20, abs=1)


def test_turns_the_boxes_with_the_page() -> None:
    made = pdf.document([pdf.line("turned", x=20, y=80, size=10)], page_entries=b"/Rotate 90")
    with open_document(made) as document:
        ((left, top, right, bottom),) = (
            word["box"]
            for word in json.loads(text(document, words=True)[1].body)["pages"][0]["words"]
        )
    # Turned clockwise, the line runs downwards near the right edge.
    assert bottom - top > right - left
    assert 75 < left < 85 and top == pytest.approx(20, abs=1.5)


@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_keeps_words_whole_on_turned_pages(turned: int) -> None:
    made = pdf.document([pdf.line("two words")], page_entries=b"/Rotate %d" % turned)
    assert [word["text"] for word in told_words(made)] == ["two", "words"]


@pytest.mark.parametrize("matrix", [b"0 1 -1 0", b"0 -1 1 0", b"-1 0 0 -1", b".7 .7 -.7 .7"])
def test_keeps_words_whole_that_are_written_upwards_downwards_or_aslant(matrix: bytes) -> None:
    made = pdf.document([b"BT /F 8 Tf %b 100 50 Tm (two words) Tj ET" % matrix])
    assert [word["text"] for word in told_words(made)] == ["two", "words"]


def test_puts_the_halves_of_a_divided_word_in_boxes_of_their_own() -> None:
    made = pdf.document([pdf.line("divi-", y=60) + b" " + pdf.line("ded", y=45)])
    words = told_words(made)
    assert [word["text"] for word in words] == ["divi-", "ded"]
    assert words[0]["box"][3] < words[1]["box"][1]


@pytest.mark.parametrize(
    "made",
    [
        mapped("a", "\x01", "b"),
        mapped(*"𝒳𝒴👍"),
        shapes(bytes(range(1, 60))),
        shapes(b"a signi\x0ccant result in so many words"),
        pdf.document([pdf.line("one two"), b""], page_entries=b"/Rotate 270"),
        pdf.document(
            [pdf.line("in", x=60) + pdf.line("out", x=5)], page_entries=b"/CropBox[50 0 200 100]"
        ),
    ],
    ids=["control", "astral", "numbered", "letters", "turned", "cropped"],
)
def test_the_words_are_those_of_the_text(made: bytes) -> None:
    assert [word["text"] for word in told_words(made)] == plain(made).partition("\f")[0].split()


SLUG = pdf.document(
    [pdf.line("page", x=60) + b" " + pdf.line("slug", x=60, y=5)],
    page_entries=b"/CropBox[50 30 200 100]",
)


def test_leaves_out_what_lies_beside_the_page() -> None:
    assert plain(SLUG) == "page"


def test_takes_what_lies_beside_the_page_where_asked() -> None:
    assert sorted(plain(SLUG, cropped=False).split()) == ["page", "slug"]


def test_words_take_hardly_more_memory_than_they_are_written_in() -> None:
    lines = (pdf.line("words of a " * 33, x=5, y=y, size=1) for y in range(5, 95))
    made = pdf.document([b" ".join(lines)] * 8)

    def peak() -> Iterator[tuple[int, int]]:
        with open_document(made) as document:
            text(document, Limits(text_bytes=10_000), words=True)
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            record = text(document, words=True)[1]
        yield resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, len(record.body)

    ((grown, written),) = isolated(120, peak)
    assert written > 2_000_000
    assert grown * 1024 < 3 * written


def test_gives_no_words_unless_asked() -> None:
    with open_document(pdf.document([pdf.line("word")])) as document:
        assert "words" not in json.loads(text(document)[1].body)["pages"][0]


def test_cuts_text_at_the_limit_and_says_so() -> None:
    made = mapped(*"日本語")
    with open_document(made) as document:
        plain_text, record = text(document, Limits(text_bytes=7))
    assert plain_text.body.decode() == "日本"
    assert plain_text.truncated and record.truncated
    assert json.loads(record.body)["truncated"] is True


def test_is_not_truncated_at_just_the_limit() -> None:
    with open_document(pdf.document([pdf.line("one"), pdf.line("two")])) as document:
        assert not text(document, Limits(text_bytes=8))[0].truncated
        assert text(document, Limits(text_bytes=6))[0].truncated


def test_keeps_the_hyphen_of_a_divided_word() -> None:
    made = pdf.document([pdf.line("divi-", y=60) + b" " + pdf.line("ded", y=45)])
    assert plain(made) == "divi-\nded"


def annotated(annotation: bytes) -> bytes:
    """A page that says Name, with one annotation in a document that has a form."""
    return pdf.document(
        [pdf.line("Name", y=90)],
        page_entries=b"/Annots[10 0 R]",
        catalog_entries=b"/AcroForm<</Fields[10 0 R]/DR<</Font<</F 3 0 R>>>>>>",
        more={10: b"<</Type/Annot%b/Rect[20 20 180 80]/DA(/F 12 Tf 0 g)/P 1000 0 R>>" % annotation},
    )


@pytest.mark.parametrize(
    ("annotation", "shown"),
    [
        (b"/Subtype/Widget/FT/Tx/T(name)/V(filled in)/F 4", "filled in"),
        (b"/Subtype/Widget/FT/Ch/T(list)/Opt[(red)(green)]/F 4", "red\ngreen"),
        (b"/Subtype/Widget/FT/Btn/Ff 65536/T(go)/MK<</CA(Press)>>/F 4", "Press"),
        (b"/Subtype/FreeText/Contents(a remark)/F 4", "a remark"),
    ],
    ids=["field", "list box", "button", "remark"],
)
def test_holds_what_annotations_show(annotation: bytes, shown: str) -> None:
    assert plain(annotated(annotation)) == f"Name\n{shown}"


@pytest.mark.parametrize(
    "annotation",
    [
        b"/Subtype/Widget/FT/Tx/T(name)/V(secret)/F 2",
        b"/Subtype/FreeText/Contents(secret)/F 2",
        b"/Subtype/Link/Contents(secret)/F 4",
    ],
    ids=["hidden field", "hidden remark", "link"],
)
def test_leaves_out_what_annotations_do_not_show(annotation: bytes) -> None:
    assert plain(annotated(annotation)) == "Name"


def test_gives_the_words_of_a_field_their_boxes() -> None:
    with open_document(annotated(b"/Subtype/Widget/FT/Tx/T(name)/V(filled)/F 4")) as document:
        words = json.loads(text(document, words=True)[1].body)["pages"][0]["words"]
    assert [word["text"] for word in words] == ["Name", "filled"]
    left, top, right, bottom = words[1]["box"]
    assert 20 <= left < right <= 180 and 20 <= top < bottom <= 80


def test_a_page_is_drawn_the_same_before_and_after_its_text_was_read() -> None:
    with open_document(annotated(b"/Subtype/Widget/FT/Tx/T(name)/V(filled in)/F 4")) as document:
        before = list(pages(document))
        text(document)
        assert list(pages(document)) == before
