"""A true record for every file, however little there is to say."""

from __future__ import annotations

import hashlib
import io

import pytest

from mediamill.domain.kind import Kind
from mediamill.domain.metadata import MetadataRecord, describe
from mediamill.domain.stored import StoredFacts
from mediamill.domain.wire import to_json


def described(body: bytes, key: str, kind: Kind, content_type: str) -> MetadataRecord:
    return describe(io.BytesIO(body), key=key, size=len(body), kind=kind, content_type=content_type)


def problems(record: MetadataRecord) -> list[str]:
    return [problem.code for problem in record.problems]


@pytest.mark.parametrize("kind", list(Kind))
def test_an_empty_file_is_described_as_empty(kind: Kind) -> None:
    record = described(b"", "a.mp4", kind, "application/octet-stream")
    assert (record.bytes, problems(record)) == (0, ["empty"])


def test_a_text_file_has_its_size_type_and_extension() -> None:
    record = described(b"hello\n", "notes/a.csv", Kind.OTHER, "text/plain")
    assert record.bytes == 6
    assert record.extension is not None
    assert (record.extension.content_type, record.extension.agrees) == ("text/csv", True)
    assert not record.problems


def test_an_extension_that_lies_is_told() -> None:
    record = described(b"hello\n", "a.jpg", Kind.OTHER, "text/plain")
    assert record.extension is not None
    assert record.extension.agrees is False


def test_the_digest_is_made_only_when_asked_for() -> None:
    body = b"hello\n" * 1000
    asked = describe(
        io.BytesIO(body),
        key="a.txt",
        size=len(body),
        kind=Kind.OTHER,
        content_type="text/plain",
        digest=True,
    )
    assert asked.sha256 == hashlib.sha256(body).hexdigest()
    assert described(body, "a.txt", Kind.OTHER, "text/plain").sha256 is None


def test_what_s3_says_is_in_the_record() -> None:
    stored = StoredFacts(etag="abc", checksums={"CRC32": "AAAAAA=="}, storage_class="STANDARD")
    record = describe(
        io.BytesIO(b"x"),
        key="a",
        size=1,
        kind=Kind.OTHER,
        content_type="text/plain",
        stored=stored,
    )
    assert to_json(record)["stored"] == {
        "etag": "abc",
        "checksums": {"CRC32": "AAAAAA=="},
        "storage_class": "STANDARD",
    }


class BrokenLine(io.BytesIO):
    def read(self, size: int | None = -1, /) -> bytes:
        raise ConnectionError("reset")


@pytest.mark.parametrize("kind", [Kind.VIDEO, Kind.IMAGE, Kind.DOCUMENT, Kind.OFFICE])
def test_a_lost_connection_is_not_taken_for_a_broken_file(kind: Kind) -> None:
    with pytest.raises(ConnectionError):
        describe(BrokenLine(b"abc"), key="a", size=3, kind=kind, content_type="video/mp4")


def test_a_reader_s_own_fault_costs_only_what_it_would_have_read(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fault(*_: object) -> None:
        raise AttributeError("nobody thought of this")

    monkeypatch.setattr("mediamill.domain.metadata.pictures.read.read_picture", fault)
    record = described(b"\xff\xd8\xff", "a.jpg", Kind.IMAGE, "image/jpeg")
    assert problems(record) == ["broken_file"]
    assert "nobody thought of this" in caplog.text
