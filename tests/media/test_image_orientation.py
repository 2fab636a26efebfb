"""Every picture stands upright, whichever way its format says how."""

from __future__ import annotations

import pillow_heif
import pytest
from compare import pixels
from made.images import corners, opened, saved, shown, tiff
from PIL import Image, ImageOps

from mediamill.domain.image import render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

ALL_EIGHT = range(1, 9)


def with_orientation(format_: str, value: int, **options: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = value
    return saved(corners(), format_, exif=exif, **options)


def upright(value: int) -> Image.Image:
    picture = corners()
    picture.getexif()[0x0112] = value
    return ImageOps.exif_transpose(picture)


def difference(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    return float(abs(pixels(one) - pixels(other)).mean())


@pytest.mark.parametrize("value", ALL_EIGHT)
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_turns_all_eight_orientations_upright(format_: str, value: int) -> None:
    original = with_orientation(format_, value)
    rendering = render(original, parse_profiles("one=1000", "png"), Limits())
    (rendition,) = rendering
    assert difference(opened(rendition.body), upright(value)) < 8
    assert rendering.facts.orientation == value
    assert (rendering.facts.width, rendering.facts.height) == upright(value).size


@pytest.mark.parametrize("value", ALL_EIGHT)
def test_a_crop_is_of_the_upright_picture(value: int) -> None:
    profiles = parse_profiles("one=20x10:cover", "png")
    (rendition,) = render(with_orientation("PNG", value), profiles, Limits())
    expected = ImageOps.fit(upright(value), (20, 10), Image.Resampling.BICUBIC)
    assert difference(opened(rendition.body), expected) < 3


@pytest.mark.parametrize("value", ALL_EIGHT)
def test_small_copies_of_a_large_jpeg_are_upright_too(value: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = value
    large = saved(corners(1200, 800), "JPEG", exif=exif)
    assert difference(shown(large, 60), upright(value)) < 8


def test_a_renditions_orientation_is_reset() -> None:
    for format_ in ("webp", "jpeg", "avif", "png"):
        exif = shown(with_orientation("JPEG", 6), format_=format_).getexif()
        assert 0x0112 not in exif


@pytest.mark.parametrize("value", ALL_EIGHT)
def test_a_heics_own_rotation_is_not_applied_twice(value: int) -> None:
    pillow_heif.register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = value
    # Given as bytes, the plug-in writes it as irot and imir too, and libheif applies those.
    original = saved(corners(), "HEIF", exif=exif.tobytes())
    assert value == 1 or b"irot" in original or b"imir" in original
    assert difference(shown(original), upright(value)) < 8


def test_exif_alone_does_not_turn_a_heic() -> None:
    pillow_heif.register_heif_opener()
    # ISO/IEC 23008-12 makes irot and imir the only word on it.
    assert difference(shown(with_orientation("HEIF", 6)), corners()) < 8


def test_a_jpeg_inside_jxl_is_turned_as_the_jpeg_says(tmp_path: object) -> None:
    from pathlib import Path

    import pillow_jxl  # noqa: F401

    path = Path(str(tmp_path)) / "turned.jpg"
    path.write_bytes(with_orientation("JPEG", 6, quality=95))
    with Image.open(path) as jpeg:
        original = saved(jpeg, "JXL", lossless_jpeg=True)
    assert difference(shown(original), upright(6)) < 8


def test_a_raws_preview_is_turned_as_the_raw_says() -> None:
    preview = saved(corners(), "JPEG", quality=95)
    tags = [(0x0112, 3, 1, 8), (0x0201, 4, 1, 256), (0x0202, 4, 1, len(preview))]
    original = tiff([*tags, (0xC612, 1, 4, 0x0701)], preview)
    assert difference(shown(original), upright(8)) < 8
