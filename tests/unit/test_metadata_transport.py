"""Transport streams: how long their pictures last, and how many come a second."""

from __future__ import annotations

import io
import shutil
import struct
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediamill.domain.kind import Kind
from mediamill.domain.metadata import describe
from mediamill.domain.metadata.media.transport import StreamTimes, read_times
from mediamill.domain.metadata.reading.window import Window

PID = 256
PAL = 3_600  # ticks of 90 kHz


def packet(stamp: int, lead: int = 0) -> bytes:
    """A packet in which a picture with this stamp begins."""
    bits = stamp % 2**33
    high, middle, low = bits >> 30, bits >> 15 & 0x7FFF, bits & 0x7FFF
    coded = struct.pack(">BHH", 0x21 | high << 1, middle << 1 | 1, low << 1 | 1)
    body = b"\0\0\1\xe0\0\0\x80\x80\5" + coded
    head = bytes([0x47, 0x40 | PID >> 8, PID & 0xFF, 0x10])
    return bytes(lead) + (head + body).ljust(188, b"\xff")


def filler(count: int) -> bytes:
    return bytes([0x47, 0x1F, 0xFF, 0x10]).ljust(188, b"\xff") * count


def times_of(stream: bytes) -> StreamTimes | None:
    return read_times(Window(io.BytesIO(stream), 0, len(stream))).get(PID)


def stream(stamps: Iterable[int], lead: int = 0) -> bytes:
    return b"".join(packet(stamp, lead) for stamp in stamps)


@pytest.mark.parametrize("lead", [0, 4], ids=["ts", "m2ts"])
def test_frames_are_counted_in_the_order_in_which_they_are_shown(lead: int) -> None:
    decoded = [0, 3, 1, 2, 6, 4, 5, 9, 7, 8]
    found = times_of(stream([PAL * number for number in decoded], lead))
    assert found == StreamTimes(duration=10 / 25, frame_rate=25.0)


def test_the_clock_may_begin_anew_on_the_way() -> None:
    begin = 2**33 - 5 * PAL
    assert times_of(stream(begin + PAL * number for number in range(25))) == StreamTimes(1.0, 25.0)


def test_a_long_stream_is_read_at_its_two_ends() -> None:
    hour = 90_000 * 3_600
    begun, ended = range(0, PAL * 50, PAL), range(hour, hour + PAL * 50, PAL)
    found = times_of(stream(begun) + filler(12_000) + stream(ended))
    assert found == StreamTimes(duration=3_602.0, frame_rate=25.0)


def test_a_rate_that_varies_is_not_told() -> None:
    stamps = [0, *(PAL * number for number in range(3, 12))]
    found = times_of(stream(stamps))
    assert found is not None
    assert found.frame_rate is None


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(stream([0, PAL]), id="two frames"),
        pytest.param(filler(20), id="no pictures"),
        pytest.param(
            stream(range(PAL * 100, PAL * 140, PAL)) + filler(12_000) + stream([0]),
            id="ends before it begins",
        ),
    ],
)
def test_what_says_nothing_of_time_is_left_to_mediainfo(odd: bytes) -> None:
    assert times_of(odd) is None


@given(st.binary(max_size=600))
def test_noise_between_the_packets_does_no_harm(noise: bytes) -> None:
    read_times(Window(io.BytesIO(body := filler(2) + noise), 0, len(body)))


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")
@pytest.mark.parametrize("more", [[], ["-mpegts_m2ts_mode", "1"]], ids=["ts", "m2ts"])
def test_h264_lasts_as_long_as_its_frames_and_has_their_rate(
    more: list[str], tmp_path: Path
) -> None:
    target = tmp_path / "film.ts"
    source = ["-f", "lavfi", "-i", "testsrc2=s=160x120:r=30000/1001:d=2", "-pix_fmt", "yuv420p"]
    command = ["ffmpeg", "-v", "error", "-nostdin", *source, "-c:v", "libx264", *more]
    subprocess.run([*command, "-f", "mpegts", str(target)], check=True)
    body = target.read_bytes()
    record = describe(
        io.BytesIO(body), key="a.ts", size=len(body), kind=Kind.VIDEO, content_type="video/mp2t"
    )
    assert record.video is not None
    assert (record.video.frame_rate, record.video.frame_rate_fraction) == (29.97, "30000/1001")
    assert record.video.duration == pytest.approx(60 * 1001 / 30_000, abs=0.001)
    assert record.duration == record.video.duration
