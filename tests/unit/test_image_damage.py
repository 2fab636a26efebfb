"""Damage: what a file still holds is shown, and pixels that are missing or wrong are told."""

from __future__ import annotations

import io
import random

import pillow_heif
import pytest
from made.images import opened, photo, saved
from PIL import Image

from mediamill.domain.errors import Broken
from mediamill.domain.image import render
from mediamill.domain.image.reading.containers import Container
from mediamill.domain.image.reading.cut import is_cut
from mediamill.domain.limits import Limits
from mediamill.domain.metadata.pictures.read import read_picture
from mediamill.domain.profile import parse_profiles

pillow_heif.register_heif_opener()
PROFILES = parse_profiles("medium=320", "png")
EXIF = b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"

SHOWN_WHEN_CUT = {
    "jpeg": saved(photo(), "JPEG"),
    "progressive jpeg": saved(photo(), "JPEG", progressive=True),
    "png": saved(photo(), "PNG"),
    "interlaced palette png": saved(photo().quantize(), "PNG"),
    "webp": saved(photo(), "WEBP"),
    "lossless webp": saved(photo(), "WEBP", lossless=True),
    "webp with exif": saved(photo(), "WEBP", exif=EXIF),
    "gif": saved(photo(), "GIF"),
    "uncompressed tiff": saved(photo(), "TIFF"),
    "bmp": saved(photo(), "BMP"),
    "tga": saved(photo(), "TGA"),
    "ppm": saved(photo(), "PPM"),
}
BOTTOM_UP = {"bmp", "tga"}  # these store the last row first
REFUSED_WHEN_CUT = {
    "heic of one piece": saved(photo(), "HEIF"),
    "avif": saved(photo(), "AVIF"),
    "jpeg 2000": saved(photo(), "JPEG2000"),
    "lzw tiff": saved(photo(), "TIFF", compression="tiff_lzw"),
}


def damaged(original: bytes) -> bool | None:
    rendering = render(original, PROFILES, Limits())
    list(rendering)
    return rendering.facts.damaged


@pytest.mark.parametrize("name", SHOWN_WHEN_CUT | REFUSED_WHEN_CUT)
def test_a_sound_file_is_not_called_damaged(name: str) -> None:
    assert damaged((SHOWN_WHEN_CUT | REFUSED_WHEN_CUT)[name]) is False


@pytest.mark.parametrize("name", SHOWN_WHEN_CUT)
@pytest.mark.parametrize("part", [0.6, 0.9])
def test_a_cut_file_shows_what_it_holds_and_is_damaged(name: str, part: float) -> None:
    original = SHOWN_WHEN_CUT[name]
    rendering = render(original[: int(len(original) * part)], PROFILES, Limits())
    (rendition,) = rendering
    assert rendering.facts.damaged is True
    strip = (0, 220, 320, 240) if name in BOTTOM_UP else (0, 0, 320, 20)
    assert mean_difference(opened(rendition.body).crop(strip), whole(original).crop(strip)) < 3


def whole(original: bytes) -> Image.Image:
    (rendition,) = render(original, PROFILES, Limits())
    return opened(rendition.body)


def mean_difference(one: Image.Image, other: Image.Image) -> float:
    pairs = zip(one.convert("RGB").tobytes(), other.convert("RGB").tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / (one.width * one.height * 3)


@pytest.mark.parametrize("name", REFUSED_WHEN_CUT)
def test_what_no_decoder_shows_in_part_is_broken_and_not_shown_as_sound(name: str) -> None:
    original = REFUSED_WHEN_CUT[name]
    with pytest.raises(Broken) as raised:
        damaged(original[: len(original) * 7 // 10])
    assert raised.value.code == "broken_image"


@pytest.mark.parametrize("seed", range(12))
def test_a_png_with_one_wrong_byte_among_its_pixels_is_damaged(seed: int) -> None:
    body = bytearray(SHOWN_WHEN_CUT["png"])
    at = random.Random(seed).randrange(100, len(body) - 100)
    body[at] ^= 0x55
    assert damaged(bytes(body)) is True


@pytest.mark.parametrize("name", ["jpeg", "progressive jpeg"])
def test_a_jpeg_with_a_lost_block_is_damaged(name: str) -> None:
    body = bytearray(SHOWN_WHEN_CUT[name])
    start = len(body) // 2
    body[start : start + 2048] = bytes(random.Random(5).choices(range(255), k=2048))
    assert damaged(bytes(body)) is True


def test_stray_bytes_around_a_jpegs_pixels_do_no_harm() -> None:
    sound = SHOWN_WHEN_CUT["jpeg"]
    assert damaged(sound[:2] + b"\xff\xff\xff" + sound[3:]) is False  # fill bytes before a marker
    assert damaged(sound + b"trailing" * 100) is False


@pytest.mark.parametrize("format_", ["HEIF", "AVIF", "WEBP", "JPEG2000"])
@pytest.mark.parametrize("left", [0.5, 0.9, 0.999])
def test_the_header_tells_of_a_cut_as_the_metadata_does(format_: str, left: float) -> None:
    sound = saved(photo(), format_)
    container = {
        "HEIF": Container.HEIF,
        "AVIF": Container.AVIF,
        "WEBP": Container.WEBP,
        "JPEG2000": Container.JPEG2000,
    }[format_]
    for body in (sound, sound[: int(len(sound) * left)]):
        header = read_picture(io.BytesIO(body), len(body))
        assert header is not None
        assert is_cut(body, container) is header.truncated is (body is not sound)
