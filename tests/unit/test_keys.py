"""Keys: derivatives are where a front end expects them, whatever the original is called."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediamill.domain.errors import KeyTooLong, KeyUnusable
from mediamill.domain.formats import FORMATS
from mediamill.domain.keys import (
    KEY_BYTES,
    PAGED,
    belongs,
    check_key,
    derivative_key,
    fits,
    manifest_key,
)


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


@pytest.mark.parametrize("key", ["a\x01.jpg", "a\x1f", "a\ufffe", "\uffffa"])
def test_a_key_that_s3_cannot_name_in_its_answers_is_refused(key: str) -> None:
    with pytest.raises(KeyUnusable, match="U\\+"):
        check_key(key, ["thumbnail"])


@given(st.text(min_size=1, max_size=1024))
def test_every_key_that_passes_fits_with_every_derivative(key: str) -> None:
    try:
        check_key(key, ["thumbnail", "medium", "large"])
    except (KeyTooLong, KeyUnusable):
        return
    except UnicodeEncodeError:
        return  # S3 has no keys with lone surrogates
    for name in ("thumbnail", "metadata", "manifest"):
        assert len(derivative_key(name, key, "webp").encode()) <= KEY_BYTES


def test_what_has_pages_has_them_always_and_what_has_none_never() -> None:
    with pytest.raises(ValueError, match="a file for each page"):
        derivative_key("pages", "a", "webp")
    with pytest.raises(ValueError, match="no pages"):
        derivative_key("thumbnail", "a", "webp", page=1)


# Keys that look like each other's derivatives: with pages, extensions and folders in them.
PIECES = ["a", "b", "/", ".", "0001", "pages", "thumbnail", ".webp", ".json", ".jpg", "a.json"]
keys = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join)
names = st.sampled_from(["thumbnail", "medium", "metadata", "text", "pdf", "manifest", "pages"])
derivatives = st.tuples(names, st.sampled_from(sorted(FORMATS)), st.integers(1, 12_000))


def key_of(key: str, derivative: tuple[str, str, int]) -> str:
    name, format_name, page = derivative
    return derivative_key(name, key, format_name, page if name in PAGED else None)


@given(keys, derivatives, keys, derivatives)
def test_no_two_originals_share_a_derivatives_key(
    one: str, made: tuple[str, str, int], other: str, too: tuple[str, str, int]
) -> None:
    if one != other:
        assert key_of(one, made) != key_of(other, too)


@given(keys, derivatives, keys)
def test_a_derivative_belongs_to_its_original_and_to_no_other(
    key: str, derivative: tuple[str, str, int], other: str
) -> None:
    result = key_of(key, derivative)
    assert belongs(result, key)
    assert not belongs(result, other) or other == key
