"""Colours look as they were meant, whatever they were stored in."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from compare import Array, delta_e, gamma, linear, pixels
from made.images import opened, rainbow, saved, shown, tiff
from PIL import Image, ImageCms

from mediamill.domain.errors import Broken, TooManyPixels
from mediamill.domain.image import render
from mediamill.domain.image.shaping import icc
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

SRGB_PRIMARIES = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
PROPHOTO = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))
D50 = (0.34567, 0.35850)


def to_xyz(primaries: tuple[tuple[float, float], ...], white: tuple[float, float]) -> Array:
    """The textbook matrix of linear RGB to XYZ (Lindbloom), by numpy and not by mediamill."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    point = np.array([white[0] / white[1], 1, (1 - sum(white)) / white[1]])
    matrix: Array = columns * np.linalg.solve(columns, point)
    return matrix


def bradford(source: tuple[float, float], target: tuple[float, float]) -> Array:
    cone = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    here, there = (cone @ np.array([w[0] / w[1], 1, (1 - sum(w)) / w[1]]) for w in (source, target))
    matrix: Array = np.linalg.inv(cone) @ np.diag(there / here) @ cone
    return matrix


def stored_as(
    picture: Image.Image,
    primaries: tuple[tuple[float, float], ...],
    exponent: float | None,
    white: tuple[float, float] = icc.D65,
) -> Image.Image:
    """The numbers that a file in another RGB space holds for the sRGB picture."""
    there = np.linalg.inv(to_xyz(primaries, white)) @ bradford(icc.D65, white)
    light = linear(pixels(picture)) @ (there @ to_xyz(SRGB_PRIMARIES, icc.D65)).T
    light = np.clip(light, 0, 1)
    values = gamma(light) if exponent is None else 255 * light ** (1 / exponent)
    return Image.fromarray((values + 0.5).astype(np.uint8))


WIDE = {
    "Display P3": (icc.DISPLAY_P3, None, icc.D65),
    "Adobe RGB": (icc.ADOBE_RGB, 563 / 256, icc.D65),
    "ProPhoto": (PROPHOTO, 1.8, D50),
}


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("space", WIDE)
def test_wide_gamut_pictures_become_srgb(space: str, format_: str) -> None:
    primaries, exponent, white = WIDE[space]
    profile = icc.matrix_profile(space, primaries, exponent, white)
    stored = stored_as(rainbow(), primaries, exponent, white)
    options: dict[str, object] = {"quality": 95} if format_ != "TIFF" else {}
    if format_ in ("JPEG", "AVIF"):
        options["subsampling"] = "4:4:4"
    if format_ == "WEBP":
        options = {"lossless": True}
    if format_ == "PNG":
        options = {}
    original = saved(stored, format_, icc_profile=profile, **options)
    rendering = render(original, parse_profiles("one=1000", "png"), Limits())
    (rendition,) = rendering
    assert delta_e(pixels(opened(rendition.body)), pixels(rainbow())) < 2
    assert rendering.facts.icc_profile == space
    # The test can fail: taken as sRGB, the colours are wrong.
    assert delta_e(pixels(stored), pixels(rainbow())) > 2.5


def test_renditions_carry_no_profile() -> None:
    profile = icc.matrix_profile("Display P3", icc.DISPLAY_P3, None)
    original = saved(rainbow(), "JPEG", icc_profile=profile)
    for format_ in ("webp", "jpeg", "avif", "png"):
        assert "icc_profile" not in shown(original, format_=format_).info


def test_srgb_by_another_name_is_left_alone() -> None:
    profile = icc.matrix_profile("My screen", SRGB_PRIMARIES, None)
    original = saved(rainbow(), "PNG", icc_profile=profile)
    assert shown(original).tobytes() == rainbow().tobytes()


def adobe_rgb_by_exif() -> bytes:
    """A camera's JPEG that embeds no profile: only EXIF names its space."""
    stored = stored_as(rainbow(), icc.ADOBE_RGB, 563 / 256)
    # EXIF by hand: the first directory points to Exif's, that to the interoperability index.
    directory = struct.Struct("<HHHII")
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8)
    exif += directory.pack(1, 0x8769, 4, 1, 26) + b"\0\0\0\0"
    exif += directory.pack(1, 0xA005, 4, 1, 44) + b"\0\0\0\0"
    exif += struct.pack("<HHHI4s", 1, 1, 2, 4, b"R03\0") + b"\0\0\0\0"
    return saved(stored, "JPEG", quality=98, subsampling="4:4:4", exif=exif)


def test_adobe_rgb_cameras_that_embed_no_profile_are_understood() -> None:
    assert delta_e(pixels(shown(adobe_rgb_by_exif())), pixels(rainbow())) < 2


def test_a_grey_profile_is_applied() -> None:
    ramp = Image.linear_gradient("L").resize((64, 64))
    stored = ramp.point([round(255 * float(linear(np.array(v * 1.0)))) for v in range(256)])
    profile = grey_profile(1.0)
    assert delta_e(pixels(shown(saved(stored, "PNG", icc_profile=profile))), pixels(ramp)) < 2


def grey_profile(exponent: float) -> bytes:
    """An ICC grey profile, put together by hand."""
    tags = {
        b"desc": b"desc\0\0\0\0\0\0\0\5grey\0" + b"\0" * 78,
        b"wtpt": b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061),
        b"kTRC": b"curv\0\0\0\0" + struct.pack(">IH", 1, round(exponent * 256)) + b"\0\0",
    }
    at, table, body = 128 + 4 + 12 * len(tags), b"", b""
    for name, tag in tags.items():
        tag += b"\0" * (-len(tag) % 4)
        table += name + struct.pack(">2I", at + len(body), len(tag))
        body += tag
    head = struct.pack(">I4sI", at + len(body), b"\0\0\0\0", 0x02400000) + b"mntrGRAYXYZ "
    head += b"\0" * 12 + b"acsp" + b"\0" * 28 + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def test_a_broken_profile_is_ignored() -> None:
    original = saved(rainbow(), "PNG", icc_profile=b"no profile at all" * 20)
    assert shown(original).tobytes() == rainbow().tobytes()


def test_a_profile_for_another_space_is_ignored() -> None:
    original = saved(rainbow(), "PNG", icc_profile=icc.default_cmyk())
    assert shown(original).tobytes() == rainbow().tobytes()


def test_print_colours_with_a_profile_are_what_littlecms_says() -> None:
    profile = icc.default_cmyk()
    inks = rainbow().convert("CMYK")
    transform = ImageCms.buildTransform(
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        "CMYK",
        "RGB",
        ImageCms.Intent.PERCEPTUAL,
    )
    expected = ImageCms.applyTransform(inks, transform)
    assert expected is not None
    jpeg = saved(inks, "JPEG", quality=98, icc_profile=profile)  # Adobe's inverted CMYK
    tiff_ = saved(inks, "TIFF", icc_profile=profile)  # upright CMYK
    assert delta_e(pixels(shown(jpeg)), pixels(expected)) < 2
    assert delta_e(pixels(shown(tiff_)), pixels(expected)) < 0.5


# CIELAB (D50) of solid inks on paper, ISO 12647-2, relative to the paper, as sRGB.
SOLIDS = {
    (0, 0, 0, 0): (255, 255, 255),
    (255, 0, 0, 0): (0, 159, 226),
    (0, 255, 0, 0): (228, 0, 126),
    (0, 0, 255, 0): (255, 237, 0),
    (0, 255, 255, 0): (226, 13, 29),
    (255, 0, 255, 0): (0, 150, 65),
    (255, 255, 0, 0): (48, 47, 132),
}


@pytest.mark.parametrize("inks", SOLIDS)
def test_inks_without_a_profile_look_like_print(inks: tuple[int, int, int, int]) -> None:
    original = saved(Image.new("CMYK", (16, 16), inks), "JPEG", quality=98)
    expected = np.full((16, 16, 3), SOLIDS[inks], np.float64)
    assert delta_e(pixels(shown(original)), expected) < 5


def test_all_inks_together_are_black() -> None:
    original = saved(Image.new("CMYK", (16, 16), (255, 255, 255, 255)), "JPEG", quality=98)
    assert pixels(shown(original)).max() < 8


def test_inverted_and_upright_inks_are_the_same() -> None:
    inks = rainbow().convert("CMYK")
    jpeg = saved(inks, "JPEG", quality=98)
    assert b"Adobe\0" in jpeg  # the marker whose writers store CMYK inverted
    assert delta_e(pixels(shown(jpeg)), pixels(shown(saved(inks, "TIFF")))) < 2


def test_sixteen_bit_grey_is_scaled_and_not_clipped() -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (16, 1))
    picture = Image.fromarray(ramp)
    expected = np.tile(np.arange(256.0), (16, 1))
    for format_ in ("PNG", "TIFF"):
        got = np.asarray(shown(saved(picture, format_)).convert("L"), np.float64)
        assert abs(got - expected).max() <= 1, format_


def test_sixteen_bit_colour_is_scaled_and_not_clipped() -> None:
    ramp = np.linspace(0, 65535, 256).astype(">u2")
    row = np.stack([ramp, ramp[::-1], ramp], -1).tobytes()
    tags = [(256, 4, 1, 256), (257, 4, 1, 1), (258, 3, 3, 240), (259, 3, 1, 1), (262, 3, 1, 2)]
    tags += [(273, 4, 1, 256), (277, 3, 1, 3), (278, 4, 1, 1), (279, 4, 1, len(row))]
    little = np.frombuffer(row, ">u2").astype("<u2").tobytes()
    original = bytearray(tiff(tags, little))
    original[240:246] = struct.pack("<3H", 16, 16, 16)
    got = pixels(shown(bytes(original)))[0]
    assert abs(got[:, 0] - np.arange(256)).max() <= 1
    assert abs(got[:, 1] - np.arange(255, -1, -1)).max() <= 1


def test_cielab_is_converted() -> None:
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB"
    )
    stored = ImageCms.applyTransform(rainbow(), to_lab)
    assert stored is not None
    stored.info = {}
    assert delta_e(pixels(shown(saved(stored, "TIFF"))), pixels(rainbow())) < 2


def deep_tiff(space: str, **options: object) -> bytes:
    """The rainbow as libvips' TIFF of another space: 16 bits or floating point."""
    import pyvips

    stored = pyvips.Image.new_from_memory(rainbow().tobytes(), 96, 64, 3, "uchar")
    converted = stored.copy(interpretation="srgb").colourspace(space)
    body = converted.tiffsave_buffer(compression="deflate", **options)
    assert isinstance(body, bytes)
    return body


@pytest.mark.parametrize("tile", [False, True], ids=["strips", "tiles"])
@pytest.mark.parametrize(
    ("space", "depth", "named"), [("labs", 16, "Lab"), ("lab", 32, "Lab"), ("scrgb", 32, "RGB")]
)
def test_tiff_of_many_bits_a_channel_is_shown(
    space: str, depth: int, named: str, tile: bool
) -> None:
    rendering = render(deep_tiff(space, tile=tile), parse_profiles("one=96", "png"), Limits())
    (rendition,) = rendering
    assert delta_e(pixels(opened(rendition.body)), pixels(rainbow())) < 2
    facts = rendering.facts
    assert (facts.bit_depth, facts.color_space) == (depth, named)
    assert (facts.format, facts.width, facts.height) == ("tiff", 96, 64)


def test_deep_tiff_is_held_to_the_limits_before_it_is_decoded() -> None:
    with pytest.raises(TooManyPixels):
        render(deep_tiff("labs"), parse_profiles("one=96"), Limits(pixels=6_000))


def test_deep_tiff_that_is_cut_is_broken() -> None:
    with pytest.raises(Broken):
        list(render(deep_tiff("labs")[:-400], parse_profiles("one=96"), Limits()))


def test_palettes_and_single_bits_are_shown_in_colour() -> None:
    palette = rainbow().quantize(32)
    for format_ in ("PNG", "GIF", "BMP", "TIFF"):
        assert delta_e(pixels(shown(saved(palette, format_))), pixels(palette)) < 0.1
    bits = rainbow().convert("1")
    for format_ in ("PNG", "TIFF", "BMP"):
        assert delta_e(pixels(shown(saved(bits, format_))), pixels(bits)) < 0.1


def test_shrunk_palettes_are_blended_not_picked() -> None:
    stripes = Image.new("P", (200, 200))
    stripes.putpalette([0, 0, 0, 255, 255, 255])
    stripes.putdata([x % 2 for _ in range(200) for x in range(200)])
    grey = pixels(shown(saved(stripes, "PNG"), 50))
    assert abs(grey[5:-5, 5:-5] - 127).max() < 25


@pytest.mark.parametrize("format_", ["ICO", "PPM", "TGA", "JPEG2000", "JXL", "BMP", "HEIF"])
def test_every_other_format_shows_its_colours(format_: str) -> None:
    import pillow_heif
    import pillow_jxl  # noqa: F401

    pillow_heif.register_heif_opener()
    options: dict[str, object] = {"sizes": [(96, 64)]} if format_ == "ICO" else {}
    if format_ in ("JXL", "HEIF"):
        options = {"quality": 98}
    original = saved(rainbow(), format_, **options)
    assert delta_e(pixels(shown(original)), pixels(rainbow())) < 2


def test_photoshops_composite_is_shown() -> None:
    head = b"8BPS\0\1" + b"\0" * 6 + struct.pack(">HIIHH", 3, 64, 96, 8, 3)
    planes = b"".join(band.tobytes() for band in rainbow().split())
    original = head + b"\0" * 12 + b"\0\0" + planes
    assert shown(original).tobytes() == rainbow().tobytes()


def test_a_large_jpeg_2000_is_decoded_small_and_looks_the_same() -> None:
    large = rainbow(800, 600)
    original = saved(large, "JPEG2000", num_resolutions=6)
    small = shown(original, 96)
    expected = large.resize(small.size, Image.Resampling.LANCZOS)
    assert delta_e(pixels(small), pixels(expected)) < 2
    # More halvings than the file has are not asked for.
    flat = saved(large, "JPEG2000", num_resolutions=1)
    assert delta_e(pixels(shown(flat, 96)), pixels(expected)) < 2


def kept(original: bytes, renditions: str = "one=96", format_: str = "png") -> Image.Image:
    profiles = parse_profiles(renditions, format_)
    (rendition,) = render(original, profiles, Limits(), keep_colour=True)
    return opened(rendition.body)


@pytest.mark.parametrize("format_", ["webp", "jpeg", "avif", "png"])
@pytest.mark.parametrize("name", WIDE)
def test_a_wide_space_is_kept_with_its_profile_where_that_is_asked_for(
    name: str, format_: str
) -> None:
    primaries, exponent, white = WIDE[name]
    profile = icc.matrix_profile(name, primaries, exponent, white)
    stored = stored_as(rainbow(), primaries, exponent, white)
    picture = kept(saved(stored, "PNG", icc_profile=profile), format_=format_)
    assert picture.info["icc_profile"] == profile
    # The numbers are the file's, not those of sRGB, which are far from them.
    assert abs(pixels(picture) - pixels(stored)).mean() < (1 if format_ == "png" else 9)


def test_colours_that_srgb_lacks_survive_only_where_they_are_kept() -> None:
    """Display P3's full red: sRGB cuts it, and what is cut does not come back."""
    profile = icc.matrix_profile("Display P3", icc.DISPLAY_P3, None)
    original = saved(Image.new("RGB", (40, 40), (255, 0, 0)), "PNG", icc_profile=profile)
    assert kept(original).convert("RGB").getpixel((20, 20)) == (255, 0, 0)
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    back = ImageCms.profileToProfile(shown(original), srgb, io.BytesIO(profile))
    assert back is not None
    red = back.getpixel((20, 20))
    assert isinstance(red, tuple) and red[0] < 240


def test_primaries_that_a_jpeg_names_in_exif_alone_are_kept_as_a_profile() -> None:
    original = adobe_rgb_by_exif()
    name = ImageCms.getProfileDescription(io.BytesIO(kept(original).info["icc_profile"]))
    assert "Adobe RGB" in name


@pytest.mark.parametrize("kind", ["sRGB", "CMYK", "large", "grey"])
def test_what_is_no_wide_space_of_rgb_becomes_srgb_all_the_same(kind: str) -> None:
    if kind == "sRGB":
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        original = saved(rainbow(), "PNG", icc_profile=profile)
    elif kind == "CMYK":
        profile = icc.default_cmyk()
        original = saved(rainbow().convert("CMYK"), "JPEG", icc_profile=profile, quality=95)
    elif kind == "large":  # a table of a monitor's: more bytes than a thumbnail has
        profile = icc.matrix_profile("Display P3", icc.DISPLAY_P3, None) + bytes(20_000)
        original = saved(rainbow(), "PNG", icc_profile=profile)
    else:
        original = saved(rainbow().convert("L"), "PNG")
    assert "icc_profile" not in kept(original).info
    assert pixels(kept(original)).shape[:2] == pixels(shown(original)).shape[:2]
    assert abs(pixels(kept(original)) - pixels(shown(original))).max() < 2


def test_kept_colours_tell_the_same_facts() -> None:
    profile = icc.matrix_profile("Display P3", icc.DISPLAY_P3, None)
    original = saved(rainbow(), "PNG", icc_profile=profile)
    told = []
    for keep in (False, True):
        rendering = render(original, parse_profiles("one=96"), Limits(), keep_colour=keep)
        list(rendering)
        told.append(rendering.facts)
    assert told[0] == told[1]


def test_a_background_is_the_colour_that_it_names_in_a_kept_space_too() -> None:
    profile = icc.matrix_profile("Display P3", icc.DISPLAY_P3, None)
    clear = saved(Image.new("RGBA", (40, 40), (0, 0, 0, 0)), "PNG", icc_profile=profile)
    profiles = parse_profiles("one=40", "jpeg")
    (rendition,) = render(clear, profiles, Limits(), background="#ff0000", keep_colour=True)
    red = shown(rendition.body).convert("RGB").getpixel((20, 20))
    assert isinstance(red, tuple) and red[0] > 248 and max(red[1:]) < 12
