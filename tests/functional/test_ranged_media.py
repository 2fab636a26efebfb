"""Five gigabytes described by a few requests, through boto3, from a server of byte ranges."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from made.media import sparse_mkv, sparse_mp4
from made.ranges import BUCKET, Store, serving

from mediamill.aws.ranged import MIB, OriginalChanged, OriginalGone, RangedFile
from mediamill.domain.kind import Kind
from mediamill.domain.metadata import describe

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "av"
SIZE = 5_000_000_000

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(not CORPUS.exists(), reason="no corpus beside the project"),
]


@pytest.mark.parametrize("name", ["testVideoMp4.mp4", "testMKV.mkv"])
def test_five_gigabytes_are_described_within_twelve_requests_and_four_megabytes(
    name: str, tmp_path: Path
) -> None:
    large = tmp_path / name
    (sparse_mp4 if name.endswith("mp4") else sparse_mkv)(CORPUS / name, large, SIZE)
    store = Store(files={name: large})
    with serving(store) as client:
        file = RangedFile(client, BUCKET, name, size=large.stat().st_size, etag=store.etag(large))
        record = describe(file, key=name, size=file.size, kind=Kind.VIDEO, content_type="video/mp4")
    assert record.bytes == pytest.approx(SIZE, rel=0.01)
    assert (record.width, record.height) == (320, 240)
    assert record.video is not None and record.video.codec == "h264"
    assert record.audio is not None and record.audio.codec == "aac"
    assert record.duration and record.duration > 1
    assert not record.problems
    assert file.requests == len(store.log) <= 12
    assert file.bytes_read <= 4 * MIB


# Peak memory before and after, as the kernel counts it in kilobytes: the process's own, and what
# the child of native code has on top of what they share.
_MEASURE = """
import resource, sys
from pathlib import Path
import pymediainfo
from mediamill.aws.ranged import RangedFile
from mediamill.domain.kind import Kind
from mediamill.domain.metadata import describe
from made.ranges import BUCKET, Store, serving

path = Path(sys.argv[1])
store = Store(files={"a.mp4": path})
peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with serving(store) as client:
    file = RangedFile(client, BUCKET, "a.mp4", size=path.stat().st_size, etag=store.etag(path))
    idle = peak()
    describe(file, key="a.mp4", size=file.size, kind=Kind.VIDEO, content_type="video/mp4")
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(peak() - idle + max(0, child - idle))
"""


def test_five_gigabytes_are_described_in_little_memory(tmp_path: Path) -> None:
    large = tmp_path / "a.mp4"
    sparse_mp4(CORPUS / "testVideoMp4.mp4", large, SIZE)
    root = Path(__file__).parents[2]
    measured = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(large)],
        cwd=root,
        env={"PYTHONPATH": str(root / "tests"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert int(measured.stdout) * 1024 < 64 * MIB


def test_the_digest_of_a_remote_file_is_its_own(tmp_path: Path) -> None:
    body = (CORPUS / "testVideoMp4.mp4").read_bytes()
    path = tmp_path / "a.mp4"
    path.write_bytes(body)
    store = Store(files={"a.mp4": path})
    with serving(store) as client:
        file = RangedFile(client, BUCKET, "a.mp4", size=len(body))
        record = describe(
            file,
            key="a.mp4",
            size=len(body),
            kind=Kind.OTHER,
            content_type="application/octet-stream",
            digest=True,
        )
    assert record.sha256 == hashlib.sha256(body).hexdigest()


def test_a_change_between_two_reads_is_noticed_by_the_server(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(10 * MIB))
    store = Store(files={"a.bin": path})
    with serving(store) as client:
        file = RangedFile(client, BUCKET, "a.bin", size=10 * MIB, etag=store.etag(path))
        file.read(1)
        path.write_bytes(b"\1" * 10 * MIB)
        file.seek(5 * MIB)
        with pytest.raises(OriginalChanged):
            file.read(1)
        path.unlink()
        with pytest.raises(OriginalGone):
            file.read(1)


def test_a_version_is_read_though_the_key_has_gone_on(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.write_bytes(b"old")
    new.write_bytes(b"new bytes")
    store = Store(files={"a": new}, versions={"v1": old})
    with serving(store) as client:
        assert RangedFile(client, BUCKET, "a", size=3, version_id="v1").read() == b"old"


def test_a_body_that_breaks_off_is_asked_for_again(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc" * 1000)
    store = Store(files={"a": path}, cut_after=100)
    with serving(store) as client:
        file = RangedFile(client, BUCKET, "a", size=3000)
        assert file.read() == b"abc" * 1000
        assert file.requests == 2
