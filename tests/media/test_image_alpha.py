"""Transparency is kept where a format has it, and leaves no dark fringe anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from compare import pixels
from made.images import opened, saved, shown
from PIL import Image, ImageDraw

from mediamill.domain.image import render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles


def white_disc() -> Image.Image:
    """White where it is opaque, and black hidden behind what is transparent."""
    picture = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    ImageDraw.Draw(picture).ellipse((60, 60, 340, 340), fill=(255, 255, 255, 255))
    return picture


@pytest.mark.parametrize("format_", ["webp", "avif", "png"])
def test_alpha_is_kept_where_the_format_has_it(format_: str) -> None:
    made = shown(saved(white_disc(), "PNG"), 80, format_)
    assert made.mode == "RGBA"
    alpha = np.asarray(made.getchannel("A"), int)
    assert alpha[0, 0] < 8 and alpha[40, 40] > 247


def test_shrinking_leaves_no_dark_fringe() -> None:
    made = np.asarray(shown(saved(white_disc(), "PNG"), 80), int)
    edge = (made[:, :, 3] > 20) & (made[:, :, 3] < 235)
    assert edge.any()
    assert made[edge][:, :3].min() > 240


def test_jpeg_shows_white_behind_or_what_was_asked_for() -> None:
    original = saved(white_disc(), "PNG")
    assert pixels(shown(original, 80, "jpeg")).min() > 245
    red = pixels(shown(original, 80, "jpeg", background="#ff0000"))
    assert red[2, 2, 0] > 245 and red[2, 2, 1] < 12
    assert red[40, 40].min() > 245


def test_grey_with_alpha_keeps_both() -> None:
    picture = Image.merge(
        "LA", (Image.new("L", (50, 50), 90), Image.linear_gradient("L").resize((50, 50)))
    )
    made = np.asarray(shown(saved(picture, "PNG")).convert("RGBA"), int)
    assert abs(made[40, 25, :3] - 90).max() <= 2
    assert made[2, 25, 3] < 30 < 220 < made[47, 25, 3]


def test_a_palettes_transparent_colour_is_transparent() -> None:
    picture = Image.new("P", (30, 30), 1)
    picture.putpalette([255, 0, 255, 0, 128, 0])
    picture.paste(0, (0, 0, 15, 30))
    made = np.asarray(shown(saved(picture, "PNG", transparency=0)), int)
    assert made[15, 3, 3] == 0 and made[15, 25, 3] == 255


def test_an_alpha_channel_that_hides_nothing_is_told_and_dropped() -> None:
    picture = Image.new("RGBA", (40, 40), (10, 200, 30, 255))
    rendering = render(saved(picture, "PNG"), parse_profiles("one=40", "png"), Limits())
    (rendition,) = rendering
    assert rendering.facts.has_alpha
    assert opened(rendition.body).mode == "RGB"
