"""Where pictures go in their boxes: never enlarged, shape kept, nothing lost by the way."""

from __future__ import annotations

import pytest
from compare import linear_reference, ssim
from hypothesis import given
from hypothesis import strategies as st
from made.images import opened, photo, saved
from PIL import Image, ImageChops, ImageDraw, ImageStat

from mediamill.domain.image import parse_focus, render, render_raster
from mediamill.domain.image.reading import libvips
from mediamill.domain.image.shaping.colour import flatten
from mediamill.domain.image.shaping.placing import place, resize
from mediamill.domain.limits import Limits
from mediamill.domain.profile import Fit, Format, Profile, parse_profiles

sides = st.integers(1, 20_000)


@given(sides, sides, sides, sides, st.sampled_from(Fit), st.sampled_from(Format))
def test_nothing_is_enlarged_and_nothing_leaves_its_box(
    width: int, height: int, box_width: int, box_height: int, fit: Fit, format_: Format
) -> None:
    profile = Profile("one", box_width, box_height, fit=fit, format=format_)
    placement = place(width, height, profile)
    assert 1 <= placement.width <= min(width, box_width) or placement.width == 1
    assert 1 <= placement.height <= min(height, box_height) or placement.height == 1
    left, top, right, bottom = placement.crop
    assert -1e-6 <= left < right <= width + 1e-6 and -1e-6 <= top < bottom <= height + 1e-6


@given(sides, sides, sides, sides)
def test_inside_keeps_the_shape(width: int, height: int, box_width: int, box_height: int) -> None:
    placement = place(width, height, Profile("one", box_width, box_height))
    scale = placement.width / width
    assert abs(placement.height - height * scale) <= 1 + height / width
    assert placement.crop == (0, 0, width, height)


@given(st.integers(500, 5_000), st.integers(500, 5_000))
def test_cover_fills_its_box(width: int, height: int) -> None:
    placement = place(width, height, Profile("one", 300, 400, fit=Fit.COVER))
    assert (placement.width, placement.height) == (300, 400)


@pytest.mark.parametrize("size", [(1, 10_000), (10_000, 1), (1, 1), (2, 3)])
@pytest.mark.parametrize("format_", ["webp", "jpeg", "avif", "png"])
def test_slivers_and_single_pixels_are_valid(size: tuple[int, int], format_: str) -> None:
    original = saved(Image.new("RGB", size, "orange"), "PNG")
    profiles = parse_profiles("thumbnail=200x200:cover,medium=800,tall=20000", format_)
    for rendition in render(original, profiles, Limits()):
        picture = opened(rendition.body)
        assert picture.size == (rendition.width, rendition.height)
        assert picture.width <= size[0] and picture.height <= size[1]


def test_webp_stops_at_its_longest_side() -> None:
    original = saved(Image.new("RGB", (20_000, 4)), "PNG")
    (rendition,) = render(original, parse_profiles("one=60000"), Limits())
    assert rendition.width == 16_383


@pytest.mark.parametrize("format_", ["PNG", "JPEG"])
def test_small_renditions_are_as_good_as_made_from_the_original(format_: str) -> None:
    picture = photo(1600, 1200)
    original = saved(picture, format_, **({"quality": 95} if format_ == "JPEG" else {}))
    profiles = parse_profiles("thumbnail=200,medium=500,large=1200", "png")
    for rendition in render(original, profiles, Limits()):
        made = opened(rendition.body)
        assert ssim(made, linear_reference(picture, made.size)) > 0.97


def test_attention_keeps_what_stands_out() -> None:
    picture = Image.new("RGB", (900, 300), (120, 125, 130))
    ImageDraw.Draw(picture).ellipse((700, 100, 860, 260), fill=(250, 30, 30))
    original = saved(picture, "PNG")

    def red(fit: str) -> int:
        (rendition,) = render(original, parse_profiles(f"one=150x150:{fit}", "png"), Limits())
        pixels = opened(rendition.body).convert("RGB").tobytes()
        return sum(1 for r, g in zip(pixels[::3], pixels[1::3], strict=True) if r > 200 > 90 > g)

    assert red("cover") == 0
    assert red("attention") > 4_000


def test_a_decoded_raster_is_rendered_the_same_way() -> None:
    page = photo(600, 800)
    made = list(render_raster(page, parse_profiles("thumbnail=200,large=2000", "png")))
    assert [(each.width, each.height) for each in made] == [(150, 200), (600, 800)]
    assert opened(made[1].body).tobytes() == page.tobytes()


def lit(*boxes: tuple[int, int, int, int]) -> Image.Image:
    """A dull wide field with something bright in each box."""
    picture = Image.new("RGB", (600, 200), (120, 120, 120))
    for box in boxes:
        picture.paste((255, 0, 0), box)
    return picture


def reds(profile: str, picture: Image.Image, focus: tuple[float, float] | None = None) -> int:
    (rendition,) = render(
        saved(picture, "PNG"), parse_profiles(profile, "png"), Limits(), focus=focus
    )
    shown = opened(rendition.body).convert("RGB")
    return sum(shown.split()[0].histogram()[201:])


def test_attention_takes_the_fullest_window_and_not_the_middle_of_all() -> None:
    """Between two bright things lies nothing to see."""
    both = lit((20, 60, 120, 160), (480, 80, 540, 140))
    assert reds("square=200x200:attention", both) >= 9_000


def test_attention_puts_what_it_found_in_the_middle_where_there_is_room() -> None:
    one = lit((340, 80, 400, 140))
    (rendition,) = render(
        saved(one, "PNG"), parse_profiles("square=200x200:attention", "png"), Limits()
    )
    shown = opened(rendition.body).convert("RGB").split()[1].point(lambda v: 255 * (v < 60))
    left, _, right, _ = shown.getbbox() or (0, 0, 0, 0)
    assert abs((left + right) / 2 - 100) < 30


@pytest.mark.parametrize("fit", ["cover", "attention"])
def test_a_focus_that_is_given_decides_what_a_crop_keeps(fit: str) -> None:
    both = lit((20, 60, 120, 160), (480, 80, 540, 140))
    assert reds(f"square=200x200:{fit}", both, focus=(0.85, 0.55)) == 3_600
    assert reds(f"square=200x200:{fit}", both, focus=(0.0, 0.0)) == 10_000
    assert reds("all=600:inside", both, focus=(0.0, 0.0)) == 13_600


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("0.3,0.4", (0.3, 0.4)),
        (" 1 , 0 ", (1.0, 0.0)),
        ("1.1,0", None),
        ("nan,0", None),
        ("0.5", None),
        ("left,top", None),
        ("", None),
    ],
)
def test_a_focus_is_two_numbers_from_0_to_1(text: str, point: tuple[float, float] | None) -> None:
    assert parse_focus(text) == point


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "CMYK"])
def test_both_engines_resize_to_the_same_picture(mode: str) -> None:
    source = photo(1200, 900).convert(mode)
    if mode in ("LA", "RGBA"):
        source.putalpha(Image.linear_gradient("L").resize(source.size))
    whole = (0.0, 0.0, 1200.0, 900.0)
    asked = (source, (500, 375), whole, Image.Resampling.LANCZOS)
    one, other = resize(*asked), libvips.resize(*asked)
    assert one.mode == other.mode == mode
    if mode in ("LA", "RGBA"):  # what is all but transparent has hardly a colour to compare
        one, other = (flatten(each, "#ffffff") for each in (one, other))
    assert max(ImageStat.Stat(ImageChops.difference(one, other)).mean) < 1.5


def test_pictures_that_are_resized_in_turn_keep_their_own_pixels() -> None:
    sides = (1200, 800)
    pictures = [photo(*sides, seed=seed) for seed in (1, 9)]
    box = (0, 0, *sides)
    for picture in (*pictures, *pictures):
        small = libvips.resize(picture, (300, 200), box, Image.Resampling.LANCZOS)
        expected = picture.resize((300, 200), Image.Resampling.LANCZOS)
        difference = ImageChops.difference(small, expected)
        assert max(high for _, high in difference.getextrema()) < 24  # type: ignore[misc]


def test_the_pixels_of_a_picture_are_let_go_with_it() -> None:
    picture = photo(1200, 800)
    libvips.resize(picture, (300, 200), (0, 0, 1200, 800), Image.Resampling.LANCZOS)
    assert len(libvips._LAST.pixels(picture)) == 1200 * 800 * 3
    del picture
    assert libvips._LAST._pixels == b""
