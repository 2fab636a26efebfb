"""Drawn pages become few colours that look the same; photographs are left as they are."""

from __future__ import annotations

import io
import random

import pytest
from made import pdf
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from mediamill.domain.document import open_document, pages
from mediamill.domain.document.drawing import bring_to_colours, bring_to_greys, is_drawn
from mediamill.domain.document.encode import Encoding
from mediamill.domain.profile import Format


def text_page(colour: bytes = b"0 g") -> bytes:
    """A letter-sized page full of small text, with a tinted box behind some of it."""
    words = " ".join(random.Random(7).choice(["quick", "brown", "fox", "jumps"]) for _ in range(18))
    lines = b" ".join(pdf.line(words, x=40, y=40 + 14 * row, size=10) for row in range(50))
    return pdf.document(
        [b"0.94 g 30 100 500 60 re f " + colour + b" " + lines], box=b"[0 0 612 792]"
    )


def picture(made: bytes, format: Format) -> tuple[Image.Image, int]:
    with open_document(made) as document:
        (product,) = pages(document, encodings=[Encoding(format)])
    return Image.open(io.BytesIO(product.body)).convert("RGB"), len(product.body)


def photograph(size: tuple[int, int]) -> Image.Image:
    noise = Image.effect_noise((max(8, size[0] // 8), max(8, size[1] // 8)), 60)
    return noise.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(3))


@pytest.mark.parametrize("colour", [b"0 g", b"0.1 0.1 0.6 rg"], ids=["black", "blue"])
def test_a_page_of_text_is_a_palette_of_at_most_sixteen(colour: bytes) -> None:
    exact, _ = picture(text_page(colour), Format.PNG)
    shown, size = picture(text_page(colour), Format.WEBP)
    colours = shown.getcolors(16)
    assert colours is not None
    assert size < 80_000
    furthest = max(high for _, high in ImageChops.difference(exact, shown).getextrema())  # type: ignore[misc]
    assert furthest <= (16 if colour == b"0 g" else 24)


def test_a_tint_behind_text_stays_what_it_was() -> None:
    exact, _ = picture(text_page(), Format.PNG)
    shown, _ = picture(text_page(), Format.WEBP)
    place = (66, exact.height - int(155 * 150 / 72))
    assert exact.getpixel(place) == (240, 240, 240)
    assert shown.getpixel(place) == (240, 240, 240)
    assert shown.getpixel((3, 3)) == (255, 255, 255)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.6])
def test_a_photograph_on_a_page_is_seen(share: float) -> None:
    page, _ = picture(text_page(), Format.PNG)
    side = int((page.width * page.height * share) ** 0.5)
    assert is_drawn(page)
    page.paste(photograph((side, side)).convert("RGB"), (100, 100))
    assert not is_drawn(page)


def test_sixteen_colours_are_refused_where_they_would_change_a_colour() -> None:
    stripes = Image.new("RGB", (640, 640), "white")
    draw = ImageDraw.Draw(stripes)
    rainbow = random.Random(3)
    for row in range(0, 640, 8):
        colour = tuple(rainbow.randrange(256) for _ in range(3))
        draw.rectangle((0, row, 640, row + 7), fill=colour)
    assert is_drawn(stripes)
    page = stripes.convert("RGBX")
    assert not bring_to_colours(page)
    assert page.convert("RGB").tobytes() == stripes.tobytes()


def test_sixteen_colours_are_the_same_from_the_first_row_to_the_last() -> None:
    """However many bands the page is brought down in."""
    page = Image.new("RGBX", (300, 1_001), (255, 255, 255, 255))
    draw = ImageDraw.Draw(page)
    for row in range(0, 1_001, 50):
        draw.rectangle((40, row, 200, row + 20), fill=(200, 30 + row % 3, 30, 255))
    draw.rectangle((0, 990, 300, 1_001), fill=(30, 30, 200, 255))
    for step in range(30):
        draw.point((step, 996), fill=(8 * step, 8 * step, 200, 255))
    assert bring_to_colours(page)
    assert len(page.getcolors(1_000) or []) <= 16
    for row, wanted in ((10, (200, 30, 30)), (960, (200, 30, 30)), (1_000, (30, 30, 200))):
        found = page.getpixel((100, row))
        assert isinstance(found, tuple)
        assert all(abs(one - other) < 8 for one, other in zip(found, wanted, strict=False))


def test_greys_that_fill_areas_are_exact() -> None:
    page = Image.new("RGBX", (400, 400), (255, 255, 255, 255))
    draw = ImageDraw.Draw(page)
    for index in range(5):
        grey = 250 - index
        draw.rectangle((0, index * 40, 400, index * 40 + 39), fill=(grey, grey, grey, 255))
    ramp = Image.linear_gradient("L").resize((40, 40))
    page.paste(Image.merge("RGBX", (ramp, ramp, ramp, Image.new("L", (40, 40), 255))), (300, 300))
    bring_to_greys(page)
    assert {page.getpixel((200, index * 40 + 20)) for index in range(5)} == {
        (250 - index,) * 3 + (255,) for index in range(5)
    }
    assert len(page.getcolors(256) or []) <= 16
