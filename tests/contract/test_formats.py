"""Every format that docs promise is recognised at the door, and by who reads it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from made.heads import LEFT_OUT, PICTURES, STREAMS

from mediamill.domain.detect import HEAD_BYTES, detect, kind_of
from mediamill.domain.image.reading.containers import detect as decodable
from mediamill.domain.kind import Kind
from mediamill.domain.metadata import MetadataRecord, describe
from mediamill.domain.signatures import MEDIA_TYPES, format_of

DOCS = Path(__file__).parents[2] / "docs"
NO_PICTURES = {"PostScript", "EPS", "DICOM"}


def promised(page: str, pattern: str) -> set[str]:
    """The names of formats in the parts of a page that `pattern` finds."""
    text = (DOCS / page).read_text()
    found = re.findall(pattern, text, re.MULTILINE | re.DOTALL)
    assert found, f"{page} has no such part any more"
    names = {
        name.strip()
        for part in found
        for name in re.split(r",|\band\b|/(?=P[GB]M)", re.sub(r"\([^)]*\)", "", part))
    }
    return {name for name in names if name}


def test_every_picture_that_docs_promise_has_an_example_here() -> None:
    table = promised("pictures.md", r"^\| ([A-Z][^|]*) \| [^|]+\|$(?=[\s\S]*Left out)")
    assert table <= PICTURES.keys(), table - PICTURES.keys()
    left_out = promised("pictures.md", r"Left out, with `unsupported`: (.*?)\.\n")
    assert {re.sub(r" scans$", "", name) for name in left_out} <= LEFT_OUT.keys(), left_out


def test_every_kind_of_stream_that_docs_promise_has_an_example_here() -> None:
    (row,) = re.findall(
        r"^Containers of sound and video: (.*?)\.$", text("metadata.md"), re.M | re.S
    )
    names = {name.strip() for name in row.replace("\n", " ").split(",")}
    assert names == STREAMS.keys()


def text(page: str) -> str:
    return (DOCS / page).read_text()


@pytest.mark.parametrize("name", [*PICTURES, *LEFT_OUT, *STREAMS])
def test_a_promised_format_is_recognised_at_the_door(name: str) -> None:
    head, extension, content_type = (PICTURES | LEFT_OUT | STREAMS)[name]
    found = detect(head[:HEAD_BYTES], f"file.{extension}" if extension else "file")
    assert found.content_type == content_type
    kinds = {Kind.IMAGE} if name in PICTURES or name in LEFT_OUT else {Kind.VIDEO, Kind.AUDIO}
    assert found.kind in ({Kind.OTHER} if name in NO_PICTURES else kinds)


@pytest.mark.parametrize("name", PICTURES)
def test_a_promised_picture_has_a_decoder(name: str) -> None:
    assert decodable(PICTURES[name][0]) is not None


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_picture_that_is_left_out_has_none(name: str) -> None:
    assert decodable(LEFT_OUT[name][0]) is None


def described(name: str) -> MetadataRecord:
    head, extension, content_type = (PICTURES | LEFT_OUT)[name]
    return describe(
        io.BytesIO(head),
        key=f"a.{extension}",
        size=len(head),
        kind=kind_of(content_type),
        content_type=content_type,
    )


@pytest.mark.parametrize("name", PICTURES)
def test_a_promised_picture_has_a_reader_of_its_header(name: str) -> None:
    record = described(name)
    assert record.format is not None
    assert record.format in MEDIA_TYPES
    assert not any("like no picture" in problem.message for problem in record.problems)


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_picture_that_is_left_out_is_said_to_be_unsupported(name: str) -> None:
    record = described(name)
    if name not in ("PostScript", "PFM"):  # a program; a header that is as simple as PPM's
        assert [problem.code for problem in record.problems] == ["unsupported"]
        assert record.format is not None


def test_every_signature_has_a_media_type() -> None:
    heads = [head for head, _, _ in (PICTURES | LEFT_OUT | STREAMS).values()]
    names = {name for head in heads if (name := format_of(head)) is not None}
    assert names <= MEDIA_TYPES.keys()
    assert len(names) > 40
