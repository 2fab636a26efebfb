"""How much of a large file is asked for: at most sixteen ranges and four megabytes of any format.

What has an index is allowed the index besides.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable

import pytest
from made.heads import box
from made.pdf import document, stream
from made.planted import sound
from made.remote import Bucket, reader
from made.sounds import adts, frame, id3, mp3
from PIL import Image

from mediamill.aws.ranged import MIB
from mediamill.domain.detect import HEAD_BYTES, detect
from mediamill.domain.metadata import MetadataRecord, describe


def asked(body: bytes, key: str) -> tuple[MetadataRecord, int, int]:
    """The record, and the requests and bytes that it took."""
    found = detect(body[:HEAD_BYTES], key)
    file = reader(Bucket(body))
    record = describe(
        file, key=key, size=len(body), kind=found.kind, content_type=found.content_type
    )
    return record, file.requests, file.bytes_read


def tiff_of_pages(pages: int, apart: int) -> bytes:
    body = bytearray(8 + pages * apart)
    body[:8] = b"II*\0" + struct.pack("<I", 8)
    for page in range(pages):
        at = 8 + page * apart
        entries = [(256, 3, 1, 80), (257, 3, 1, 60), (258, 3, 1, 8), (277, 3, 1, 1)]
        rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
        following = at + apart if page + 1 < pages else 0
        directory = struct.pack("<H", len(entries)) + rows + struct.pack("<I", following)
        body[at : at + len(directory)] = directory
    return bytes(body)


def webp_of_frames(frames: int, apart: int) -> bytes:
    canvas = b"VP8X" + struct.pack("<I", 10) + bytes([2, 0, 0, 0]) + bytes([79, 0, 0, 59, 0, 0])
    chunk = b"ANMF" + struct.pack("<I", apart - 8) + bytes(apart - 8)
    body = b"WEBP" + canvas + chunk * frames
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pdf_of_pages(pages: int, apart: int) -> bytes:
    more = {index: stream(bytes(apart)) for index in range(10, 10 + pages)}
    return document([b"BT /F 9 Tf (x) Tj ET"] * pages, more=more)


def avi(frames: int, size: int) -> bytes:
    """Raw pictures, interleaved with a second's sound each, and an index at the end."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)

    def listed(name: bytes, content: bytes) -> bytes:
        return chunk(b"LIST", name + content)

    header = struct.pack("<14I", 40_000, 0, 0, 16, frames, 0, 1, size, 160, 120, 0, 0, 0, 0)
    kind = b"vids" + b"DIB " + struct.pack("<IHHIIIIIIIIHHHH", 0, 0, 0, 0, 1, 25, 0, frames, size,
                                           0, 0, 0, 0, 160, 120)  # fmt: skip
    form = struct.pack("<IiiHHIIiiII", 40, 160, 120, 1, 24, 0, size, 0, 0, 0, 0)
    track = listed(b"strl", chunk(b"strh", kind) + chunk(b"strf", form))
    movie = listed(b"movi", chunk(b"00db", bytes(size)) * frames)
    places = (4 + at * (size + 8) for at in range(frames))
    entries = (struct.pack("<4sIII", b"00db", 16, place, size) for place in places)
    index = chunk(b"idx1", b"".join(entries))
    body = b"AVI " + listed(b"hdrl", chunk(b"avih", header) + track) + movie + index
    return b"RIFF" + struct.pack("<I", len(body)) + body


def m4a_with_art(size: int) -> bytes:
    body = sound("ipod", "aac", ["title"])
    at = body.rindex(b"moov") - 4
    before = body[at:]
    art = box(b"covr", box(b"data", struct.pack(">II", 13, 0), bytes(size)))
    tags = before.rindex(b"ilst") - 4
    end = tags + int.from_bytes(before[tags : tags + 4])
    movie = bytearray(before[:end] + art + before[end:])
    for name in (b"moov", b"udta", b"meta", b"ilst"):
        place = before.rindex(name) - 4 if name != b"moov" else 0
        longer = int.from_bytes(movie[place : place + 4]) + len(art)
        movie[place : place + 4] = longer.to_bytes(4)
    return body[:at] + bytes(movie)


LARGE: dict[str, tuple[Callable[[], bytes], str]] = {
    "TIFF of 500 pages": (lambda: tiff_of_pages(500, 70_000), "a.tif"),
    "WebP of 400 frames": (lambda: webp_of_frames(400, 70_000), "a.webp"),
    "PDF of 300 pages": (lambda: pdf_of_pages(300, 70_000), "a.pdf"),
    "PDF cut at its end": (lambda: pdf_of_pages(300, 70_000)[:-200_000], "a.pdf"),
    "AVI of raw pictures": (lambda: avi(900, 57_600), "a.avi"),
    "M4A with art of 20 MB": (lambda: m4a_with_art(20_000_000), "a.m4a"),
    "MP3 with art of 20 MB": (
        lambda: id3(frame("APIC", b"\0image/png\0\3\0" + bytes(20_000_000))) + mp3(5_000),
        "a.mp3",
    ),
    "MP3 of an hour": (lambda: mp3(137_000), "a.mp3"),
    "raw AAC": (lambda: adts(100_000), "a.aac"),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_file_takes_sixteen_requests_and_four_megabytes(name: str) -> None:
    make, key = LARGE[name]
    record, requests, size = asked(make(), key)
    assert requests <= 16
    assert size <= 4 * MIB
    assert record.format == key.rpartition(".")[2].replace("tif", "tiff")


def test_what_is_left_out_for_that_is_said() -> None:
    record, _, _ = asked(tiff_of_pages(500, 70_000), "a.tif")
    assert (record.width, record.height) == (80, 60)
    assert record.image is not None
    assert record.image.page_count is None
    assert [problem.code for problem in record.problems] == ["read_limit"]
    record, _, _ = asked(tiff_of_pages(400, 200), "a.tif")
    assert record.image is not None
    assert record.image.page_count == 400
    assert record.problems == ()


def test_a_pdf_of_a_middle_size_whose_table_is_lost_is_searched() -> None:
    body = pdf_of_pages(60, 70_000)[:-400]
    record, requests, _ = asked(body, "a.pdf")
    assert requests <= 16
    assert record.document is not None
    assert record.document.page_count == 60


def test_a_small_picture_is_one_request() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (80, 60)).save(buffer, "JPEG")
    assert asked(buffer.getvalue(), "a.jpg")[1] == 1
