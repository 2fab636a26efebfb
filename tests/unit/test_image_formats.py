"""Formats and parts of formats that a first look takes for broken."""

from __future__ import annotations

import io
import struct
import zlib

import pillow_heif
import pytest
from fuzz_images import XPM
from made.images import corners, opened, photo, saved, shown
from PIL import Image, PngImagePlugin

from mediamill.domain.detect import detect
from mediamill.domain.image import render
from mediamill.domain.image.shaping import icc
from mediamill.domain.limits import Limits
from mediamill.domain.metadata import describe
from mediamill.domain.profile import parse_profiles
from mediamill.domain.signatures import MEDIA_TYPES

THUMBNAIL = parse_profiles("one=40", "png")
RED, LIME, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


@pytest.mark.parametrize("format_", ["BMP", "DDS", "PCX", "PPM", "SGI", "TGA"])
def test_old_formats_show_their_colours_where_they_belong(format_: str) -> None:
    picture = shown(saved(corners(), format_), 60).convert("RGB")
    places = ((10, 10), (50, 10), (10, 30))
    assert [picture.getpixel(place) for place in places] == [RED, LIME, BLUE]


def test_a_pcx_of_two_colours_is_shown() -> None:
    halves = Image.new("1", (60, 40))
    halves.paste(1, (0, 0, 30, 40))
    picture = shown(saved(halves, "PCX"), 60).convert("RGB")
    assert picture.getpixel((10, 10)) == (255, 255, 255)
    assert picture.getpixel((50, 10)) == (0, 0, 0)


def test_an_sgi_of_sixteen_bits_is_shown() -> None:
    rows = [bytes((17, 17)) * 30 + bytes((238, 238)) * 30] * 40
    head = struct.pack(">HBBHHHH", 474, 0, 2, 2, 60, 40, 1).ljust(512, b"\0")
    original = head + b"".join(rows)
    picture = shown(original, 60).convert("L")
    assert (picture.getpixel((10, 10)), picture.getpixel((50, 10))) == (17, 238)
    assert render(original, THUMBNAIL, Limits()).facts.bit_depth == 16


def test_sixteen_bits_of_grey_are_sixteen_in_a_pgm() -> None:
    original = b"P5\n2 1\n65535\n" + bytes((0, 0, 255, 255))
    assert render(original, THUMBNAIL, Limits()).facts.bit_depth == 16


def test_an_xpm_shows_its_colours() -> None:
    picture = shown(XPM, 4).convert("RGB")
    assert [picture.getpixel(place) for place in ((0, 0), (3, 0), (0, 1))] == [RED, BLUE, BLUE]


def test_a_cursor_is_shown_as_an_icon_is() -> None:
    icon = bytearray(saved(corners(32, 32).convert("RGBA"), "ICO", bitmap_format="bmp"))
    icon[2] = 2  # the type of the directory: a cursor's entries have a hot spot for planes
    rendering = render(bytes(icon), THUMBNAIL, Limits())
    (rendition,) = rendering
    assert rendering.facts.format == "cur"
    assert opened(rendition.body).convert("RGB").getpixel((4, 4)) == RED


def with_text(large: int, count: int = 1, *, packed: bool = True) -> bytes:
    info = PngImagePlugin.PngInfo()
    for number in range(count):
        info.add_text(f"Comment {number}", "x" * large, zip=packed)
    return saved(corners(), "PNG", pnginfo=info)


@pytest.mark.parametrize(
    "original",
    [
        with_text(3_000_000),
        with_text(3_000_000, packed=False),
        with_text(900_000, count=90),
        saved(corners(), "PNG", icc_profile=b"no profile" * 300_000),
    ],
    ids=["one long text", "not deflated", "much text", "a large profile"],
)
def test_a_png_with_megabytes_beside_its_pixels_is_shown(original: bytes) -> None:
    picture = shown(original, 60).convert("RGB")
    assert picture.getpixel((10, 10)) == RED


def test_a_large_profile_of_a_png_still_says_what_its_colours_are() -> None:
    wide = icc.matrix_profile("Display P3", icc.DISPLAY_P3, None)
    padded = (len(wide) + 2_000_000).to_bytes(4, "big") + wide[4:] + bytes(2_000_000)
    plain = shown(saved(Image.new("RGB", (8, 8), (200, 60, 60)), "PNG"))
    small, large = (
        shown(saved(Image.new("RGB", (8, 8), (200, 60, 60)), "PNG", icc_profile=profile))
        for profile in (wide, padded)
    )
    assert small.getpixel((4, 4)) == large.getpixel((4, 4)) != plain.getpixel((4, 4))


def test_what_follows_a_pngs_pixels_is_read_without_decoding_them() -> None:
    """EXIF behind IDAT turns the picture all the same."""
    exif = Image.Exif()
    exif[0x0112] = 6
    before = saved(corners(), "PNG", exif=exif)
    at = before.index(b"eXIf") - 4
    size = 12 + int.from_bytes(before[at : at + 4], "big")
    chunk, rest = before[at : at + size], before[:at] + before[at + size :]
    after = rest[:-12] + chunk + rest[-12:]
    rendering = render(after, THUMBNAIL, Limits())
    assert (rendering.facts.width, rendering.facts.height) == (40, 60)
    assert rendering.facts.orientation == 6


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "I;16"])
def test_libvips_and_pillow_agree_on_a_pngs_pixels(mode: str) -> None:
    """The same pixels as a TIFF, which Pillow reads."""
    source = photo(64, 48).convert("I;16" if mode == "I;16" else mode)
    one, other = (shown(saved(source, format_), 64).convert("RGBA") for format_ in ("PNG", "TIFF"))
    differences = [abs(a - b) for a, b in zip(one.tobytes(), other.tobytes(), strict=True)]
    assert max(differences) <= 1


def test_a_transparent_colour_of_sixteen_bit_grey_is_transparent() -> None:
    body = io.BytesIO()
    grey = Image.new("I;16", (8, 8), 1000)
    grey.save(body, "PNG")
    png = body.getvalue()
    payload = b"tRNS" + struct.pack(">H", 1000)
    chunk = struct.pack(">I", 2) + payload + struct.pack(">I", zlib.crc32(payload))
    at = png.index(b"IDAT") - 4
    alpha = shown(png[:at] + chunk + png[at:]).convert("RGBA").getchannel("A")
    assert alpha.getextrema() == (0, 0)


@pytest.mark.parametrize(
    ("mode", "format_", "name"),
    [
        ("1", "PPM", "pbm"),
        ("L", "PPM", "pgm"),
        ("RGB", "PPM", "ppm"),
        ("RGB", "HEIF", "heic"),
        ("RGB", "AVIF", "avif"),
        ("RGB", "JPEG", "jpeg"),
        ("RGB", "JPEG2000", "jp2"),
        ("RGB", "TIFF", "tiff"),
        ("RGB", "ICO", "ico"),
        ("RGB", "TGA", "tga"),
    ],
)
def test_a_picture_has_one_name_for_its_format(mode: str, format_: str, name: str) -> None:
    if format_ == "HEIF":
        pillow_heif.register_heif_opener()
    original = saved(corners(32, 32).convert(mode), format_)
    door = detect(original, f"a.{name}")
    record = describe(
        io.BytesIO(original),
        key="a",
        size=len(original),
        kind=door.kind,
        content_type=door.content_type,
    )
    assert render(original, [], Limits()).facts.format == record.format == name
    assert door.content_type == MEDIA_TYPES[name]
