"""What renditions are written as."""

from __future__ import annotations

import io
import struct

import pytest
from made.images import photo, rainbow, saved, shown
from PIL import Image, ImageDraw

from mediamill.domain.image import encode, render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import Effort, Format, Profile, parse_profiles


def screenshot() -> Image.Image:
    """Flat areas and sharp edges."""
    picture = Image.new("RGB", (800, 600), "#f8f8f8")
    draw = ImageDraw.Draw(picture)
    for row in range(0, 600, 30):
        draw.rectangle((20, row + 4, 780, row + 24), outline="#c0c0c0", fill="#ffffff")
        draw.text((30, row + 8), f"Row {row}: the quick brown fox jumps over it", fill="#202020")
    return picture


def is_lossless(body: bytes) -> bool:
    return b"VP8L" in body[:64]


def test_what_was_drawn_is_lossless() -> None:
    (rendition,) = render(saved(screenshot(), "PNG"), parse_profiles("one=800"), Limits())
    assert is_lossless(rendition.body)
    assert Image.open(io.BytesIO(rendition.body)).convert("RGB").tobytes() == screenshot().tobytes()


def test_a_drawn_gradient_is_not_as_it_would_be_many_times_larger() -> None:
    hues = Image.linear_gradient("L").rotate(90).resize((900, 600))
    full = Image.new("L", hues.size, 255)
    gradient = Image.merge("HSV", (hues, full, full)).convert("RGB")
    gradient = gradient.resize((900, 600)).quantize(256).convert("RGB")  # flat, but of many colours
    gradient.paste(rainbow(400, 300), (100, 100))
    (rendition,) = render(saved(gradient, "PNG"), parse_profiles("one=900"), Limits())
    assert not is_lossless(rendition.body)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
def test_what_was_photographed_is_not(format_: str) -> None:
    (rendition,) = render(saved(photo(), format_), parse_profiles("one=640"), Limits())
    assert not is_lossless(rendition.body)


def test_a_screenshot_that_was_a_jpeg_is_not_either() -> None:
    (rendition,) = render(saved(screenshot(), "JPEG"), parse_profiles("one=800"), Limits())
    assert not is_lossless(rendition.body)


def test_jpeg_is_progressive_and_halves_its_colour() -> None:
    (rendition,) = render(saved(photo(), "PNG"), parse_profiles("one=640", "jpeg"), Limits())
    body = rendition.body
    at = body.index(b"\xff\xc2")  # progressive DCT
    sampling = [body[at + 11 + 3 * component] for component in range(3)]
    assert sampling == [0x22, 0x11, 0x11]


def test_nothing_of_the_decoders_notes_is_written() -> None:
    original = saved(photo(), "JPEG", dpi=(300, 300), comment=b"a note")
    for format_ in ("webp", "jpeg", "avif", "png"):
        info = shown(original, format_=format_).info
        assert "comment" not in info and info.get("dpi", (72, 72))[0] != 300


def test_encoding_leaves_the_picture_as_it_was() -> None:
    picture = photo(60, 40)
    picture.info["comment"] = "mine"
    encode(picture, Profile("one", 60, 60, format=Format.JPEG))
    assert picture.info == {"comment": "mine"}


def test_more_effort_makes_smaller_files() -> None:
    picture = photo()
    sizes = [
        len(encode(picture, Profile("one", 640, 640, effort=effort)))
        for effort in (Effort.FAST, Effort.BALANCED, Effort.SMALL)
    ]
    assert sizes[0] > sizes[2] and sizes[1] > sizes[2]


def test_quality_is_the_profiles() -> None:
    picture = photo()
    for format_ in (Format.WEBP, Format.JPEG, Format.AVIF):
        low, high = (
            len(encode(picture, Profile("one", 640, 640, format=format_, quality=quality)))
            for quality in (40, 90)
        )
        assert low < high / 1.5


def test_png_is_lossless() -> None:
    picture = photo(80, 60)
    body = encode(picture, Profile("one", 80, 60, format=Format.PNG))
    assert struct.unpack(">II", body[16:24]) == (80, 60)
    assert Image.open(io.BytesIO(body)).convert("RGB").tobytes() == picture.tobytes()
