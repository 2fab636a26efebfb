"""Which stored picture suits a reader: wide enough, and in a format that it takes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made import records

from mediamill.domain.derivative import Derivative
from mediamill.domain.picking import Accept, best, pick

CHROME = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"
SAFARI = "image/webp,image/avif,image/jxl,image/heic,video/*;q=0.8,image/png,*/*;q=0.5"


def row(width: int, form: str = "webp", name: str = "medium", height: int = 0) -> Derivative:
    made = records.derivative(name, "cat.jpg", form)
    return replace(made, width=width, height=height or width // 2)


def every(width: int) -> list[Derivative]:
    return [row(width, form) for form in ("webp", "avif", "png", "jpeg")]


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", "jpeg"),
        ("*/*", "jpeg"),
        ("image/*", "jpeg"),
        (CHROME, "avif"),
        (SAFARI, "avif"),
        ("image/webp,*/*", "webp"),
        ("image/png, image/*;q=0.9", "png"),
        ("image/webp;q=0.2,image/jpeg;q=0.5", "jpeg"),
        ("IMAGE/WEBP", "webp"),
        ("image/avif;q=0,image/*", "jpeg"),
        ("image/avif;q=x,image/webp", "webp"),
        ("nonsense,image/png", "png"),
    ],
)
def test_a_format_is_chosen_as_the_header_says(header: str, form: str) -> None:
    chosen = best(every(800), Accept.parse(header))
    assert chosen is not None
    assert chosen.format == form


@pytest.mark.parametrize("header", ["text/html", "image/gif", "image/*;q=0", "nonsense"])
def test_nothing_is_chosen_for_who_takes_none_of_them(header: str) -> None:
    assert best(every(800), Accept.parse(header)) is None
    assert pick(every(800), Accept.parse(header), 100) is None


def test_a_parameter_of_the_type_makes_it_no_other() -> None:
    text = records.derivative("text", "a.pdf", "text")
    assert best([text], Accept.parse("text/plain")) is text


@given(
    widths=st.sets(st.integers(2, 4000), min_size=1, max_size=6),
    pixels=st.integers(1, 5000),
)
def test_the_narrowest_that_is_enough_is_picked_or_else_the_widest(
    widths: set[int], pixels: int
) -> None:
    rows = [row(width, height=width) for width in widths]
    chosen = pick(rows, Accept.parse("*/*"), pixels)
    enough = [width for width in widths if width >= pixels]
    assert chosen is not None
    assert chosen.width == (min(enough) if enough else max(widths))


def test_a_crop_is_no_stand_in_for_the_whole_picture() -> None:
    rows = [row(256), row(1920), row(640, name="square", height=640)]
    chosen = pick(rows, Accept.parse("*/*"), 600)
    assert chosen is not None
    assert chosen.width == 1920


def test_rounding_to_whole_pixels_makes_no_other_shape() -> None:
    rows = [row(30, height=17), row(1920, height=1080)]
    chosen = pick(rows, Accept.parse("*/*"), 20)
    assert chosen is not None
    assert chosen.width == 30


def test_neither_pages_nor_texts_are_pictures_of_the_whole() -> None:
    page = replace(records.derivative("pages", "a.pdf", page=1), width=500, height=700)
    text = records.derivative("text", "a.pdf", "text")
    assert pick([page, text], Accept.parse("*/*"), 100) is None
