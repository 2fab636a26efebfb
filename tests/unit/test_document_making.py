"""Making: which derivatives a document becomes, and in which order."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from made import pdf

from mediamill.domain.derivative import Product
from mediamill.domain.document import (
    Opened,
    PageRange,
    Part,
    Wanted,
    Whole,
    begin,
    isolated,
    make,
    make_part,
    open_document,
    parse_part,
    unlocked,
    wanted_of,
)
from mediamill.domain.errors import PasswordRequired
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
    made = make_part(pdf.document([b""] * 5), Wanted(profiles=THREE), PageRange(2, 3))
    assert [(product.name, product.page) for product in made] == [("pages", 2), ("pages", 3)]


def test_leaves_out_what_is_not_wanted() -> None:
    wanted = Wanted(pages=False, text=False)
    assert list(make(pdf.document([b""]), wanted)) == []


def test_makes_the_same_in_a_child(tmp_path: Path) -> None:
    path = tmp_path / "one.pdf"
    path.write_bytes(pdf.document([pdf.line("one")]))
    wanted = Wanted(profiles=THREE)
    assert list(isolated(60, make, path, wanted)) == list(make(path, wanted))


def test_leaves_all_but_the_renditions_of_a_long_document_to_others() -> None:
    opened, *made = begin(pdf.document([b""] * 5), Wanted(profiles=THREE), pages_at_once=2)
    assert opened == Opened(5)
    assert [each.name for each in made[:3] if isinstance(each, Product)] == [
        "thumbnail",
        "medium",
        "large",
    ]
    assert made[3:] == [Whole.TEXT, PageRange(1, 1), PageRange(2, 3), PageRange(4, 5)]


def test_the_parts_of_a_long_document_make_what_a_short_one_becomes() -> None:
    source = pdf.document([pdf.line(word) for word in ("one", "two", "three")])
    wanted = Wanted(profiles=THREE, clean=True, split=True)
    parts = []
    for made in begin(source, wanted, pages_at_once=1):
        if isinstance(made, Product):
            parts.append(made)
        elif not isinstance(made, Opened):
            parts.extend(make_part(source, wanted, made))
    assert parts == list(make(source, wanted))


def test_splits_no_further_than_the_limit() -> None:
    limits = Limits(pages=4)
    _, *made = begin(pdf.document([b""] * 9), Wanted(limits=limits, text=False), 2)
    assert made == [PageRange(1, 2), PageRange(3, 4)]


def test_tells_how_many_pages_there_are() -> None:
    assert Opened(3).facts(Wanted(limits=Limits(pages=3))) == {"document": {"page_count": 3}}


def test_warns_of_pages_that_have_no_picture() -> None:
    facts = Opened(1_234).facts(Wanted(limits=Limits(pages=200)))
    assert facts["document"] == {"page_count": 1_234}
    (warning,) = facts["warnings"]
    assert warning["code"] == "truncated"
    assert "1,234" in warning["message"] and "200" in warning["message"]


@pytest.mark.parametrize("extras", [{}, {"clean": ""}, {"split": ""}], ids=["", "clean", "split"])
def test_a_locked_document_becomes_all_that_an_open_one_does(extras: dict[str, str]) -> None:
    wanted = wanted_of(extras, THREE, Limits())
    made = unlocked(wanted, lambda: "user", partial(make, pdf.locked("user")))
    opened = make(pdf.document([pdf.line("secret")]), wanted)
    assert [(each.name, each.format) for each in made] == [
        (each.name, each.format) for each in opened
    ]


def test_no_password_is_asked_for_where_none_is_needed() -> None:
    def ask() -> str:
        raise AssertionError("it was asked for")

    assert list(unlocked(Wanted(), ask, partial(make, pdf.document([b""]))))


@pytest.mark.parametrize("given", [None, "", "guess"])
def test_without_the_right_password_it_says_so(given: str | None) -> None:
    with pytest.raises(PasswordRequired) as raised:
        list(unlocked(Wanted(), lambda: given, partial(make, pdf.locked("user"))))
    assert raised.value.code == "password_required"
    assert "guess" not in str(raised.value)


def test_nothing_that_is_written_of_a_wish_shows_the_password() -> None:
    assert "user" not in repr(Wanted(password="user"))


def test_loads_what_is_needed_before_the_child_is_forked() -> None:
    """And then a child has nothing left to load."""
    script = (
        "import sys\n"
        "from made import pdf\n"
        "from mediamill.domain.document import begin, isolated, ready, wanted_of\n"
        "from mediamill.domain.limits import Limits\n"
        "from mediamill.domain.profile import parse_profiles\n"
        "wanted = wanted_of({'words': '', 'clean': ''}, parse_profiles('a=9', 'webp,jpeg,png'),"
        " Limits())\n"
        "def loads():\n"
        "    before = set(sys.modules)\n"
        "    for _ in begin(pdf.document([pdf.line('one')]), wanted): pass\n"
        "    yield set(sys.modules) - before\n"
        "if sys.argv[1:]: ready(wanted)\n"
        "print(len(*isolated(60, loads)))\n"
    )

    def loaded(*arguments: str) -> int:
        command = [sys.executable, "-c", script, *arguments]
        path = {"PYTHONPATH": os.pathsep.join(sys.path)}
        return int(subprocess.run(command, env=path, capture_output=True, check=True).stdout)

    assert loaded() > 20
    assert loaded("ready") == 0


@pytest.mark.parametrize("part", [PageRange(41, 80), Whole.TEXT, Whole.PDFS])
def test_a_part_is_written_and_read_back(part: Part) -> None:
    assert parse_part(str(part)) == part


def test_refuses_a_part_that_it_does_not_know() -> None:
    with pytest.raises(ValueError):
        parse_part("forty")


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
