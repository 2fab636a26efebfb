"""Which files an upload takes, and under which keys."""

from pathlib import Path

import pytest

from mediamill_cli.errors import Usage
from mediamill_cli.sources import find_sources


@pytest.fixture
def holiday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "holiday"
    (folder / "day 1").mkdir(parents=True)
    (folder / "a+b.jpg").write_bytes(b"12")
    (folder / "day 1" / "é.png").write_bytes(b"123")
    (folder / ".hidden").write_bytes(b"1")
    monkeypatch.chdir(tmp_path)
    return folder


def keys(*paths: str | Path, prefix: str = "") -> list[str]:
    return sorted(source.key for source in find_sources([Path(path) for path in paths], prefix))


def test_a_relative_path_is_the_key(holiday: Path) -> None:
    assert keys("holiday") == ["holiday/a+b.jpg", "holiday/day 1/é.png"]
    assert keys("holiday/a+b.jpg") == ["holiday/a+b.jpg"]


def test_the_working_directory_itself_adds_nothing(
    holiday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(holiday)
    assert keys(".") == ["a+b.jpg", "day 1/é.png"]


def test_a_path_from_elsewhere_keeps_its_last_folder(
    holiday: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert keys(holiday) == ["holiday/a+b.jpg", "holiday/day 1/é.png"]
    assert keys(holiday / "a+b.jpg") == ["a+b.jpg"]
    monkeypatch.chdir(holiday / "day 1")
    assert keys("../../holiday") == ["holiday/a+b.jpg", "holiday/day 1/é.png"]


def test_a_prefix_stands_before_every_key(holiday: Path) -> None:
    assert keys("holiday/a+b.jpg", prefix="2026/") == ["2026/holiday/a+b.jpg"]


def test_the_size_is_the_files(holiday: Path) -> None:
    assert {source.bytes for source in find_sources([Path("holiday")])} == {2, 3}


def test_the_same_file_twice_is_sent_once(holiday: Path) -> None:
    assert len(keys("holiday", "holiday/a+b.jpg")) == 2


def test_two_files_for_one_key_are_refused(holiday: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a+b.jpg").write_bytes(b"1")
    with pytest.raises(Usage, match="would both become"):
        keys(holiday / "a+b.jpg", other / "a+b.jpg")


def test_a_missing_path_is_refused(holiday: Path) -> None:
    with pytest.raises(Usage, match="There is no nothing"):
        keys("nothing")


def test_a_folder_without_files_is_refused(holiday: Path) -> None:
    (holiday / "empty").mkdir()
    with pytest.raises(Usage, match="no files in it"):
        keys("holiday/empty")


def test_a_key_longer_than_s3_takes_is_refused(holiday: Path) -> None:
    assert keys("holiday/a+b.jpg", prefix="p" * (1024 - 15))
    with pytest.raises(Usage, match="would have 1025 bytes; S3 takes 1024"):
        keys("holiday/a+b.jpg", prefix="p" * (1024 - 14))


def test_a_name_that_is_no_utf_8_is_refused(holiday: Path) -> None:
    broken = Path("holiday/\udcff.jpg")
    try:
        broken.write_bytes(b"1")
    except (OSError, UnicodeEncodeError):
        pytest.skip("this file system takes no such name")
    with pytest.raises(Usage, match="not valid UTF-8"):
        keys("holiday")


def test_a_link_to_a_folder_above_ends(holiday: Path) -> None:
    (holiday / "day 1" / "up").symlink_to(holiday, target_is_directory=True)
    assert keys("holiday") == ["holiday/a+b.jpg", "holiday/day 1/é.png"]


def test_a_linked_folder_keeps_the_name_it_was_given_by(tmp_path: Path) -> None:
    (tmp_path / "releases" / "7").mkdir(parents=True)
    (tmp_path / "releases" / "7" / "a.txt").write_text("a")
    (tmp_path / "current").symlink_to(tmp_path / "releases" / "7")
    assert [source.key for source in find_sources([tmp_path / "current"])] == ["current/a.txt"]


def test_a_folder_that_may_not_be_read_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path) -> list[Path]:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(Usage, match=f"{tmp_path} cannot be read: Permission denied"):
        find_sources([tmp_path])
