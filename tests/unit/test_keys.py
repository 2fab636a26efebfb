"""Keys: derivatives are where a front end expects them, whatever the original is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made.records import derivative

from mediamill.domain.errors import KeyTooLong
from mediamill.domain.keys import KEY_BYTES, check_key, derivative_key, fits, manifest_key
from mediamill.domain.leftovers import keys_of, note


@pytest.mark.parametrize(
    ("name", "key", "format_name", "page", "expected"),
    [
        ("thumbnail", "photos/cat.jpg", "webp", None, "thumbnail/photos/cat.jpg.webp"),
        ("large", "cat.png", "jpeg", None, "large/cat.png.jpg"),
        ("metadata", "a b+c%20#?.jpg", "json", None, "metadata/a b+c%20#?.jpg.json"),
        ("text", "report.pdf", "text", None, "text/report.pdf.txt"),
        ("pages", "report.pdf", "webp", 1, "pages/report.pdf/0001.webp"),
        ("pdf", "../letter.docx", "pdf", None, "pdf/../letter.docx.pdf"),
        ("pages", "r", "webp", 12345, "pages/r/12345.webp"),
    ],
)
def test_a_derivative_keeps_the_originals_key_as_it_is(
    name: str, key: str, format_name: str, page: int | None, expected: str
) -> None:
    assert derivative_key(name, key, format_name, page) == expected


def test_a_key_of_a_thousand_bytes_has_room_for_its_derivatives() -> None:
    key = "é" * 500
    check_key(key, ["thumbnail", "medium", "large"])
    assert fits(derivative_key("thumbnail", key, "webp"))
    assert fits(derivative_key("pages", key, "webp", 9999))
    assert fits(manifest_key(key))


def test_a_longer_key_is_refused_with_its_size_and_the_room() -> None:
    with pytest.raises(KeyTooLong, match=r"1020 bytes.*room for 1004"):
        check_key("x" * 1020, ["thumbnail"])


@given(st.text(min_size=1, max_size=1024))
def test_every_key_that_passes_fits_with_every_derivative(key: str) -> None:
    try:
        check_key(key, ["thumbnail", "medium", "large"])
    except KeyTooLong:
        return
    except UnicodeEncodeError:
        return  # S3 has no keys with lone surrogates
    for name in ("thumbnail", "metadata", "manifest"):
        assert len(derivative_key(name, key, "webp").encode()) <= KEY_BYTES


def test_leftovers_of_a_long_document_are_noted_in_a_few_words_and_found_again() -> None:
    key = "report.pdf"
    rows = [derivative("pages", key, "webp", page) for page in range(1, 201)]
    rows += [derivative("thumbnail", key), derivative("thumbnail", key, "jpeg")]
    words = note(rows)
    assert len(words) == 3
    assert set(keys_of(key, words)) == {row.key for row in rows}
