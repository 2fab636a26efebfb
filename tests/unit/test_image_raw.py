"""Camera raw is shown by the preview that the camera put in."""

from __future__ import annotations

import struct

import pytest
from made.images import corners, saved, shown, tiff
from PIL import Image

from mediamill.domain.errors import Unprocessable, Unsupported
from mediamill.domain.image import render
from mediamill.domain.limits import Limits

DNG = (0xC612, 1, 4, 0x0701)


def jpeg(width: int = 120, height: int = 80) -> bytes:
    return saved(corners(width, height), "JPEG", quality=90)


def test_the_preview_of_a_dng_is_shown() -> None:
    preview = jpeg()
    original = tiff([DNG, (0x0201, 4, 1, 256), (0x0202, 4, 1, len(preview))], preview)
    facts = render(original, [], Limits()).facts
    assert (facts.format, facts.width, facts.height) == ("tiff", 120, 80)
    assert shown(original).size == (120, 80)


def test_the_largest_preview_wins() -> None:
    small, large = jpeg(24, 16), jpeg()
    at = 256 + len(small)
    tags = [DNG, (0x0201, 4, 1, 256), (0x0202, 4, 1, len(small)), (0x0103, 3, 1, 7)]
    tags += [(0x0111, 4, 1, at), (0x0117, 4, 1, len(large))]
    assert shown(tiff(tags, small + large)).size == (120, 80)


def test_fujifilms_own_container_is_shown() -> None:
    preview = jpeg()
    head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 200, len(preview))
    assert shown(head.ljust(200, b"\0") + preview).size == (120, 80)


def test_a_plain_tiff_is_no_raw() -> None:
    original = saved(Image.new("RGB", (10, 10)), "TIFF")
    assert render(original, [], Limits()).facts.format == "tiff"


def test_a_raw_without_a_preview_is_unsupported() -> None:
    with pytest.raises(Unsupported):
        render(b"IIU\0" + struct.pack("<I", 8) + b"\0" * 40, [], Limits())


@pytest.mark.parametrize("length", [4, 8, 9, 12, 40, 60, 100])
def test_a_directory_that_is_cut_short_is_no_crash(length: int) -> None:
    preview = jpeg()
    original = tiff([DNG, (0x0201, 4, 1, 256), (0x0202, 4, 1, len(preview))], preview)
    with pytest.raises(Unprocessable):
        shown(original[:length])


def test_directories_in_a_circle_end() -> None:
    original = bytearray(tiff([DNG], b""))
    original[10 + 12 : 10 + 16] = struct.pack("<I", 8)  # the next directory is this one
    with pytest.raises(Unprocessable):
        shown(bytes(original))
