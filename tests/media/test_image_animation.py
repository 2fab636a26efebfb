"""What moves keeps moving: frames, timing, loops and disposal."""

from __future__ import annotations

import io

import numpy as np
import pytest
from compare import pixels
from made.images import gif_blocks, gif_of, saved
from PIL import Image, ImageColor, ImageDraw

from mediamill.domain.image import Rendition, render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

COLOURS = ("red", "lime", "blue", "white")
DURATIONS = [100, 250, 400, 1000]


def moving(format_: str, loop: int | None = 0, **options: object) -> bytes:
    frames = [Image.new("RGB", (120, 80), colour) for colour in COLOURS]
    if loop is not None:
        options["loop"] = loop
    if format_ == "WEBP":
        options["lossless"] = True
    return saved(
        frames[0], format_, save_all=True, append_images=frames[1:], duration=DURATIONS, **options
    )


def rendered(original: bytes, size: int = 60, limits: Limits | None = None) -> Rendition:
    (rendition,) = render(original, parse_profiles(f"one={size}"), limits or Limits())
    return rendition


def shows(rendition: Rendition) -> tuple[list[str], list[int], int]:
    """The colour and time of each frame, and the loop count, of an animated WebP."""
    picture = Image.open(io.BytesIO(rendition.body))
    assert picture.format == "WEBP"
    colours, durations = [], []
    for number in range(getattr(picture, "n_frames", 1)):
        picture.seek(number)
        picture.load()
        r, g, b = pixels(picture)[picture.height // 2, picture.width // 2]
        colours.append(
            {(1, 0, 0): "red", (0, 1, 0): "lime", (0, 0, 1): "blue", (1, 1, 1): "white"}[
                (int(r > 128), int(g > 128), int(b > 128))
            ]
        )
        durations.append(picture.info["duration"])
    return colours, durations, picture.info["loop"]


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_frames_and_timing_survive(format_: str) -> None:
    options = {"loop": None} if format_ == "AVIF" else {}
    rendition = rendered(moving(format_, **options))
    colours, durations, loop = shows(rendition)
    assert colours == list(COLOURS)
    assert durations == DURATIONS
    assert loop == 0
    assert (rendition.width, rendition.height) == (60, 40)


def test_a_gif_says_repetitions_and_webp_says_plays() -> None:
    assert shows(rendered(moving("GIF", loop=2)))[2] == 3
    assert shows(rendered(moving("GIF", loop=None)))[2] == 1


def test_png_and_webp_count_plays() -> None:
    assert shows(rendered(moving("PNG", loop=2)))[2] == 2
    assert shows(rendered(moving("WEBP", loop=2)))[2] == 2


def test_frames_that_change_only_a_part_are_composed() -> None:
    # The second frame repaints a corner; what lies under it stays.
    base = Image.new("RGB", (100, 100), "red")
    second = base.copy()
    second.paste("lime", (0, 0, 20, 20))
    original = saved(base, "GIF", save_all=True, append_images=[second], duration=100)
    picture = Image.open(io.BytesIO(rendered(original, 100).body))
    picture.seek(1)
    seen = pixels(picture)
    assert seen[10, 10, 1] > 200 and seen[80, 80, 0] > 200 and seen[80, 80, 1] < 60


def test_disposal_to_background_uncovers_transparency() -> None:
    left, right = (Image.new("RGBA", (60, 60), (0, 0, 0, 0)) for _ in range(2))
    ImageDraw.Draw(left).ellipse((2, 2, 26, 58), fill=(255, 0, 0, 255))
    ImageDraw.Draw(right).ellipse((34, 2, 58, 58), fill=(0, 0, 255, 255))
    original = saved(left, "GIF", save_all=True, append_images=[right], duration=100, disposal=2)
    picture = Image.open(io.BytesIO(rendered(original).body))
    for number, (here, gone) in enumerate((((14, 30), (46, 30)), ((46, 30), (14, 30)))):
        picture.seek(number)
        alpha = picture.convert("RGBA").getchannel("A")
        assert alpha.getpixel(here) == 255 and alpha.getpixel(gone) == 0


def test_a_still_format_gets_the_first_frame() -> None:
    (rendition,) = render(moving("GIF"), parse_profiles("one=60", "jpeg"), Limits())
    picture = Image.open(io.BytesIO(rendition.body))
    assert getattr(picture, "n_frames", 1) == 1
    assert pixels(picture)[20, 30, 0] > 200 > 60 > pixels(picture)[20, 30, 1]


def test_facts_count_the_frames() -> None:
    facts = render(moving("GIF"), [], Limits()).facts
    assert facts.is_animated and facts.frame_count == len(COLOURS) and not facts.truncated


def test_past_the_pixels_of_all_frames_only_the_first_is_shown() -> None:
    limits = Limits(pixels=120 * 80 * 3)
    rendering = render(moving("GIF"), parse_profiles("one=60"), limits)
    (rendition,) = rendering
    assert shows_still(rendition)
    assert rendition.truncated and rendering.facts.truncated


def shows_still(rendition: Rendition) -> bool:
    return getattr(Image.open(io.BytesIO(rendition.body)), "n_frames", 1) == 1


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_past_the_number_of_frames_it_becomes_a_still(format_: str) -> None:
    rendering = render(moving(format_), parse_profiles("one=60"), Limits(frames=len(COLOURS) - 1))
    (rendition,) = rendering
    assert shows_still(rendition) and rendition.truncated and rendering.facts.truncated
    assert rendering.facts.frame_count == len(COLOURS)
    assert pixels(Image.open(io.BytesIO(rendition.body)))[20, 30, 0] > 200


def test_a_gif_of_three_thousand_frames_is_counted_and_shown_still() -> None:
    rendering = render(gif_of(3_000, side=40), parse_profiles("one=40"), Limits())
    (rendition,) = rendering
    assert shows_still(rendition) and rendering.facts.frame_count == 3_000


RED, GREEN, BLUE, NOTHING = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)
KEEP, TO_BACKGROUND, TO_PREVIOUS = 1, 2, 3


@pytest.mark.parametrize(
    ("disposal", "afterwards"), [(KEEP, RED), (TO_BACKGROUND, NOTHING), (TO_PREVIOUS, NOTHING)]
)
def test_a_gif_without_transparent_colour_is_cleared_as_browsers_do(
    disposal: int, afterwards: tuple[int, int, int, int]
) -> None:
    """The screen's background colour, black here, is shown by nobody."""
    original = gif_blocks(
        (8, 8),
        ["black", "red", "lime", "blue"],
        [((0, 0, 4, 4), 1, disposal), ((4, 4, 4, 4), 2, TO_BACKGROUND), ((0, 4, 4, 4), 3, KEEP)],
    )
    picture = Image.open(io.BytesIO(rendered(original, 8).body))
    expected = (
        {(1, 1): RED, (6, 6): NOTHING, (1, 6): NOTHING},
        {(1, 1): afterwards, (6, 6): GREEN, (1, 6): NOTHING},
        {(1, 1): afterwards, (6, 6): NOTHING, (1, 6): BLUE},
    )
    for number, seen in enumerate(expected):
        picture.seek(number)
        shown = picture.convert("RGBA")
        for place, colour in seen.items():
            found = shown.getpixel(place)
            assert isinstance(found, tuple)
            assert found[3] == colour[3]
            assert colour == NOTHING or max(map(abs, np.subtract(found, colour))) < 60


def test_a_still_of_a_gif_shows_its_canvas_around_the_first_frame_as_nothing() -> None:
    original = gif_blocks((8, 8), ["black", "red"], [((2, 2, 4, 4), 1, KEEP)])
    rendering = render(original, parse_profiles("one=8", "png"), Limits())
    picture = Image.open(io.BytesIO(next(rendering).body)).convert("RGBA")
    assert picture.getpixel((3, 3)) == RED and picture.getpixel((0, 0)) == NOTHING
    assert rendering.facts.has_alpha is True


def test_the_frames_before_damage_are_shown() -> None:
    whole = moving("GIF")
    rendering = render(whole[: whole.rindex(b"\x2c") + 12], parse_profiles("one=60"), Limits())
    list(rendering)
    assert rendering.facts.frame_count == len(COLOURS)


def test_an_apngs_still_for_old_viewers_is_no_frame() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "lime", "blue")]
    original = saved(
        frames[0],
        "PNG",
        save_all=True,
        append_images=frames[1:],
        default_image=True,
        duration=[100, 200],
    )
    colours, _, _ = shows(rendered(original, 40))
    assert colours == ["lime", "blue"]


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_it_moves_in_avif_too(format_: str) -> None:
    options = {"loop": None} if format_ == "AVIF" else {}
    original = moving(format_, **options)
    (rendition,) = render(original, parse_profiles("one=60", "avif"), Limits())
    picture = Image.open(io.BytesIO(rendition.body))
    assert picture.format == "AVIF"
    assert getattr(picture, "n_frames", 1) == len(COLOURS)
    for number, colour in enumerate(COLOURS):
        picture.seek(number)
        expected = np.array(ImageColor.getrgb(colour))
        assert abs(pixels(picture.convert("RGB"))[20, 30] - expected).max() < 20
        assert picture.info["duration"] == DURATIONS[number]


def test_what_is_transparent_stays_so_in_moving_avif() -> None:
    frames = [Image.new("RGBA", (60, 40), (0, 0, 0, 0)) for _ in range(3)]
    for number, frame in enumerate(frames):
        frame.paste("red", (20 * number, 0, 20 * number + 20, 40))
    original = saved(frames[0], "AVIF", save_all=True, append_images=frames[1:], duration=100)
    (rendition,) = render(original, parse_profiles("one=60", "avif"), Limits())
    picture = Image.open(io.BytesIO(rendition.body))
    for number in range(3):
        picture.seek(number)
        alpha = np.array(picture.convert("RGBA"))[..., 3]
        seen = [bool(alpha[20, 10 + 20 * place] > 128) for place in range(3)]
        assert seen == [place == number for place in range(3)]


def test_a_still_of_what_moves_is_a_still_in_avif_too() -> None:
    (rendition,) = render(moving("GIF"), parse_profiles("one=60:still", "avif"), Limits())
    assert getattr(Image.open(io.BytesIO(rendition.body)), "n_frames", 1) == 1
