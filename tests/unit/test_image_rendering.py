"""Renditions of made pictures: sizes, formats, order, errors."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from mediamill.domain.errors import TooManyPixels, Unprocessable, Unsupported
from mediamill.domain.image import render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

THREE = parse_profiles("thumbnail=200,medium=800,large=1920")


def saved(picture: Image.Image, format_: str, **options: object) -> bytes:
    body = io.BytesIO()
    picture.save(body, format_, **options)
    return body.getvalue()


@pytest.fixture
def photo() -> bytes:
    return saved(Image.effect_noise((1200, 600), 40).convert("RGB"), "JPEG")


def test_renders_every_profile_in_the_order_given(photo: bytes) -> None:
    renditions = list(render(photo, THREE, Limits()))
    assert [(r.name, r.width, r.height) for r in renditions] == [
        ("thumbnail", 200, 100),
        ("medium", 800, 400),
        ("large", 1200, 600),
    ]


def test_one_size_in_several_formats(photo: bytes) -> None:
    profiles = parse_profiles("medium=300", "webp,jpeg,avif,png")
    renditions = list(render(photo, profiles, Limits()))
    assert [Image.open(io.BytesIO(r.body)).format for r in renditions] == [
        "WEBP",
        "JPEG",
        "AVIF",
        "PNG",
    ]
    assert [r.extension for r in renditions] == ["webp", "jpg", "avif", "png"]


def test_cover_fills_the_box_and_never_enlarges() -> None:
    small = saved(Image.new("RGB", (100, 80)), "PNG")
    (rendition,) = render(small, parse_profiles("thumbnail=256x256:cover"), Limits())
    assert (rendition.width, rendition.height) == (80, 80)


def test_refuses_what_is_no_picture() -> None:
    with pytest.raises(Unsupported):
        render(b"%PDF-1.7 not a picture", THREE, Limits())


def test_refuses_more_pixels_than_the_limit(photo: bytes) -> None:
    with pytest.raises(TooManyPixels):
        render(photo, THREE, Limits(pixels=1000))


def test_a_truncated_header_is_broken() -> None:
    with pytest.raises(Unprocessable) as raised:
        list(render(b"\x89PNG\r\n\x1a\n\0\0", THREE, Limits()))
    assert raised.value.code == "broken_image"
