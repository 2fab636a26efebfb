"""Posters: one frame that says something, shown as players show it, of whatever is a film."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from compare import ssim
from made.films import SCENE, clip, ffmpeg, frame_at, made_of, needs_ffmpeg, poster_of
from PIL import Image

pytestmark = needs_ffmpeg

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")


def light(picture: Image.Image) -> float:
    return float(np.asarray(picture.convert("L"), np.float64).mean())


def colour(picture: Image.Image, x: float, y: float) -> tuple[int, ...]:
    """The colour at a place, as shares of width and height."""
    at = picture.getpixel((int(x * picture.width), int(y * picture.height)))
    assert isinstance(at, tuple)
    return at


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_turned_film_has_an_upright_poster(degrees: int, tmp_path: Path) -> None:
    plain = clip(tmp_path / "plain.mp4", *H264)
    turned = tmp_path / "turned.mp4"
    ffmpeg("-i", str(plain), "-c", "copy", "-metadata:s:v", f"rotate={degrees}", str(turned))
    poster, expected = poster_of(turned), frame_at(turned, 0)
    assert poster.size == expected.size == ((180, 320) if degrees % 180 else (320, 180))
    assert ssim(poster, expected) > 0.95


# Numbers of 16.16 and 2.30 bits in a track header's matrix: mirrored left and right, and that
# mirror turned a quarter clockwise.
MIRRORS = {
    "left and right": (-(1 << 16), 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30),
    "and turned": (0, 1 << 16, 0, 1 << 16, 0, 0, 0, 0, 1 << 30),
}


@pytest.mark.parametrize("matrix", MIRRORS.values(), ids=MIRRORS)
def test_a_mirrored_film_has_a_mirrored_poster(matrix: tuple[int, ...], tmp_path: Path) -> None:
    path = clip(tmp_path / "plain.mp4", *H264)
    plain = poster_of(path)
    unity = (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    old, new = (b"".join(each.to_bytes(4, signed=True) for each in m) for m in (unity, matrix))
    body = path.read_bytes()
    header = body.index(b"tkhd")
    path.write_bytes(body[:header] + body[header:].replace(old, new, 1))
    flipped = plain.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if matrix[0] == 0:
        flipped = plain.transpose(Image.Transpose.TRANSPOSE)
    assert ssim(poster_of(path), flipped) > 0.95


def test_wide_pixels_make_a_wide_poster(tmp_path: Path) -> None:
    path = clip(tmp_path / "wide.mp4", "-vf", "setsar=4/3", *H264)
    poster = poster_of(path)
    assert poster.size == (427, 180)
    assert ssim(poster, frame_at(path, 0, filters="scale=427:180")) > 0.95


@pytest.mark.parametrize("range_", ["tv", "pc"])
def test_limited_and_full_range_look_the_same(range_: str, tmp_path: Path) -> None:
    scale = f"scale=out_range={range_}:out_color_matrix=bt709,setparams=range={range_}"
    path = clip(
        tmp_path / "ranged.mp4", "-vf", scale, *H264, "-colorspace", "bt709",
        "-color_range", range_, scene="color=0x336699:s=320x180:d=1",
    )  # fmt: skip
    shown = colour(poster_of(path), 0.5, 0.5)
    expected = colour(frame_at(path, 0), 0.5, 0.5)
    assert all(abs(a - b) <= 4 for a, b in zip(shown, expected, strict=True)), (shown, expected)


# The code of a grey of so many candela per square metre: SMPTE ST 2084 and ITU-R BT.2100's HLG.
GREYS = {
    ("smpte2084", 203): 0.5807, ("smpte2084", 1): 0.1499, ("smpte2084", 1000): 0.7518,
    ("arib-std-b67", 203): 0.75, ("arib-std-b67", 1000): 1.0,
}  # fmt: skip


@pytest.mark.parametrize(("transfer", "candela"), GREYS)
def test_hdr_is_shown_with_white_as_white_and_highlights_above_it(
    transfer: str, candela: int, tmp_path: Path
) -> None:
    level = round(64 + 876 * GREYS[transfer, candela])
    grey = f"color=black:s=320x180:d=1,format=yuv420p10le,geq=lum={level}:cb=512:cr=512"
    colours = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    path = clip(
        tmp_path / "hdr.mp4", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
        f"log-level=error:{colours}", "-pix_fmt", "yuv420p10le", scene=grey,
    )  # fmt: skip
    shown = light(poster_of(path))
    if candela == 203:
        assert 190 <= shown <= 235  # a page's white is light, and leaves room for more
    elif candela == 1000:
        assert shown >= 250
    else:
        assert 10 <= shown <= 60


def test_hdr_keeps_its_hues_and_gets_the_saturation_of_its_primaries(tmp_path: Path) -> None:
    red = "color=black:s=320x180:d=1,format=yuv420p10le,geq=lum=330:cb=460:cr=640"
    path = clip(
        tmp_path / "hdr.mp4", "-c:v", "libx265", "-preset", "ultrafast", "-x265-params",
        "log-level=error:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
        "-pix_fmt", "yuv420p10le", scene=red,
    )  # fmt: skip
    r, g, b = colour(poster_of(path), 0.5, 0.5)
    assert r > 2 * g
    assert r > 2 * b


def test_an_interlaced_film_has_no_comb_in_its_poster(tmp_path: Path) -> None:
    scene = "testsrc2=s=320x240:r=50:d=2,tinterlace=interleave_top,fieldorder=tff"
    path = clip(tmp_path / "fields.ts", "-flags", "+ilme+ildct", "-c:v", "mpeg2video",
                "-b:v", "4M", scene=scene)  # fmt: skip

    def comb(picture: Image.Image) -> float:
        rows = np.asarray(picture.convert("L"), np.float64)
        return float(np.abs(rows[1:-1] - (rows[:-2] + rows[2:]) / 2).mean())

    _, facts = made_of(path)
    poster = facts["poster"]
    assert isinstance(poster, dict)
    woven = frame_at(path, poster["at"])
    assert comb(poster_of(path)) < 0.8 * comb(woven)


OPENINGS = {
    "black": "color=black:s=320x180:r=25:d=1",
    "white": "color=white:s=320x180:r=25:d=1",
    "a blur": "testsrc2=s=320x180:r=25:d=1,gblur=sigma=60",
}


@pytest.mark.parametrize("opening", OPENINGS.values(), ids=OPENINGS)
def test_an_opening_that_shows_nothing_is_passed_over(opening: str, tmp_path: Path) -> None:
    scene = f"{opening}[a];{SCENE}[b];[a][b]concat"
    path = clip(tmp_path / "opening.mp4", "-g", "10", *H264, scene=scene)
    _, facts = made_of(path)
    poster = facts["poster"]
    assert isinstance(poster, dict)
    assert poster["source"] == "frame"
    assert poster["at"] >= 1.0
    assert ssim(poster_of(path), frame_at(path, poster["at"])) > 0.95


def test_a_film_that_is_all_black_has_a_black_poster(tmp_path: Path) -> None:
    path = clip(tmp_path / "black.mp4", *H264, scene="color=black:s=320x180:d=1")
    assert light(poster_of(path)) < 4


FORMATS = {
    "MJPEG in AVI": ("a.avi", "-c:v", "mjpeg"),
    "ProRes, 4:2:2, 10 bits": ("a.mov", "-c:v", "prores_ks"),
    "H.264 in 10 bits, 4:2:2": ("a.mkv", "-c:v", "libx264", "-pix_fmt", "yuv422p10le"),
    "H.265": ("a.mp4", "-c:v", "libx265", "-x265-params", "log-level=error"),
    "VP9": ("a.webm", "-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime"),
    "VP8": ("a.webm", "-c:v", "libvpx", "-deadline", "realtime"),
    "WMV": ("a.wmv", "-c:v", "wmv2"),
    "FLV": ("a.flv", "-c:v", "flv"),
    "3GP": ("a.3gp", "-c:v", "h263", "-s", "176x144"),
    "MPEG-2 program stream": ("a.mpg", "-c:v", "mpeg2video"),
    "MPEG-2 transport stream": ("a.ts", "-c:v", "mpeg2video"),
    "DV": ("a.dv", "-s", "720x576", "-pix_fmt", "yuv420p"),
    "Theora in Ogg": ("a.ogv", "-c:v", "libtheora"),
    "MXF": ("a.mxf", "-c:v", "mpeg2video"),
    "odd size": ("a.mp4", "-vf", "scale=319:179", "-c:v", "libx264", "-pix_fmt", "yuv444p"),
    "frames at odd times": (
        "a.mp4", "-vf", "select='not(mod(n*n,7))'", "-vsync", "vfr", "-c:v", "libx264",
    ),
    "fragments": ("a.mp4", "-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov"),
    "no length": ("a.webm", "-c:v", "libvpx", "-deadline", "realtime", "-live", "1"),
}  # fmt: skip


@pytest.mark.parametrize("written", FORMATS.values(), ids=FORMATS)
def test_every_sort_of_film_has_a_poster_that_shows_its_frame(
    written: tuple[str, ...], tmp_path: Path
) -> None:
    name, *options = written
    path = clip(tmp_path / name, *options)
    _, facts = made_of(path)
    poster = facts["poster"]
    assert isinstance(poster, dict)
    shown = poster_of(path)
    expected = frame_at(path, poster.get("at", 0))
    if shown.size != expected.size:  # pixels that are not square
        assert abs(shown.width / shown.height - 16 / 9) < 0.02 or name.endswith((".dv", ".3gp"))
        expected = expected.resize(shown.size)
    assert ssim(shown, expected) > 0.9


def test_a_film_that_changes_its_size_has_a_poster(tmp_path: Path) -> None:
    parts = [
        clip(tmp_path / f"{width}.ts", "-c:v", "mpeg2video", "-s", f"{width}x180").read_bytes()
        for width in (320, 160)
    ]
    path = tmp_path / "changing.ts"
    path.write_bytes(b"".join(parts))
    assert poster_of(path).height == 180


def test_a_film_that_ends_too_early_has_a_poster_of_what_is_there(tmp_path: Path) -> None:
    whole = clip(tmp_path / "whole.mkv", "-g", "5", *H264).read_bytes()
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole[: len(whole) // 2])
    assert poster_of(path).size == (320, 180)
