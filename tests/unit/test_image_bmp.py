"""BMP of every sort that browsers show looks as it was drawn."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from compare import pixels
from made.images import corners, rainbow, saved, shown
from PIL import Image

from mediamill.domain.errors import TooManyPixels
from mediamill.domain.image import render
from mediamill.domain.image.reading import bmp
from mediamill.domain.image.reading.bmp import plain
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

RGB16 = {
    "5-6-5": (0xF800, 0x07E0, 0x001F),
    "5-5-5": (0x7C00, 0x03E0, 0x001F),
    "2-3-1": (0x0030, 0x000E, 0x0001),
    "4-4-4": (0x0F00, 0x00F0, 0x000F),
}
RGB32 = {
    "8-8-8": (0xFF0000, 0x00FF00, 0x0000FF),
    "red last": (0x0000FF, 0x00FF00, 0xFF0000),
    "shifted": (0xFF00000, 0x00FF000, 0x0000FF0),
    "11-11-10": (0xFFE00000, 0x001FFC00, 0x000003FF),
    "10-10-10": (0x3FF00000, 0x000FFC00, 0x000003FF),
    "across bytes": (0x00007F80, 0x3FC00000, 0x0000007F),
}


def masked(
    picture: Image.Image, bits: int, masks: tuple[int, ...], *, header: int = 40, flip: bool = False
) -> bytes:
    """The picture behind bit masks; a fourth one is alpha's. `flip` writes the upper row first."""
    bands = np.moveaxis(np.array(picture.convert("RGBA")).astype(np.uint64), 2, 0)
    packed = np.zeros((picture.height, picture.width), np.uint64)
    for number, mask in enumerate(masks):
        shift = (mask & -mask).bit_length() - 1
        most = mask >> shift
        packed |= ((bands[number] * most + 127) // 255) << np.uint64(shift)
    rows = packed.astype("<u4" if bits == 32 else "<u2")
    rows = rows if flip else rows[::-1]
    padding = b"\0" * (-rows.shape[1] * bits // 8 % 4)
    body = b"".join(row.tobytes() + padding for row in rows)
    height = -picture.height if flip else picture.height
    compression = 6 if header == 40 and len(masks) == 4 else 3
    fields = struct.pack(
        "<IiiHHIIiiII", header, picture.width, height, 1, bits, compression, len(body), 0, 0, 0, 0
    )
    fields = (fields + struct.pack(f"<{len(masks)}I", *masks)).ljust(header, b"\0")
    return file(fields, body)


def indexed(
    picture: Image.Image, bits: int, *, header: int, entries: int | None = None, rle: bool = False
) -> bytes:
    """The picture in a palette, behind a header that is cut or grown to `header` bytes."""
    few = picture.quantize(min(1 << bits, 200))
    palette = (few.getpalette() or [])[: 3 * (1 << bits)]
    colours = [bytes(palette[at : at + 3][::-1]) for at in range(0, len(palette), 3)]
    count = entries or len(colours)
    colours += [b"\0\0\0"] * (count - len(colours))
    rows = np.array(few)[::-1]
    body = b"".join(runs(row) if rle else packed(row, bits) for row in rows)
    table = b"".join(colour + (b"" if header == 12 else b"\0") for colour in colours)
    if header == 12:
        fields = struct.pack("<I4H", 12, *picture.size, 1, bits)
    else:
        fields = struct.pack(
            "<IiiHHIIiiII", header, *picture.size, 1, bits, int(rle), len(body), 0, 0, count, 0
        )
        fields = fields[:header].ljust(header, b"\0")
    return file(fields + table, body)


def packed(row: np.ndarray, bits: int) -> bytes:
    """A row of indices, `bits` each, up to a multiple of four bytes."""
    digits = "".join(f"{index:0{bits}b}" for index in row)
    digits += "0" * (-len(digits) % 32)
    return int(digits, 2).to_bytes(len(digits) // 8, "big")


def runs(row: np.ndarray) -> bytes:
    """A row of RLE8, every pixel a run, and its end."""
    return b"".join(bytes((1, index)) for index in row) + b"\0\0"


def file(fields: bytes, body: bytes) -> bytes:
    at = 14 + len(fields)
    return b"BM" + struct.pack("<IHHI", at + len(body), 0, 0, at) + fields + body


@pytest.mark.parametrize("flip", [False, True], ids=["upwards", "downwards"])
@pytest.mark.parametrize("header", [40, 52, 108, 124])
@pytest.mark.parametrize(
    ("bits", "name"), [(16, name) for name in RGB16] + [(32, name) for name in RGB32]
)
def test_masks_of_every_width_and_place(bits: int, name: str, header: int, flip: bool) -> None:
    masks = (RGB16 if bits == 16 else RGB32)[name]
    seen = shown(masked(rainbow(95, 63), bits, masks, header=header, flip=flip))
    worst = max(255 / ((mask >> ((mask & -mask).bit_length() - 1)) or 1) for mask in masks)
    assert seen.size == (95, 63)
    assert abs(pixels(seen.convert("RGB")) - pixels(rainbow(95, 63))).max() <= worst / 2 + 2


@pytest.mark.parametrize(
    ("bits", "masks"),
    [
        (16, (0x0F00, 0x00F0, 0x000F, 0xF000)),
        (16, (0x7C00, 0x03E0, 0x001F, 0x8000)),
        (32, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
        (32, (0xFF, 0xFF00, 0xFF0000, 0xFF000000)),
        (32, (0x3FC00000, 0x003FF000, 0x00000FF0, 0x0000000F)),
    ],
)
@pytest.mark.parametrize("header", [40, 108])
def test_alpha_has_a_mask_of_its_own(bits: int, masks: tuple[int, ...], header: int) -> None:
    picture = corners().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 20, 10))
    seen = shown(masked(picture, bits, masks, header=header)).convert("RGBA")
    assert seen.getpixel((5, 5)) == (0, 0, 0, 0) or seen.getchannel("A").getpixel((5, 5)) == 0
    assert seen.getpixel((5, 15)) == (255, 0, 0, 255)
    assert seen.getpixel((55, 5)) == (0, 255, 0, 255)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
@pytest.mark.parametrize("header", [12, 16, 20, 36, 40, 48, 64, 108])
def test_palettes_behind_every_header(bits: int, header: int) -> None:
    picture = corners(61, 40) if bits > 1 else corners(61, 40).convert("1").convert("RGB")
    seen = shown(indexed(picture, bits, header=header))
    assert np.array_equal(pixels(seen.convert("RGB")), pixels(picture))


@pytest.mark.parametrize("header", [16, 40, 64])
def test_runs_behind_every_header(header: int) -> None:
    """OS/2's shortest header ends before it can say that there are runs."""
    rle = header != 16
    seen = shown(indexed(corners(), 8, header=header, rle=rle))
    assert np.array_equal(pixels(seen.convert("RGB")), pixels(corners()))


@pytest.mark.parametrize("bits", [4, 8])
def test_a_palette_longer_than_its_pixels_can_use(bits: int) -> None:
    seen = shown(indexed(corners(), bits, header=40, entries=300))
    assert np.array_equal(pixels(seen.convert("RGB")), pixels(corners()))


def test_what_pillow_reads_is_left_alone() -> None:
    for original in (saved(rainbow(), "BMP"), saved(rainbow().quantize(16), "BMP"), b"BM", b""):
        assert plain(original) is original


@pytest.mark.parametrize("kept", range(0, 120, 7))
def test_what_ends_early_is_no_surprise(kept: int) -> None:
    for original in (
        masked(rainbow(), 16, RGB16["2-3-1"]),
        masked(rainbow(), 32, RGB32["11-11-10"], header=108),
        indexed(corners(), 2, header=40),
        indexed(corners(), 8, header=16),
    ):
        plain(original[:kept])


def test_a_header_of_too_many_pixels_is_refused_before_its_rows_are_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moved: list[int] = []
    monkeypatch.setattr(bmp, "plain", lambda original: moved.append(len(original)))
    with pytest.raises(TooManyPixels):
        render(indexed(corners(), 2, header=40), parse_profiles("one=9"), Limits(pixels=2_000))
    assert moved == []
