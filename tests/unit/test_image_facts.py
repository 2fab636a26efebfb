"""What the manifest tells of a picture."""

from __future__ import annotations

import base64
import io

import pytest
from made.images import corners, opened, photo, rainbow, saved
from PIL import Image

from mediamill.domain.facts import ImageFacts
from mediamill.domain.image import render
from mediamill.domain.image.describing import thumbhash
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles


def facts_of(original: bytes) -> ImageFacts:
    rendering = render(original, parse_profiles("one=200"), Limits())
    list(rendering)
    return rendering.facts


def hamming(one: str | None, other: str | None) -> int:
    assert one is not None and other is not None
    return (int(one, 16) ^ int(other, 16)).bit_count()


def test_the_header_is_known_before_anything_is_decoded() -> None:
    facts = render(saved(corners(), "PNG"), [], Limits()).facts
    assert (facts.width, facts.height, facts.format) == (60, 40, "png")
    assert facts.bit_depth == 8 and facts.color_space == "RGB" and facts.average_color is None


def test_all_is_known_once_the_first_rendition_is_there() -> None:
    rendering = render(saved(corners(), "PNG"), parse_profiles("one=10,two=20"), Limits())
    next(rendering)
    assert rendering.facts.phash and rendering.facts.thumbhash and rendering.facts.dominant_color


def test_facts_come_without_a_profile_too() -> None:
    rendering = render(saved(corners(), "PNG"), [], Limits())
    assert list(rendering) == []
    assert rendering.facts.average_color


def test_average_and_dominant_colour() -> None:
    picture = Image.new("RGB", (100, 100), (200, 40, 40))
    picture.paste((0, 0, 250), (0, 0, 100, 30))
    facts = facts_of(saved(picture, "PNG"))
    assert facts.average_color == "#8c1c67"
    assert facts.dominant_color == "#c82828"


def test_hidden_colours_do_not_count() -> None:
    picture = Image.new("RGBA", (100, 100), (255, 255, 255, 0))
    picture.paste((20, 120, 220, 255), (0, 0, 50, 100))
    facts = facts_of(saved(picture, "PNG"))
    assert facts.average_color == facts.dominant_color == "#1478dc"


@pytest.mark.parametrize(
    ("mode", "format_", "depth", "space"),
    [
        ("RGB", "JPEG", 8, "RGB"),
        ("L", "JPEG", 8, "Gray"),
        ("CMYK", "JPEG", 8, "CMYK"),
        ("I;16", "PNG", 16, "Gray"),
        ("1", "PNG", 1, "Gray"),
        ("1", "TIFF", 1, "Gray"),
        ("LAB", "TIFF", 8, "Lab"),
        ("RGB", "AVIF", 8, "RGB"),
        ("RGB", "JPEG2000", 8, "RGB"),
        ("P", "GIF", 8, "RGB"),
        ("RGB", "WEBP", 8, "RGB"),
    ],
)
def test_depth_and_space_are_those_of_the_file(
    mode: str, format_: str, depth: int, space: str
) -> None:
    facts = facts_of(saved(Image.new(mode, (20, 20)), format_))
    assert (facts.bit_depth, facts.color_space) == (depth, space)


def test_pages_of_a_tiff_are_counted() -> None:
    pages = [Image.new("L", (20, 20), shade) for shade in (0, 100, 200)]
    original = saved(pages[0], "TIFF", save_all=True, append_images=pages[1:])
    facts = facts_of(original)
    assert facts.page_count == 3 and facts.frame_count == 1 and not facts.is_animated


def test_the_perceptual_hash_survives_rescale_and_recompression() -> None:
    picture = photo()
    first = facts_of(saved(picture, "PNG")).phash
    half = picture.resize((320, 240), Image.Resampling.LANCZOS)
    for other in (
        saved(picture, "JPEG", quality=40),
        saved(half, "PNG"),
        saved(half, "WEBP", quality=50),
        saved(picture.convert("L"), "PNG"),
    ):
        assert hamming(first, facts_of(other).phash) <= 6


def test_different_pictures_have_different_hashes() -> None:
    first = facts_of(saved(photo(), "PNG")).phash
    mirrored = photo().transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert hamming(first, facts_of(saved(mirrored, "PNG")).phash) > 15


def test_the_thumbhash_is_the_references() -> None:
    # rgbaToThumbHash of thumbhash 0.1.1 (npm) of the same 32 × 21 pixels.
    picture = rainbow(32, 21).convert("RGBA")
    assert base64.b64encode(thumbhash.encode(picture)).decode() == REFERENCE


REFERENCE = "IggaZaB3eGiPeHiIeJh3h993R394"


def test_the_thumbhash_decodes_to_the_picture_in_small() -> None:
    facts = facts_of(saved(corners(), "PNG"))
    assert facts.thumbhash and facts.thumbhash_url
    small = thumbhash.decode(base64.b64decode(facts.thumbhash))
    assert small.size[0] == 32 and abs(small.width / small.height - 1.5) < 0.3
    r, g, b, a = small.getpixel((4, 4)) or (0, 0, 0, 0)  # type: ignore[misc]
    assert r > 150 > g and a == 255 and b < 150
    shown = opened(base64.b64decode(facts.thumbhash_url.partition(",")[2]))
    assert shown.size == small.size


def test_a_truncated_photo_is_shown_and_called_damaged() -> None:
    whole = saved(photo(), "JPEG", quality=90)
    rendering = render(whole[: len(whole) * 2 // 3], parse_profiles("one=200"), Limits())
    (rendition,) = rendering
    assert rendering.facts.damaged
    assert Image.open(io.BytesIO(rendition.body)).size == (200, 150)


def test_an_undamaged_photo_is_not_called_damaged() -> None:
    assert not facts_of(saved(photo(), "JPEG")).damaged
