"""SVG is drawn, and reaches nothing outside itself."""

from __future__ import annotations

import base64
import gzip
from pathlib import Path

import pytest
from made import images
from made.images import corners, png_announcing, saved
from PIL import Image

from mediamill.domain.errors import Unprocessable
from mediamill.domain.image import render
from mediamill.domain.limits import Limits

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'


def svg(body: str, attributes: str = 'width="40" height="30"') -> bytes:
    return f"{OPEN} {attributes}>{body}</svg>".encode()


SQUARE = '<rect width="40" height="30" fill="#ff8000"/>'


def shown(original: bytes, size: int = 40) -> Image.Image:
    return images.shown(original, size)


def size_of(original: bytes) -> tuple[int, int]:
    facts = render(original, [], Limits()).facts
    return facts.width, facts.height


def centre(picture: Image.Image) -> tuple[int, ...]:
    value = picture.convert("RGBA").getpixel((picture.width // 2, picture.height // 2))
    assert isinstance(value, tuple)
    return tuple(int(channel) for channel in value)


def test_shapes_are_drawn_on_nothing() -> None:
    picture = shown(svg('<circle cx="20" cy="15" r="10" fill="#ff8000"/>'))
    assert picture.size == (40, 30)
    assert centre(picture) == (255, 128, 0, 255)
    assert picture.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "original",
    [
        gzip.compress(svg(SQUARE)),
        b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a note -->\n<!DOCTYPE svg>\n" + svg(SQUARE),
        b'<svg width="40" height="30"><rect width="40" height="30" fill="#ff8000"/></svg>',
        ('<?xml version="1.0" encoding="UTF-16"?>' + svg(SQUARE).decode()).encode("utf-16"),
    ],
    ids=["svgz", "prolog", "no namespace", "utf-16"],
)
def test_svg_comes_in_many_coats(original: bytes) -> None:
    assert centre(shown(original)) == (255, 128, 0, 255)


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="40" height="30"', (40, 30)),
        ('width="1in" height="2.54cm"', (96, 96)),
        ('viewBox="0 0 200 100"', (200, 100)),
        ('width="100%" height="100%" viewBox="0 0 200 100"', (200, 100)),
        ('width="50" viewBox="0 0 200 100"', (50, 25)),
        ("", (300, 150)),
    ],
)
def test_the_natural_size_is_what_css_says(attributes: str, size: tuple[int, int]) -> None:
    assert size_of(svg(SQUARE, attributes)) == size


def test_a_large_drawing_is_drawn_at_the_size_that_is_needed() -> None:
    original = svg('<rect width="100%" height="100%" fill="#ff8000"/>', 'viewBox="0 0 90000 45000"')
    picture = shown(original, 100)
    assert picture.size == (100, 50) and centre(picture) == (255, 128, 0, 255)


def test_a_small_drawing_is_drawn_at_the_size_that_is_asked_for() -> None:
    """Not enlarged from its 24 pixels: a line of a tenth of one is as thin as it is meant to be."""
    line = '<rect x="11.9" width="0.1" height="24" fill="#000"/>'
    original = svg(line, 'width="24" height="24"')
    picture = shown(original, 480).convert("RGBA").getchannel("A")
    assert picture.size == (480, 480)
    assert [picture.getpixel((x, 240)) for x in (236, 238, 239, 241)] == [0, 255, 255, 0]
    assert size_of(original) == (24, 24)


def test_files_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(saved(Image.new("RGB", (40, 30), "red"), "PNG"))
    for href in (str(secret), secret.as_uri(), f"../{secret.name}"):
        for name in ("href", "xlink:href"):
            original = svg(f'<image {name}="{href}" width="40" height="30"/>{""}')
            assert centre(shown(original)) == (0, 0, 0, 0)


def test_embedded_pictures_are_shown() -> None:
    url = base64.b64encode(saved(Image.new("RGB", (4, 3), "red"), "PNG")).decode()
    original = svg(f'<image href="data:image/png;base64,{url}" width="40" height="30"/>')
    assert centre(shown(original)) == (255, 0, 0, 255)


def test_embedded_bombs_are_not() -> None:
    url = base64.b64encode(png_announcing(60_000, 60_000)).decode()
    original = svg(f'{SQUARE}<image href="data:image/png;base64,{url}" width="9" height="9"/>')
    assert centre(shown(original)) == (255, 128, 0, 255)


@pytest.mark.parametrize(
    "original",
    [
        svg("<g>" * 5_000 + "</g>" * 5_000),
        svg(
            "<defs>"
            + '<g id="a0"><rect width="1" height="1"/></g>'
            + "".join(
                f'<g id="a{n}">' + f'<use href="#a{n - 1}"/>' * 10 + "</g>" for n in range(1, 9)
            )
            + '</defs><use href="#a8"/>'
        ),
        b'<!DOCTYPE svg [<!ENTITY a "b"><!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("&x;"),
        svg("<rect"),
    ],
    ids=["deep", "billion uses", "external entity", "cut"],
)
def test_hostile_markup_is_broken(original: bytes) -> None:
    with pytest.raises(Unprocessable) as raised:
        shown(original)
    assert raised.value.code == "broken_image"


@pytest.mark.parametrize(
    "original",
    [b"<html><svg></svg></html>", b"\x1f\x8b\x08 not gzip", gzip.compress(b"<p/>")],
    ids=["html", "no gzip", "gzip of something else"],
)
def test_what_does_not_open_with_an_svg_element_is_none(original: bytes) -> None:
    with pytest.raises(Unprocessable) as raised:
        shown(original)
    assert raised.value.code == "unsupported"


def test_a_script_is_no_obstacle() -> None:
    original = svg(f"<script>while(true);</script>{SQUARE}<foreignObject><p/></foreignObject>")
    assert centre(shown(original)) == (255, 128, 0, 255)


def test_corners_is_not_svg() -> None:
    assert render(saved(corners(), "PNG"), [], Limits()).facts.format == "png"
