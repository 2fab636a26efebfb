"""What a rendition can be asked for: formats, fits, bytes, stills, sharpness."""

from __future__ import annotations

import io

import pytest
from made.images import opened, photo, saved
from PIL import Image, ImageChops, ImageStat

from mediamill.domain.image import Rendition, render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import Fit, Format, parse_profiles

ORIGINAL = saved(photo(), "JPEG", quality=92)


def rendered(renditions: str, original: bytes = ORIGINAL, formats: str = "webp") -> list[Rendition]:
    return list(render(original, parse_profiles(renditions, formats), Limits()))


def test_a_rendition_names_its_own_formats_and_qualities() -> None:
    profiles = parse_profiles(
        "thumbnail=256,large=1920x1080:cover:avif@55,jpeg,medium=800:png", "webp"
    )
    assert [(each.name, each.format, each.quality) for each in profiles] == [
        ("thumbnail", Format.WEBP, 80),
        ("large", Format.AVIF, 55),
        ("large", Format.JPEG, 80),
        ("medium", Format.PNG, 100),
    ]
    assert [each.fit for each in profiles] == [Fit.INSIDE, Fit.COVER, Fit.COVER, Fit.INSIDE]


@pytest.mark.parametrize(
    ("renditions", "why"),
    [
        ("large=1920:gif", "gif"),
        ("large=1920:webp@0", "1 to 100"),
        ("large=1920:webp@101", "1 to 100"),
        ("large=1920:0kb", "0kb"),
        ("large=1920::cover", "''"),
        ("webp,large=1920", "webp"),
    ],
)
def test_what_cannot_be_understood_is_named(renditions: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        parse_profiles(renditions)


@pytest.mark.parametrize("format_", ["webp", "png", "jpeg"])
def test_contain_pads_the_whole_picture_to_its_box(format_: str) -> None:
    (rendition,) = rendered("card=300x300:contain", formats=format_)
    picture = opened(rendition.body)
    assert (rendition.width, rendition.height) == picture.size == (300, 300)
    edge = picture.convert("RGBA").getpixel((150, 5))
    assert isinstance(edge, tuple)
    assert edge == (255, 255, 255, 255) if format_ == "jpeg" else edge[3] == 0
    inside = picture.convert("RGB").crop((0, 38, 300, 262))
    (plain,) = rendered("card=300", formats=format_)
    expected = opened(plain.body).convert("RGB").crop((0, 0, 300, 224))
    assert max(ImageStat.Stat(ImageChops.difference(inside, expected)).mean) < 4


def test_contain_enlarges_nothing() -> None:
    (rendition,) = rendered("card=900x900:contain", formats="png")
    picture = opened(rendition.body)
    assert picture.size == (900, 900)
    assert picture.getchannel("A").getbbox() == (130, 210, 770, 690)


def test_two_boxes_of_the_same_picture_are_padded_each_to_its_own() -> None:
    sizes = [(each.width, each.height) for each in rendered("a=200x200:contain,b=200x300:contain")]
    assert sizes == [(200, 200), (200, 300)]


@pytest.mark.parametrize("format_", ["webp", "jpeg", "avif"])
def test_a_rendition_takes_no_more_bytes_than_allowed(format_: str) -> None:
    (free,) = rendered("one=640", formats=format_)
    allowed = len(free.body) * 6 // 10 // 1_000
    (bound,) = rendered(f"one=640:{allowed}kb", formats=format_)
    assert allowed * 700 < len(bound.body) <= allowed * 1_000


def test_bytes_that_suffice_change_nothing() -> None:
    (free,), (bound,) = rendered("one=640"), rendered("one=640:9000kb")
    assert free.body == bound.body


def test_a_still_shows_the_first_frame_of_what_moves() -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in ("red", "lime", "blue")]
    original = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    moving, still = rendered("large=60,first=60:still", original)
    assert getattr(Image.open(io.BytesIO(moving.body)), "n_frames", 1) == 3
    assert getattr(Image.open(io.BytesIO(still.body)), "n_frames", 1) == 1
    red = opened(still.body).convert("RGB").getpixel((30, 20))
    assert isinstance(red, tuple) and red[0] > 240 > 20 > red[1]


def test_sharpening_raises_contrast_at_edges_and_leaves_flats() -> None:
    half = Image.new("L", (400, 200), 90)
    half.paste(160, (200, 0, 400, 200))
    plain, sharp = (
        opened(each.body).convert("L")
        for each in rendered("a=100,b=100:sharpen", saved(half, "PNG"), "png")
    )
    assert plain.getpixel((10, 25)) == sharp.getpixel((10, 25)) == 90
    brightest = [max(each.crop((40, 0, 60, 50)).tobytes()) for each in (plain, sharp)]
    assert brightest[1] > brightest[0]
