"""Making: which derivatives a document becomes, and in which order."""

from __future__ import annotations

from pathlib import Path

import pytest
from made import pdf

from mediamill.domain.document import (
    PageRange,
    Wanted,
    begin,
    isolated,
    make,
    make_range,
    open_document,
    wanted_of,
)
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

THREE = parse_profiles("thumbnail=256,medium=800,large=1920")


def test_makes_renditions_then_text_then_pages() -> None:
    made = list(make(pdf.document([pdf.line("one"), b""]), Wanted(profiles=THREE)))
    assert [(product.name, product.extension, product.page) for product in made] == [
        ("thumbnail", "webp", None),
        ("medium", "webp", None),
        ("large", "webp", None),
        ("text", "txt", None),
        ("text", "json", None),
        ("pages", "webp", 1),
        ("pages", "webp", 2),
    ]
    assert (made[2].width, made[2].height) == (1920, 960)


def test_makes_only_the_pages_of_a_range() -> None:
    made = make_range(pdf.document([b""] * 5), Wanted(profiles=THREE), PageRange(2, 3))
    assert [(product.name, product.page) for product in made] == [("pages", 2), ("pages", 3)]


def test_leaves_out_what_is_not_wanted() -> None:
    wanted = Wanted(pages=False, text=False)
    assert list(make(pdf.document([b""]), wanted)) == []


def test_makes_the_same_in_a_child(tmp_path: Path) -> None:
    path = tmp_path / "one.pdf"
    path.write_bytes(pdf.document([pdf.line("one")]))
    wanted = Wanted(profiles=THREE)
    assert list(isolated(60, make, path, wanted)) == list(make(path, wanted))


def test_leaves_the_ranges_of_a_long_document_to_others() -> None:
    made = list(begin(pdf.document([b""] * 5), Wanted(profiles=THREE), pages_at_once=2))
    assert [product.name for product in made[:5] if not isinstance(product, PageRange)] == [
        "thumbnail",
        "medium",
        "large",
        "text",
        "text",
    ]
    assert made[5:] == [PageRange(1, 1), PageRange(2, 3), PageRange(4, 5)]


def test_splits_no_further_than_the_limit() -> None:
    limits = Limits(pages=4)
    made = list(begin(pdf.document([b""] * 9), Wanted(limits=limits, text=False), 2))
    assert made == [PageRange(1, 2), PageRange(3, 4)]


def test_a_range_is_written_and_read_back() -> None:
    assert PageRange.parse(str(PageRange(41, 80))) == PageRange(41, 80)
    with pytest.raises(ValueError):
        PageRange.parse("forty")


def test_makes_the_pdfs_that_the_extras_ask_for() -> None:
    wanted = wanted_of({"clean": "", "split": ""}, (), Limits())
    made = make(pdf.document([b"", b""]), wanted)
    assert [(each.name, each.format, each.page) for each in made if each.format == "pdf"] == [
        ("pdf", "pdf", None),
        ("pages", "pdf", 1),
        ("pages", "pdf", 2),
    ]


def test_a_pdf_that_another_worker_made_is_not_copied() -> None:
    wanted = wanted_of({"clean": "", "pages": "1-1"}, (), Limits(), is_original=False)
    assert not wanted.clean and wanted.excerpt is None


def test_an_excerpt_takes_the_place_of_the_clean_copy() -> None:
    wanted = wanted_of({"clean": "", "pages": "2-2"}, (), Limits())
    (made,) = (each for each in make(pdf.document([b"", b""]), wanted) if each.format == "pdf")
    with open_document(made.body) as document:
        assert document.page_count == 1
