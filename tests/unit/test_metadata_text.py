"""Text from files is data: printable, bounded, whatever was in the file. Dates are ISO 8601."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediamill.domain.metadata.reading.text import LONGEST, clean, decode, tidy
from mediamill.domain.metadata.reading.when import is_unset, iso


def test_control_characters_and_overrides_go_and_line_breaks_stay() -> None:
    assert clean("a\x00b\x1b[31mc\r\nd\u202egnp.exe") == "ab[31mc\ndgnp.exe"


def test_what_is_empty_once_clean_is_nothing() -> None:
    assert clean(" \x00\x01\t ") is None
    assert clean(None) is None


def test_long_text_is_cut_and_says_so() -> None:
    text = clean("x" * 10_000)
    assert text is not None
    assert len(text) == LONGEST
    assert text.endswith("…")


def test_markup_is_left_alone_because_it_is_text() -> None:
    assert clean("<script>alert(1)</script>") == "<script>alert(1)</script>"


@given(st.text() | st.binary())
def test_whatever_comes_in_can_be_written_as_json(raw: str | bytes) -> None:
    text = clean(raw)
    if text is not None:
        assert json.loads(json.dumps(text).encode()) == text
        assert text.encode()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("Zürich".encode(), "Zürich"),
        ("Zürich".encode("cp1252"), "Zürich"),
        ("Zürich".encode("utf-16"), "Zürich"),
        (b"\xff\xfe\x00\xd8", "�"),
    ],
)
def test_the_encoding_is_guessed_as_readers_do(raw: bytes, text: str) -> None:
    assert decode(raw) == text


def test_nested_values_are_bounded_in_depth_and_number() -> None:
    deep: list[object] = []
    for _ in range(50):
        deep = [deep]
    assert json.dumps(tidy(deep)).count("[") < 10
    many = tidy(list(range(10_000)))
    assert isinstance(many, list)
    assert len(many) == 256
    assert tidy({"a": float("nan"), "b": 2**80}) == {"a": None, "b": str(2**80)}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2009:12:31 23:59:59", "2009-12-31T23:59:59"),
        ("D:20091231235959+02'00'", "2009-12-31T23:59:59+02:00"),
        ("D:20091231235959Z", "2009-12-31T23:59:59Z"),
        ("D:2009", "2009"),
        ("20091231", "2009-12-31"),
        ("20091231T235959-0530", "2009-12-31T23:59:59-05:30"),
        ("2014-07-19 17:39:07 UTC", "2014-07-19T17:39:07Z"),
        ("UTC 2014-07-19 17:39:07", "2014-07-19T17:39:07Z"),
        ("2014-07-19T17:39:07.250+0200", "2014-07-19T17:39:07.25+02:00"),
        ("2014-07-19T17:39", "2014-07-19T17:39"),
        ("2014-07", "2014-07"),
        ("0000:00:00 00:00:00", None),
        ("2009:13:31 23:59:59", None),
        ("    :  :     :  :  ", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_a_date_is_as_precise_as_it_was_written(written: str | None, meant: str | None) -> None:
    assert iso(written) == meant


def test_an_offset_that_stands_elsewhere_is_joined() -> None:
    assert iso("2009:12:31 23:59:59", zone="+02:00") == "2009-12-31T23:59:59+02:00"
    assert iso("2009:12:31 23:59:59", zone="  ") == "2009-12-31T23:59:59"
    assert iso("2009:12:31 23:59:59", zone="+99:99") == "2009-12-31T23:59:59"


def test_a_clock_that_was_never_set_is_known_as_such() -> None:
    assert is_unset("1904-01-01T00:00:00Z")
    assert not is_unset("2004-01-01T00:00:00Z")


@given(st.text(max_size=40))
def test_no_text_breaks_the_reading_of_dates(text: str) -> None:
    iso(text, zone=text)
