"""The command line against a running stack, as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from made import records
from made.pictures import jpeg
from made.pipeline import Pipeline

from mediamill.aws.items import to_item
from mediamill.domain.asset import Step

pytestmark = pytest.mark.e2e

MEDIAMILL = Path(sys.executable).with_name("mediamill")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def mediamill(pipeline: Pipeline, tmp_path: Path) -> Run:
    """Runs the command in an empty folder, on the session's stack."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [str(MEDIAMILL), *arguments, "--state", str(pipeline.local.folder.root)]
        return subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, timeout=180, check=False
        )

    return run


def test_upload_waits_for_a_folder_and_shows_what_became_of_each_file(
    mediamill: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "a folder" / "inner"
    folder.mkdir(parents=True)
    (folder / "one.jpg").write_bytes(jpeg(640, 480))
    (folder.parent / "two.bin").write_bytes(bytes(range(256)))
    done = mediamill("upload", "--wait", "a folder")
    assert done.returncode == 0, done.stderr
    rows = {line.split("  ")[0]: line.split() for line in done.stdout.splitlines()}
    assert rows["file"] == ["file", "kind", "status", "derivatives", "in", "out", "time"]
    assert rows["a folder/inner/one.jpg"][2:5] == ["image", "complete", "4"]
    assert rows["a folder/two.bin"][2:5] == ["other", "complete", "1"]


def test_a_file_that_cannot_be_processed_has_a_sentence_and_exit_code_1(
    mediamill: Run, tmp_path: Path
) -> None:
    (tmp_path / "torn.jpg").write_bytes(jpeg(640, 480)[:300])
    done = mediamill("upload", "--wait", "torn.jpg")
    assert done.returncode == 1
    (sentence,) = [line for line in done.stdout.splitlines() if line.startswith(("✗", "!"))]
    assert "torn.jpg" in sentence
    assert "image:" in sentence
    lenient = mediamill("upload", "--wait", "--lenient", "torn.jpg")
    assert lenient.returncode == 0
    assert mediamill("status", "torn.jpg").returncode == 1
    for options, listed in (
        (["--status", "partial", "--kind", "image"], ["torn.jpg"]),
        (["--status", "complete"], []),
        (["--kind", "other"], []),
    ):
        rows = json.loads(mediamill("ls", "torn", "--json", *options).stdout)
        assert [row["key"] for row in rows] == listed


def test_json_can_be_read_by_a_machine(mediamill: Run, tmp_path: Path) -> None:
    (tmp_path / "machine.jpg").write_bytes(jpeg(640, 480))
    (uploaded,) = json.loads(mediamill("upload", "--wait", "--json", "machine.jpg").stdout)
    assert uploaded["status"] == "complete"
    assert {row["name"] for row in uploaded["derivatives"]} == {
        "metadata", "thumbnail", "medium", "large",
    }  # fmt: skip
    assert json.loads(mediamill("status", "machine.jpg", "--json").stdout) == uploaded
    (row,) = json.loads(mediamill("ls", "machine", "--json").stdout)
    assert (row["key"], row["kind"], row["status"]) == ("machine.jpg", "image", "complete")
    fetched = json.loads(mediamill("get", "machine.jpg", "--json").stdout)
    assert {result["key"].split("/")[0] for result in fetched} == {
        "manifest", "metadata", "thumbnail", "medium", "large",
    }  # fmt: skip
    assert all((tmp_path / result["path"]).is_file() for result in fetched)


@pytest.mark.parametrize("name", ["a b+c %41.jpg", "100%#1?.jpg", "🎉 é.jpg", "e\u0301.jpg"])
def test_an_odd_name_comes_back_as_it_was(mediamill: Run, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(jpeg(320, 240))
    key = f"odd/../{name}"
    assert mediamill("upload", "--wait", "--prefix", "odd/../", name).returncode == 0
    assert mediamill("status", key).returncode == 0
    done = mediamill("get", f"thumbnail/{key}.webp", "--output", "got")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "got" / "thumbnail" / "odd" / "%2E%2E" / f"{name}.webp").is_file()


def test_a_large_file_goes_in_parts(mediamill: Run, pipeline: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "large.bin").write_bytes(bytes(33_000_000))
    assert mediamill("upload", "--wait", "large.bin").returncode == 0
    stored = pipeline.stack.s3.head_object(Bucket=pipeline.stack.uploads, Key="large.bin")
    assert stored["ContentLength"] == 33_000_000
    assert stored["ETag"].endswith('-3"')


def test_status_says_when_it_has_waited_long_enough(mediamill: Run, pipeline: Pipeline) -> None:
    slow = records.record(asset=records.asset("slow.jpg"), steps={"image": Step()})
    pipeline.stack.dynamodb.put_item(
        TableName=pipeline.stack.output("AssetsTableName"), Item=to_item(slow)
    )
    done = mediamill("status", "--wait", "--timeout", "1", "slow.jpg")
    assert done.returncode == 1
    assert "Not done after 1 s" in done.stderr
    assert "processing" in done.stdout


def test_open_prints_a_link_that_works(mediamill: Run, tmp_path: Path) -> None:
    (tmp_path / "linked.jpg").write_bytes(jpeg(640, 480))
    mediamill("upload", "--wait", "linked.jpg")
    link = mediamill("open", "--print", "linked.jpg", "--show", "thumbnail").stdout.strip()
    with urllib.request.urlopen(link, timeout=10) as response:
        assert response.headers["Content-Type"] == "image/webp"
    missing = mediamill("open", "--print", "linked.jpg", "--show", "text")
    assert missing.returncode == 1
    assert "It has: " in missing.stderr


def test_rm_takes_everything_along(mediamill: Run, pipeline: Pipeline, tmp_path: Path) -> None:
    (tmp_path / "gone.jpg").write_bytes(jpeg(640, 480))
    mediamill("upload", "--wait", "gone.jpg")
    done = mediamill("rm", "--wait", "gone.jpg")
    assert done.returncode == 0, done.stderr
    assert pipeline.results("gone.jpg") == set()
    assert json.loads(mediamill("ls", "gone", "--json").stdout) == []
    assert mediamill("status", "gone.jpg").returncode == 1
    again = mediamill("rm", "gone.jpg")
    assert again.returncode == 1
    assert "nothing was removed" in again.stderr
