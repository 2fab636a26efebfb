"""A parser's fault ends in a record; only the transport's own errors are tried again."""

from __future__ import annotations

import io
import json
import random

import pytest
from botocore.exceptions import EndpointConnectionError
from made.pdf import document, pdf, stream
from made.remote import Bucket, reader
from made.structures import STRUCTURES

from mediamill.domain.detect import kind_of
from mediamill.domain.metadata import MetadataRecord, describe
from mediamill.domain.metadata.reading.guard import GuardedFile
from mediamill.domain.wire import to_json


def described(body: bytes, content_type: str) -> MetadataRecord:
    """As the function describes: by ranges."""
    record = describe(
        reader(Bucket(body)),
        key="a",
        size=len(body),
        kind=kind_of(content_type),
        content_type=content_type,
    )
    json.dumps(to_json(record), allow_nan=False).encode()
    return record


def codes(record: MetadataRecord) -> list[str]:
    return [problem.code for problem in record.problems]


@pytest.mark.parametrize(
    "depth", [500, 900, 990, 5_000], ids=lambda depth: f"{depth} arrays in each other"
)
def test_a_pdf_of_nested_arrays_gets_a_record(depth: int) -> None:
    body = document([b""], catalog_entries=b"/OpenAction " + b"[" * depth + b"]" * depth)
    record = described(body, "application/pdf")
    assert codes(record) in ([], ["broken_document"])
    assert record.document is not None


@pytest.mark.parametrize(
    "length", [b"44.0", b"1e3", b"(9)", b"[1]", b"-5", b"99999999999999999999"]
)
def test_a_pdf_whose_length_is_no_whole_number_gets_a_record(length: bytes) -> None:
    content = b"<</Length %b/Type/Metadata>>stream\nBT (x) Tj ET\nendstream" % length
    body = pdf({1: b"<</Type/Catalog/Metadata 2 0 R/Pages 3 0 R>>", 2: content, 3: stream(b"")})
    assert set(codes(described(body, "application/pdf"))) <= {"broken_document"}


@pytest.mark.parametrize("wrong", [1.5, "4", [1], object()], ids=type)
def test_a_read_of_no_number_is_the_parsers_fault(wrong: object) -> None:
    guarded = GuardedFile(reader(Bucket(bytes(100))))
    with pytest.raises(TypeError):
        guarded.read(wrong)  # type: ignore[arg-type]
    guarded.reraise()
    assert len(guarded.read(10)) == 10


def test_a_stack_that_is_used_up_is_the_parsers_fault() -> None:
    guarded = GuardedFile(reader(Bucket(bytes(200_000))))

    def deeper(at: int) -> None:
        guarded.seek(at * 7 % 200_000)
        guarded.read(1)
        deeper(at + 1)

    with pytest.raises(RecursionError):
        deeper(0)
    guarded.reraise()


def test_the_transport_has_frames_left_where_the_parser_has_none() -> None:
    class Deep(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            def below(frames: int) -> bytes:
                return below(frames - 1) if frames else bytes(1)

            try:
                return below(200)
            except RecursionError as error:  # as clients wrap whatever happens below them
                raise ConnectionError("the connection broke") from error

    guarded = GuardedFile(Deep(bytes(9)))

    def deeper() -> None:
        guarded.read(1)
        deeper()

    with pytest.raises(RecursionError):
        deeper()
    guarded.reraise()


@pytest.mark.parametrize("name", STRUCTURES)
def test_a_lost_connection_is_tried_again_whatever_the_format(name: str) -> None:
    make, content_type = STRUCTURES[name]
    body = make(random.Random(1))
    bucket = Bucket(body)
    bucket.errors = [EndpointConnectionError(endpoint_url="https://s3") for _ in range(20)]
    with pytest.raises(EndpointConnectionError):
        describe(
            reader(bucket),
            key="a",
            size=len(body),
            kind=kind_of(content_type),
            content_type=content_type,
        )


@pytest.mark.parametrize("name", STRUCTURES)
@pytest.mark.parametrize("seed", range(25))
def test_a_structure_of_any_shape_gives_a_record(name: str, seed: int) -> None:
    make, content_type = STRUCTURES[name]
    record = described(make(random.Random(f"{name} {seed}")), content_type)
    assert "broken_file" not in codes(record)
