"""A watermark stands where it is asked for, as large and as strong, in all that is made."""

from __future__ import annotations

import io

import pytest
from made.images import opened, saved, shown
from PIL import Image

from mediamill.domain.image import Rendition, UnusableWatermark, Watermark, render
from mediamill.domain.image.shaping import icc
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles
from mediamill.domain.watermark_style import Place, WatermarkStyle

WHITE = saved(Image.new("RGB", (400, 200), "white"), "PNG")
RED = saved(Image.new("RGBA", (300, 300), "red"), "PNG")


def marked(
    style: str,
    renditions: str = "one=400",
    original: bytes = WHITE,
    mark: bytes = RED,
    *,
    format_: str = "png",
    keep_colour: bool = False,
) -> list[Rendition]:
    watermark = Watermark.read(mark, WatermarkStyle.parse(style))
    profiles = parse_profiles(renditions, format_)
    asked = render(original, profiles, Limits(), watermark=watermark, keep_colour=keep_colour)
    return list(asked)


def stained(rendition: Rendition) -> tuple[int, int, int, int] | None:
    """The box of what is not white."""
    return opened(rendition.body).convert("RGB").getchannel("G").point(lambda v: 255 - v).getbbox()


@pytest.mark.parametrize(
    ("place", "box"),
    [
        ("top-left", (4, 4, 54, 54)),
        ("top", (175, 4, 225, 54)),
        ("top-right", (346, 4, 396, 54)),
        ("left", (4, 75, 54, 125)),
        ("center", (175, 75, 225, 125)),
        ("right", (346, 75, 396, 125)),
        ("bottom-left", (4, 146, 54, 196)),
        ("bottom", (175, 146, 225, 196)),
        ("bottom-right", (346, 146, 396, 196)),
    ],
)
def test_it_stands_in_its_place_with_a_little_room(
    place: str, box: tuple[int, int, int, int]
) -> None:
    (rendition,) = marked(f"{place},25%,100%")
    assert stained(rendition) == box


def test_its_size_follows_the_rendition() -> None:
    small, large = marked("center,50%,100%", "small=100,large=400")
    assert stained(small) == (37, 12, 62, 37)
    assert stained(large) == (150, 50, 250, 150)


def test_it_is_not_enlarged() -> None:
    dot = saved(Image.new("RGBA", (10, 10), "red"), "PNG")
    (rendition,) = marked("center,100%,100%", mark=dot)
    assert stained(rendition) == (195, 95, 205, 105)


def test_its_opacity_is_what_is_asked_for_on_top_of_its_own() -> None:
    half = saved(Image.new("RGBA", (300, 300), (255, 0, 0, 128)), "PNG")
    for mark, expected in ((RED, 128), (half, 191)):
        (rendition,) = marked("center,50%,50%", mark=mark)
        pixel = opened(rendition.body).convert("RGB").getpixel((200, 100))
        assert isinstance(pixel, tuple)
        assert pixel[0] == 255 and pixel[1] == pytest.approx(expected, abs=2)


def test_tiled_it_is_all_over() -> None:
    (rendition,) = marked("tiled,10%,100%")
    picture = opened(rendition.body).convert("RGB").getchannel("G")
    for left in range(0, 400, 100):
        for top in range(0, 200, 50):
            low, high = picture.crop((left, top, left + 100, top + 50)).getextrema()
            assert (low, high) == (0, 255)


def test_a_plain_rendition_has_none_though_it_is_as_large() -> None:
    plain, other = marked("center,50%,100%", "plain=400:plain,other=400")
    assert stained(plain) is None
    assert stained(other) is not None


def test_it_lies_on_the_picture_and_not_on_its_padding() -> None:
    (rendition,) = marked("bottom,20%,100%", "one=400x400:contain")
    box = stained(rendition)
    assert box is not None
    alpha = opened(rendition.body).getchannel("A")
    assert alpha.getbbox() == (0, 100, 400, 300)
    red = opened(rendition.body).convert("RGBA").getpixel((200, 280))
    assert red == (255, 0, 0, 255)


def test_every_frame_of_what_moves_has_it() -> None:
    frames = [Image.new("RGB", (120, 80), colour) for colour in ("white", "lime", "blue")]
    original = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    (rendition,) = marked("center,50%,100%", "one=120", original, format_="webp")
    picture = Image.open(io.BytesIO(rendition.body))
    for number in range(3):
        picture.seek(number)
        red, green, blue = picture.convert("RGB").getpixel((60, 40))  # type: ignore[misc]
        assert red > 230 and green < 30 and blue < 30


def test_grey_becomes_coloured_and_what_is_transparent_stays() -> None:
    grey = saved(Image.new("LA", (400, 200), (200, 0)), "PNG")
    (rendition,) = marked("center,25%,100%", original=grey)
    picture = opened(rendition.body).convert("RGBA")
    assert picture.getpixel((200, 100)) == (255, 0, 0, 255)
    assert picture.getchannel("A").getpixel((10, 10)) == 0


def test_its_colour_is_the_same_where_the_picture_keeps_a_wide_space() -> None:
    wide = icc.matrix_profile("Display P3", icc.DISPLAY_P3, None)
    original = saved(Image.new("RGB", (400, 200), "white"), "PNG", icc_profile=wide)
    (rendition,) = marked("center,50%,100%", original=original, keep_colour=True)
    assert opened(rendition.body).info["icc_profile"] == wide
    seen = shown(rendition.body).convert("RGB").getpixel((200, 100))
    assert isinstance(seen, tuple)
    assert seen[0] > 250 and seen[1] < 12 and seen[2] < 12
    stored = opened(rendition.body).convert("RGB").getpixel((200, 100))
    assert isinstance(stored, tuple) and stored[0] < 240


@pytest.mark.parametrize(
    "body",
    [b"", b"GIF89a", saved(Image.new("RGB", (9, 9)), "JPEG"), RED[:60]],
    ids=["empty", "cut GIF", "JPEG", "cut PNG"],
)
def test_what_is_no_png_is_refused_as_a_setting(body: bytes) -> None:
    with pytest.raises(UnusableWatermark):
        Watermark.read(body, WatermarkStyle())


@pytest.mark.parametrize(
    ("style", "why"),
    [
        ("bottom-right", "is not like"),
        ("middle,25%,60%", "none of"),
        ("center,0%,60%", "1% to 100%"),
        ("center,25%,101%", "1% to 100%"),
    ],
)
def test_a_style_that_cannot_be_understood_is_named(style: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        WatermarkStyle.parse(style)


def test_the_style_of_a_parameter_is_read() -> None:
    assert WatermarkStyle.parse("top-left,10%,45%") == WatermarkStyle(Place.TOP_LEFT, 0.1, 0.45)
