"""Where a downloaded result lies: at the path its key is, and never outside the folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediamill_cli.fetch import local_path

FOLDER = Path("/results")


def test_an_ordinary_key_is_the_path() -> None:
    key = "thumbnail/day 1/a+b %41 #1?é🎉.jpg.webp"
    assert local_path(FOLDER, key) == FOLDER / key


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("large/a/../b.jpg.webp", "large/a/%2E%2E/b.jpg.webp"),
        ("large/../../../etc/passwd", "large/%2E%2E/%2E%2E/%2E%2E/etc/passwd"),
        ("/etc/passwd", "%/etc/passwd"),
        ("large/a//b.webp", "large/a/%/b.webp"),
        ("large/./b.webp", "large/%2E/b.webp"),
        ("large/a\\b\n.webp", "large/a%5Cb%0A.webp"),
    ],
)
def test_what_a_folder_cannot_hold_is_spelled_out(key: str, path: str) -> None:
    assert local_path(FOLDER, key) == FOLDER / path


def test_a_long_name_is_shortened_and_stays_its_own() -> None:
    paths = [local_path(FOLDER, f"text/{'é' * 400}{end}.txt") for end in "ab"]
    assert paths[0] != paths[1]
    for path in paths:
        assert len(path.name.encode()) <= 255
        assert path.suffix == ".txt"


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200))
def test_no_key_leaves_the_folder(key: str) -> None:
    path = local_path(FOLDER, key)
    assert path != FOLDER
    assert path.is_relative_to(FOLDER)
    assert not {".", ".."} & set(path.relative_to(FOLDER).parts)
    assert "\0" not in str(path)
