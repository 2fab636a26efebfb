"""One S3 object version as a file: what is fetched, what is kept, and how it fails."""

from __future__ import annotations

import io
import random

import pytest
from botocore.exceptions import ClientError, IncompleteReadError
from made.remote import Bucket, reader

from mediamill.aws.ranged import KIB, MIB, OriginalChanged, OriginalGone


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": code}}, "GetObject")


CONTENT = random.Random(7).randbytes(3 * MIB + 12_345)


def test_reads_what_a_local_file_reads_wherever_it_is_asked() -> None:
    chance = random.Random(11)
    remote, local = reader(Bucket(CONTENT), cache=512 * KIB), io.BytesIO(CONTENT)
    for _ in range(400):
        whence = chance.choice([io.SEEK_SET, io.SEEK_CUR, io.SEEK_END])
        offset = {
            io.SEEK_SET: chance.randrange(len(CONTENT) + 100),
            io.SEEK_CUR: chance.randrange(5_000),
            io.SEEK_END: -chance.randrange(len(CONTENT)),
        }[whence]
        assert remote.seek(offset, whence) == local.seek(offset, whence)
        length = chance.choice([0, 1, 10, 5_000, 200_000])
        assert remote.read(length) == local.read(length)
        assert remote.tell() == local.tell()


def test_the_whole_object_is_read_in_order_by_ever_larger_requests() -> None:
    bucket = Bucket(CONTENT)
    file = reader(bucket)
    parts = iter(lambda: file.read(64 * KIB), b"")
    assert b"".join(parts) == CONTENT
    assert file.bytes_read == len(CONTENT)
    assert file.requests == len(bucket.asked) < 10


def test_a_jump_costs_one_block_and_a_second_look_nothing() -> None:
    file = reader(Bucket(CONTENT))
    file.seek(2 * MIB + 5)
    file.read(10)
    assert (file.requests, file.bytes_read) == (1, 64 * KIB)
    file.seek(2 * MIB)
    file.read(1000)
    assert file.requests == 1


def test_what_was_used_last_is_kept_longest() -> None:
    file = reader(Bucket(CONTENT), cache=128 * KIB)
    for block in (0, 10, 0, 20, 0):
        file.seek(block * 64 * KIB)
        file.read(1)
    assert file.requests == 3
    file.seek(10 * 64 * KIB)
    file.read(1)
    assert file.requests == 4


def test_nothing_is_asked_for_past_the_end() -> None:
    bucket = Bucket(b"short")
    file = reader(bucket)
    assert file.read(1_000_000) == b"short"
    assert file.read(10) == b""
    file.seek(99)
    assert file.read(10) == b""
    assert [asked["Range"] for asked in bucket.asked] == ["bytes=0-4"]


def test_an_empty_object_is_never_asked_for() -> None:
    bucket = Bucket(b"")
    assert reader(bucket).read() == b""
    assert bucket.asked == []


def test_every_request_names_the_entity_tag() -> None:
    bucket = Bucket(CONTENT)
    reader(bucket, version_id="v1").read(1)
    assert bucket.asked[0]["IfMatch"] == '"one"'


def test_the_version_is_named_once_another_has_taken_its_place() -> None:
    bucket = Bucket(CONTENT)
    bucket.errors = [refusal("PreconditionFailed")]
    file = reader(bucket, version_id="v1")
    assert file.read(5) == CONTENT[:5]
    assert bucket.asked[-1]["VersionId"] == "v1"


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchVersion", "MethodNotAllowed", "404"])
def test_an_object_that_is_gone_says_so(code: str) -> None:
    bucket = Bucket(CONTENT)
    bucket.errors = [refusal(code)]
    with pytest.raises(OriginalGone, match=r"s3://uploads/a\.mp4 is gone"):
        reader(bucket).read(1)


@pytest.mark.parametrize("code", ["PreconditionFailed", "412", "InvalidRange"])
def test_an_object_that_changed_says_so(code: str) -> None:
    bucket = Bucket(CONTENT)
    bucket.errors = [refusal(code)]
    with pytest.raises(OriginalChanged, match="has changed"):
        reader(bucket).read(1)


def test_other_bytes_behind_the_same_key_are_never_mixed_in() -> None:
    bucket = Bucket(CONTENT)
    file = reader(bucket)
    file.read(1)
    bucket.etag = "two"
    file.seek(2 * MIB)
    with pytest.raises(OriginalChanged):
        file.read(1)


def test_another_size_is_a_change() -> None:
    with pytest.raises(OriginalChanged, match="bytes long"):
        reader(Bucket(CONTENT), size=len(CONTENT) + 1).read(1)


def test_what_trying_again_may_help_is_raised_as_it_is() -> None:
    bucket = Bucket(CONTENT)
    bucket.errors = [refusal("SlowDown")]
    with pytest.raises(ClientError, match="SlowDown"):
        reader(bucket).read(1)


def test_a_connection_that_breaks_is_tried_again_three_times() -> None:
    broken = IncompleteReadError(actual_bytes=1, expected_bytes=2)
    bucket = Bucket(CONTENT)
    bucket.errors = [broken, broken]
    file = reader(bucket)
    assert file.read(5) == CONTENT[:5]
    assert file.requests == 3
    bucket.errors = [broken] * 3
    file.seek(2 * MIB)
    with pytest.raises(IncompleteReadError):
        file.read(5)


def test_a_file_read_all_over_the_place_is_fetched_once_whole() -> None:
    bucket = Bucket(CONTENT)
    file = reader(bucket, cache=128 * KIB, spool_after=4)
    for block in (0, 40, 3, 30, 7, 20, 11, 2, 44, 5):
        file.seek(block * 64 * KIB)
        assert file.read(100) == CONTENT[block * 64 * KIB :][:100]
    assert file.requests == 5
    assert bucket.asked[-1]["Range"] == f"bytes=0-{len(CONTENT) - 1}"


def test_a_file_too_large_for_the_disk_stays_remote() -> None:
    file = reader(Bucket(CONTENT), cache=128 * KIB, spool_after=2, spool_limit=MIB)
    for block in (0, 40, 3, 30, 7, 20):
        file.seek(block * 64 * KIB)
        file.read(100)
    assert file.requests == 6
    assert file.bytes_read < MIB


def test_reading_from_a_closed_file_is_a_mistake() -> None:
    file = reader(Bucket(CONTENT))
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.read(1)


def test_it_is_a_file_to_those_who_ask() -> None:
    file = reader(Bucket(CONTENT))
    assert file.readable()
    assert file.seekable()
    buffered = io.BufferedReader(file)
    assert buffered.read(70_000) == CONTENT[:70_000]
