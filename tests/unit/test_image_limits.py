"""Bombs are refused from their headers, before a pixel is decoded."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from made.images import png_announcing, saved
from PIL import Image

from mediamill.domain.errors import TooLarge, TooManyPixels, Unprocessable, Unsupported
from mediamill.domain.image import render
from mediamill.domain.image.reading.containers import Container
from mediamill.domain.image.reading.cost import fits, memory_of, within_memory
from mediamill.domain.image.reading.opening import guarded
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

PROFILES = parse_profiles("thumbnail=256")

BOMBS = {
    "177 megapixels": png_announcing(13_312, 13_312),
    "65,536 a side": png_announcing(65_536, 65_536),
}

MEASURE = """
import sys
sys.path.insert(0, sys.argv[1])
from made.images import png_announcing
from mediamill.domain.errors import TooManyPixels
from mediamill.domain.image import render
from mediamill.domain.limits import Limits
for bomb in (png_announcing(13_312, 13_312), png_announcing(65_536, 65_536)):
    try:
        render(bomb, [], Limits())
        raise SystemExit("not refused")
    except TooManyPixels:
        pass
# Not getrusage: its peak starts with that of the process that forked.
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""


@pytest.mark.parametrize("bomb", BOMBS)
def test_bombs_are_refused_within_50_ms(bomb: str) -> None:
    start = time.process_time()
    with pytest.raises(TooManyPixels) as raised:
        render(BOMBS[bomb], PROFILES, Limits())
    assert time.process_time() - start < 0.05
    assert raised.value.code == "too_many_pixels"


def test_bombs_are_refused_within_100_mb() -> None:
    tests = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, tests], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100


def test_a_frame_counts_with_its_size() -> None:
    frames = [Image.new("RGB", (30, 30), (shade, 0, 0)) for shade in (0, 90, 180)]
    original = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    assert render(original, [], Limits(pixels=2_700)).facts.truncated is False
    assert render(original, [], Limits(pixels=2_699)).facts.truncated is True
    with pytest.raises(TooManyPixels):
        render(original, [], Limits(pixels=899))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "AVIF", "TGA"])
def test_every_format_is_held_to_the_pixels(format_: str) -> None:
    original = saved(Image.new("RGB", (40, 30)), format_)
    render(original, PROFILES, Limits(pixels=1_200))
    with pytest.raises(TooManyPixels):
        render(original, PROFILES, Limits(pixels=1_199))


@pytest.mark.parametrize("format_", ["HEIF", "JXL", "JPEG2000", "ICO", "PPM"])
def test_plug_ins_are_held_to_the_pixels(format_: str) -> None:
    import pillow_heif
    import pillow_jxl  # noqa: F401

    pillow_heif.register_heif_opener()
    original = saved(Image.new("RGB", (64, 64), "navy"), format_)
    with pytest.raises(TooManyPixels):
        render(original, PROFILES, Limits(pixels=4_095))


def test_a_side_past_the_limit_is_refused() -> None:
    with pytest.raises(TooManyPixels):
        render(saved(Image.new("L", (1, 500)), "PNG"), PROFILES, Limits(side=499))


def test_more_bytes_than_allowed_are_refused() -> None:
    with pytest.raises(TooLarge):
        render(b"\xff\xd8\xff" + b"\0" * 100, PROFILES, Limits(image_bytes=102))


@pytest.mark.parametrize(
    "original",
    [
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"%PDF-1.7\n",
        b"\0\0\0\x18ftypcrx ",
        b"#!/bin/sh\n",
        b"\x00",
        b"SIMPLE  =                    T",
        b"\xd7\xcd\xc6\x9a" + b"\0" * 40,
    ],
)
def test_nothing_reaches_a_decoder_that_is_not_listed(original: bytes) -> None:
    with pytest.raises(Unsupported):
        render(original, PROFILES, Limits())


def test_nothing_is_broken() -> None:
    with pytest.raises(Unprocessable) as raised:
        render(b"", PROFILES, Limits())
    assert raised.value.code == "broken_image"


def test_a_lying_extension_of_the_header_is_met_by_the_decoders_own_size() -> None:
    # The WebP header says 16 × 16 where the bitstream says more: what is opened counts.
    original = saved(Image.new("RGB", (500, 500), "red"), "WEBP")
    with pytest.raises(TooManyPixels):
        render(original, PROFILES, Limits(pixels=249_999))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "JPEG2000"])
def test_a_picture_that_the_functions_memory_cannot_hold_is_refused_by_its_header(
    format_: str,
) -> None:
    original = saved(Image.new("RGB", (3000, 2000)), format_)
    assert list(render(original, PROFILES, Limits()))
    with pytest.raises(TooManyPixels) as raised:
        render(original, PROFILES, Limits(memory_bytes=176 << 20))
    assert "6 megapixels" in str(raised.value) and "the function has 176" in str(raised.value)


def test_a_hundred_megapixels_fit_into_the_default_memory() -> None:
    for container in Container:
        needed = memory_of(container, 100_000_000, 25_000_000)
        assert fits(Limits(), needed), container


def test_an_animation_whose_frames_do_not_fit_is_shown_still() -> None:
    frames = [Image.new("RGB", (1000, 1000), colour) for colour in ("red", "lime", "blue")]
    original = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:])
    rendering = render(original, PROFILES, Limits(memory_bytes=185 << 20))
    (rendition,) = rendering
    assert rendition.truncated and rendering.facts.truncated


def test_what_takes_more_memory_than_its_header_says_ends_with_a_code() -> None:
    """The second fence: no header tells what is asked for here."""
    limits = Limits(memory_bytes=64 << 20)
    with pytest.raises(TooManyPixels, match="memory"), guarded(limits), within_memory(limits):
        Image.new("RGB", (10_000, 10_000))
    Image.new("RGB", (1_000, 1_000))  # and the fence is gone
