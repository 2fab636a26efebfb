"""Pictures as people have them: each as large, as upright and as whole as it should be."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from compare import delta_e, linear_reference, pixels, ssim
from made.images import opened, saved, shown
from PIL import Image

from mediamill.domain.errors import Unprocessable
from mediamill.domain.facts import ImageFacts
from mediamill.domain.image import Rendition, render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "images"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not here")

THREE = parse_profiles("thumbnail=256,medium=800,large=1920")

# File → displayed width, height, and the facts that set it apart.
SHOWN: dict[str, tuple[int, int, dict[str, object]]] = {
    "16-bit-grey-alpha.png": (109, 96, {"bit_depth": 16, "color_space": "Gray", "has_alpha": True}),
    "2569067123_aca715a2ee_o.jpg": (2725, 2225, {}),
    "Channel_digital_image_CMYK_color.jpg": (500, 333, {"color_space": "CMYK"}),
    "Channel_digital_image_CMYK_color_no_profile.jpg": (500, 333, {"icc_profile": None}),
    "G31D_MULTI.TIF": (2464, 3248, {"page_count": 2, "bit_depth": 1, "is_animated": False}),
    "IMG_1034.heic": (4032, 3024, {"icc_profile": "Display P3", "format": "heic"}),
    "Landscape_3.jpg": (600, 450, {"orientation": 3}),
    "Landscape_6.jpg": (600, 450, {"orientation": 6}),
    "Portrait_8.jpg": (450, 600, {"orientation": 8}),
    "animated-loop-3.gif": (370, 285, {"frame_count": 10, "is_animated": True}),
    "big-height.webp": (13, 169, {"frame_count": 97}),
    "check.svg": (100, 100, {"format": "svg"}),
    "gain-map.jpg": (3840, 2160, {"is_animated": False, "frame_count": 1}),
    "grey-8bit-alpha.png": (400, 300, {"has_alpha": True}),
    "pitm.avif": (4096, 800, {"bit_depth": 8}),
    "prophoto.png": (1, 1, {"icc_profile": "ProPhoto RGB"}),
    "relax.jp2": (320, 240, {"format": "jp2"}),
    "rotating-squares.webp": (80, 80, {"frame_count": 9, "has_alpha": True}),
    "swiss.png": (68, 68, {}),
    "testHEIF.heic": (800, 544, {"format": "heic"}),
    "truncated.jpg": (2725, 2225, {"damaged": True}),
    "truncated.png": (294, 240, {"damaged": True}),
    "with-alpha.png": (256, 192, {"has_alpha": True}),
}
REFUSED = {
    "65536-uint32-limit.png": "too_many_pixels",
    "giant-image.jpg": "too_many_pixels",
    "corrupt-header.jpg": "broken_image",
}


def rendered(name: str) -> tuple[list[Rendition], ImageFacts]:
    rendering = render((CORPUS / name).read_bytes(), THREE, Limits())
    renditions = list(rendering)
    return renditions, rendering.facts


@pytest.mark.parametrize("name", SHOWN)
def test_is_shown_with_its_facts(name: str) -> None:
    width, height, special = SHOWN[name]
    renditions, facts = rendered(name)
    assert (facts.width, facts.height) == (width, height)
    for key, value in ({"damaged": False, "truncated": False} | special).items():
        assert getattr(facts, key) == value, key
    for rendition, box in zip(renditions, (256, 800, 1920), strict=True):
        enlarged = facts.format == "svg"  # a drawing has no size of its own
        scale = box / max(width, height) if enlarged else min(1, box / max(width, height))
        assert (rendition.width, rendition.height) == (
            max(1, round(width * scale)),
            max(1, round(height * scale)),
        )
        assert opened(rendition.body).size == (rendition.width, rendition.height)
        frames = getattr(Image.open(io.BytesIO(rendition.body)), "n_frames", 1)
        # (The 97 frames of big-height are all the same, and libwebp keeps one.)
        assert (frames > 1) == (facts.is_animated and name != "big-height.webp")


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused_for_a_reason(name: str) -> None:
    with pytest.raises(Unprocessable) as raised:
        rendered(name)
    assert raised.value.code == REFUSED[name]


def test_every_picture_is_expected() -> None:
    assert {path.name for path in CORPUS.iterdir()} == {*SHOWN, *REFUSED}


def test_the_same_scene_looks_the_same_however_it_was_turned() -> None:
    third, sixth = (shown((CORPUS / f"Landscape_{n}.jpg").read_bytes(), 300) for n in (3, 6))
    # The pictures differ in a painted digit; the rest is one waterfall.
    assert delta_e(pixels(third), pixels(sixth)) < 6


@pytest.mark.parametrize("name", ["2569067123_aca715a2ee_o.jpg", "pitm.avif"])
def test_renditions_keep_the_detail_of_the_original(name: str) -> None:
    renditions, _ = rendered(name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = Image.open(CORPUS / name).convert("RGB")
    for rendition in renditions[1:]:
        made = opened(rendition.body)
        assert ssim(made, linear_reference(whole, made.size)) > 0.92


def test_print_colours_with_and_without_a_profile_are_near_each_other() -> None:
    # The same inks: what they mean by default should not be far from what SWOP says they mean.
    with_, without = (
        shown((CORPUS / f"Channel_digital_image_CMYK_color{end}.jpg").read_bytes())
        for end in ("", "_no_profile")
    )
    assert delta_e(pixels(with_), pixels(without)) < 8


def test_adobes_ycck_is_inks_like_any_other() -> None:
    name = "Channel_digital_image_CMYK_color_no_profile.jpg"
    with Image.open(CORPUS / name) as original:
        assert original.info["adobe_transform"] == 2  # YCCK
        plain = saved(original.copy(), "TIFF")
    ycck = shown((CORPUS / name).read_bytes())
    assert np.abs(pixels(ycck) - pixels(shown(plain))).max() <= 1
