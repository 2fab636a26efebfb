"""Storyboards and previews: the right moment at the right place, upright, in a player's form."""

from __future__ import annotations

import io
import json
import re
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from compare import ssim
from made.films import SCENE, clip, ffmpeg, frame_at, made_of, needs_ffmpeg
from PIL import Image

from mediamill.domain.derivative import Product
from mediamill.domain.limits import MEGA
from mediamill.domain.video.preview import SECONDS
from mediamill.domain.video.storyboard import interval_of

pytestmark = needs_ffmpeg

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
LONG = "testsrc2=s=320x180:r=10:d=30"
CUE = re.compile(r"(\S+) --> (\S+)\n(\S+)/(\d{4})\.webp#xywh=(\d+),(\d+),(\d+),(\d+)\n")


def named(products: list[Product], name: str, format_: str) -> list[Product]:
    return [each for each in products if (each.name, each.format) == (name, format_)]


def seconds(clock: str) -> float:
    hours, minutes, rest = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(rest)


def tiles(products: list[Product]) -> list[tuple[float, float, Image.Image]]:
    """Each cue with the picture that it names, as a player cuts it out."""
    (board,) = named(products, "storyboard", "vtt")
    sheets = {each.number: Image.open(io.BytesIO(each.body)) for each in products
              if each.name == "sheets"}  # fmt: skip
    found = []
    for begins, ends, _, number, x, y, width, height in CUE.findall(board.body.decode()):
        left, top = int(x), int(y)
        box = (left, top, left + int(width), top + int(height))
        sheet = sheets[int(number)].convert("RGB")
        assert box[2] <= sheet.width
        assert box[3] <= sheet.height
        found.append((seconds(begins), seconds(ends), sheet.crop(box)))
    return found


def probed(path: Path) -> dict[str, str]:
    entries = "stream=codec_type,codec_name,profile,pix_fmt,width,height,duration"
    shown = ["-v", "error", "-show_entries", entries, "-of", "json", str(path)]
    told = json.loads(subprocess.run(["ffprobe", *shown], check=True, capture_output=True).stdout)
    (stream,) = told["streams"]
    return dict(stream)


def test_a_storyboard_shows_for_each_moment_the_key_frame_before_it(tmp_path: Path) -> None:
    path = clip(tmp_path / "long.mp4", "-g", "10", *H264, scene=LONG)
    products, facts = made_of(path)
    shown = tiles(products)
    assert facts["storyboard"] == {
        "width": 160, "height": 90, "columns": 5, "rows": 5, "count": 30, "interval": 0.5,
    }  # fmt: skip
    assert [each.number for each in products if each.name == "sheets"] == [1, 2]
    assert shown[0][0] == 0
    assert shown[-1][1] == pytest.approx(30, abs=0.1)
    assert all(a[1] == b[0] for a, b in pairwise(shown))
    for place in (0, 7, 24, 25, 29):
        expected = frame_at(path, shown[place][0], filters="scale=160:90")
        assert ssim(shown[place][2], expected) > 0.9, place


def test_a_turned_film_has_upright_tiles_and_an_upright_preview(tmp_path: Path) -> None:
    plain = clip(tmp_path / "plain.mp4", "-g", "5", *H264)
    path = tmp_path / "turned.mp4"
    ffmpeg("-i", str(plain), "-c", "copy", "-metadata:s:v", "rotate=90", str(path))
    products, _ = made_of(path)
    assert tiles(products)[0][2].size == (90, 160)
    (film,) = named(products, "preview", "mp4")
    assert (film.width, film.height) == (180, 320)


def test_a_preview_is_five_silent_seconds_that_every_browser_plays(tmp_path: Path) -> None:
    path = clip(tmp_path / "long.mkv", "-g", "10", *H264, scene=LONG, sound="sine=d=30")
    products, _ = made_of(path)
    (film,), (moving,) = (named(products, "preview", each) for each in ("mp4", "webp"))
    written = tmp_path / "preview.mp4"
    written.write_bytes(film.body)
    stream = probed(written)  # one stream alone
    assert (stream["codec_name"], stream["profile"], stream["pix_fmt"]) == (
        "h264", "High", "yuv420p",
    )  # fmt: skip
    assert float(stream["duration"]) == pytest.approx(SECONDS, abs=0.1)
    assert film.body.index(b"moov") < film.body.index(b"mdat")
    picture = Image.open(io.BytesIO(moving.body))
    assert picture.format == "WEBP"
    assert 45 <= getattr(picture, "n_frames", 1) <= SECONDS * 12
    assert picture.info["loop"] == 0


def test_a_preview_is_of_the_parts_in_which_something_happens(tmp_path: Path) -> None:
    still, lively = "color=#336699:s=320x180:r=10", "testsrc2=s=320x180:r=10"
    scene = f"{still}:d=12[a];{lively}:d=6[b];{still}:d=12[c];[a][b][c]concat=3"
    path = clip(tmp_path / "scenes.mp4", "-g", "10", *H264, scene=scene)
    (film,) = named(made_of(path)[0], "preview", "mp4")
    written = tmp_path / "preview.mp4"
    written.write_bytes(film.body)
    colours = [len(frame_at(written, at).getcolors(1 << 20) or []) for at in (0.5, 2, 3.5)]
    assert max(colours) > 500  # the bars, and not the blue alone


def test_a_tile_and_a_preview_have_the_colours_of_the_film(tmp_path: Path) -> None:
    path = clip(tmp_path / "blue.mp4", "-g", "10", *H264, scene="color=#336699:s=320x180:r=25:d=2")
    products, _ = made_of(path)
    (moving,) = named(products, "preview", "webp")
    (film,) = named(products, "preview", "mp4")
    written = tmp_path / "preview.mp4"
    written.write_bytes(film.body)
    shown = [
        tiles(products)[0][2], Image.open(io.BytesIO(moving.body)).convert("RGB"),
        frame_at(written, 0),
    ]  # fmt: skip
    for picture in shown:
        at = picture.getpixel((20, 20))
        assert isinstance(at, tuple)
        assert all(abs(a - b) <= 6 for a, b in zip(at, (0x33, 0x66, 0x99), strict=True)), at


def test_a_film_of_one_key_frame_has_a_preview_and_no_storyboard(tmp_path: Path) -> None:
    path = clip(tmp_path / "one.mp4", "-g", "999", "-sc_threshold", "0", *H264)
    products, facts = made_of(path)
    assert [each.name for each in products] == ["poster", "preview", "preview"]
    assert "storyboard" not in facts


def test_frames_too_large_to_be_held_in_a_row_have_no_preview(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = clip(tmp_path / "large.mp4", "-g", "5", *H264)
    monkeypatch.setattr("mediamill.domain.video.making.MOST_MOVING", 320 * 180 - 1)
    products, facts = made_of(path)
    assert {each.name for each in products} == {"poster", "sheets", "storyboard"}
    assert "warnings" not in facts


def test_a_film_that_changes_its_size_has_tiles_of_one_size(tmp_path: Path) -> None:
    parts = [
        clip(tmp_path / f"{width}.ts", "-c:v", "mpeg2video", "-g", "5", "-s", f"{width}x180")
        for width in (320, 160)
    ]
    path = tmp_path / "changing.ts"
    path.write_bytes(b"".join(each.read_bytes() for each in parts))
    products, _ = made_of(path)
    assert len({picture.size for *_, picture in tiles(products)}) == 1


@pytest.mark.parametrize("written", [("a.ts", "mpeg2video"), ("a.avi", "mjpeg"), ("a.flv", "flv")])
def test_containers_without_an_index_have_storyboards_too(
    written: tuple[str, str], tmp_path: Path
) -> None:
    path = clip(tmp_path / written[0], "-g", "5", "-c:v", written[1], scene=SCENE)
    products, _ = made_of(path)
    assert len(tiles(products)) >= 3
    assert len(named(products, "preview", "webp")) == 1


def test_a_film_that_ends_too_early_keeps_what_is_there(tmp_path: Path) -> None:
    whole = clip(tmp_path / "whole.mkv", "-g", "5", *H264, scene=LONG).read_bytes()
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole[: len(whole) // 2])
    products, _ = made_of(path)
    assert 10 <= len(tiles(products)) <= 45
    assert len(named(products, "preview", "mp4")) == 1


@pytest.mark.parametrize("length", [0.1, 2, 59, 600, 7200, 10**6])
def test_a_large_film_is_asked_for_few_places_and_none_for_too_many(length: float) -> None:
    assert length / interval_of(length, 10 * MEGA) <= 100
    assert length / interval_of(length, 5000 * MEGA) <= 20
