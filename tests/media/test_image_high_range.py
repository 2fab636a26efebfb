"""Gain maps: what an HDR screen adds goes with a JPEG's renditions where colours are kept."""

from __future__ import annotations

import io
import random
import subprocess

import pytest
from made import high_range
from made.mutate import mutated
from PIL import Image

from mediamill.domain.errors import Unprocessable
from mediamill.domain.image import render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles


@pytest.fixture(scope="module")
def original() -> bytes:
    return high_range.ultra_hdr()


def rendition(
    original: bytes, profile: str, *, keep: bool = True, focus: tuple[float, float] | None = None
) -> bytes:
    profiles = parse_profiles(profile, "jpeg")
    (made,) = render(original, profiles, Limits(), keep_colour=keep, focus=focus)
    return made.body


def sides(gain: Image.Image) -> tuple[int, int]:
    """How bright the middle of the map's left half is, and of its right half."""
    grey = gain.convert("L")
    middle = grey.height // 2
    row = grey.crop((0, middle, grey.width, middle + 1)).tobytes()
    return row[len(row) // 4], row[len(row) * 3 // 4]


def has_map(body: bytes) -> bool:
    try:
        high_range.read(body)
    except subprocess.CalledProcessError:
        return False
    return True


def test_a_rendition_has_its_map_and_what_it_means(original: bytes) -> None:
    before, whole = high_range.read(original)
    after, small = high_range.read(rendition(original, "one=160"))
    for name in ("max-content-boost", "min-content-boost", "gamma", "hdr-capacity-max"):
        assert after[f"gainmap-{name}"] == pytest.approx(before[f"gainmap-{name}"], rel=1e-3)
    assert small.width == pytest.approx(whole.width / 2, abs=1)
    assert sides(small) == pytest.approx(sides(whole), abs=4)
    left, right = sides(small)
    assert left > right + 60


def test_the_map_turns_with_the_picture(original: bytes) -> None:
    _, half_turned = high_range.read(rendition(high_range.turned(original, 3), "one=160"))
    left, right = sides(half_turned)
    assert right > left + 60
    _, upright = high_range.read(rendition(high_range.turned(original, 6), "one=160"))
    assert upright.height > upright.width


@pytest.mark.parametrize(("focus", "side"), [((0.1, 0.5), 0), ((0.9, 0.5), 1)])
def test_the_map_is_cut_as_the_picture_is(
    original: bytes, focus: tuple[float, float], side: int
) -> None:
    _, whole = high_range.read(original)
    _, part = high_range.read(rendition(original, "one=60x120:cover", focus=focus))
    assert sides(part) == pytest.approx((sides(whole)[side],) * 2, abs=6)


def test_nothing_else_has_one(original: bytes) -> None:
    assert not has_map(rendition(original, "one=160", keep=False))
    assert not has_map(rendition(original, "one=160x160:contain"))
    assert b"hdrgm" not in rendition(original, "one=160:webp")


def test_a_reader_that_knows_nothing_of_maps_shows_the_picture(original: bytes) -> None:
    kept, plain = (rendition(original, "one=160", keep=keep) for keep in (True, False))
    with_map = Image.open(io.BytesIO(kept))
    without = Image.open(io.BytesIO(plain))
    assert with_map.tobytes() == without.tobytes()


def test_a_bound_on_bytes_holds_for_both_together(original: bytes) -> None:
    assert len(rendition(original, "one=160:4kb")) <= 4_000
    assert not has_map(rendition(original, "one=160:1kb"))


@pytest.mark.parametrize("seed", range(30))
def test_a_torn_directory_costs_the_map_at_most(original: bytes, seed: int) -> None:
    at = original.index(b"MPF\0")
    chance = random.Random(seed)
    torn = bytearray(original)
    for _ in range(3):
        torn[at + 4 + chance.randrange(82)] = chance.randrange(256)
    assert rendition(bytes(torn), "one=64")


@pytest.mark.parametrize("seed", range(20))
def test_a_map_that_lies_does_no_harm(original: bytes, seed: int) -> None:
    start = original.rindex(b"\xff\xd8\xff")
    damaged = mutated(original[start:], original[::-1], random.Random(seed))
    try:
        assert rendition(original[:start] + damaged, "one=64")
    except Unprocessable:
        pytest.fail("the picture itself is whole")
