"""Opening: what is read, what is repaired, what is refused and with which code."""

from __future__ import annotations

from pathlib import Path

import pytest
from made import pdf

from mediamill.domain.document import open_document
from mediamill.domain.errors import Broken, PasswordRequired, Unprocessable


def test_opens_bytes_and_paths_alike(tmp_path: Path) -> None:
    made = pdf.document([b"", b""])
    path = tmp_path / "two.pdf"
    path.write_bytes(made)
    for source in (made, path):
        with open_document(source) as document:
            assert document.page_count == 2
            assert document.page_size(1) == (200, 100)
            assert not document.repaired


def test_a_page_stays_parsed_until_another_is_asked_for() -> None:
    with open_document(pdf.document([b"", b""])) as document:
        first = document.page(1)
        assert document.page(1) is first
        assert document.page(2) is not first
        assert not first.raw  # freed


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_opens_what_only_its_owner_locked(algorithm: str) -> None:
    with open_document(pdf.locked("", algorithm=algorithm)) as document:
        assert document.page_count == 1


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_asks_for_the_password_that_it_does_not_have(algorithm: str) -> None:
    with pytest.raises(PasswordRequired) as raised:
        open_document(pdf.locked("user", algorithm=algorithm))
    assert raised.value.code == "password_required"


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256"])
def test_opens_with_the_password_that_it_is_given(algorithm: str) -> None:
    with open_document(pdf.locked("user", algorithm=algorithm), "user") as document:
        assert document.page_count == 1


def test_says_so_where_it_is_given_another_password() -> None:
    with pytest.raises(PasswordRequired, match="another password"):
        open_document(pdf.locked("user"), "guess")


def test_a_password_does_no_harm_where_none_is_needed() -> None:
    for made in (pdf.document([b""]), pdf.locked("")):
        with open_document(made, "guess") as document:
            assert document.page_count == 1


def test_repairs_a_wrong_cross_reference() -> None:
    made = pdf.document([b"", b""])
    start = made.rindex(b"startxref")
    with open_document(made[:start] + b"startxref\n7\n%%EOF") as document:
        assert document.page_count == 2


@pytest.mark.parametrize(
    "broken",
    [b"", b"%PDF-1.7\n", b"no PDF at all", b"\0" * 10_000, pdf.document([])],
    ids=["empty", "header only", "text", "zeros", "no page"],
)
def test_calls_a_broken_document_broken(broken: bytes) -> None:
    with pytest.raises(Broken) as raised:
        open_document(broken)
    assert raised.value.code == "broken_document"


def test_says_in_a_sentence_what_is_wrong() -> None:
    with pytest.raises(Broken, match=r"^The file is empty\.$"):
        open_document(b"")
    with pytest.raises(Broken, match=r"^The file is no PDF, or too damaged to find its parts\.$"):
        open_document(b"%PDF-1.7 and nothing else")


def test_a_cut_document_is_opened_or_refused_but_never_anything_else() -> None:
    made = pdf.document([pdf.line("one"), pdf.line("two")])
    for end in range(0, len(made), 37):
        try:
            with open_document(made[:end]) as document:
                assert document.page_count >= 1
        except Unprocessable:
            pass
