"""Video and audio described from their headers, as players show them."""

from __future__ import annotations

import io
import multiprocessing
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from made.heads import box
from made.planted import xmp

from mediamill.domain.facts import CaptureFacts, CaptureSource, CaptureZone, GpsFacts
from mediamill.domain.kind import Kind
from mediamill.domain.metadata import MetadataRecord, describe
from mediamill.domain.metadata.media.tags import parse_place

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "av"
needs_corpus = pytest.mark.skipif(not CORPUS.exists(), reason="no corpus beside the project")
needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="no ffmpeg")


def described(body: bytes, content_type: str = "video/mp4") -> MetadataRecord:
    return describe(
        io.BytesIO(body), key="a", size=len(body), kind=Kind.VIDEO, content_type=content_type
    )


def made(tmp_path: Path, name: str, *options: str) -> bytes:
    target = tmp_path / name
    picture = ["-f", "lavfi", "-i", "testsrc=s=320x180:r=25:d=1"]
    sound = ["-f", "lavfi", "-i", "sine=r=48000:d=1"]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", *picture, *sound, *options, str(target)], check=True
    )
    return target.read_bytes()


@needs_ffmpeg
def test_a_video_that_is_turned_has_its_displayed_size(tmp_path: Path) -> None:
    plain = tmp_path / "plain.mp4"
    plain.write_bytes(made(tmp_path, "a.mp4", "-c:v", "libx264", "-c:a", "aac"))
    turned = tmp_path / "turned.mp4"
    command = ["ffmpeg", "-v", "error", "-i", str(plain), "-c", "copy"]
    subprocess.run(
        [*command, "-metadata:s:v:0", "rotate=90", str(turned)],
        check=True,
        stdin=subprocess.DEVNULL,
    )
    record = described(turned.read_bytes())
    assert record.video is not None
    assert (record.video.coded_width, record.video.coded_height) == (320, 180)
    assert record.video.rotation in (90, 270)
    assert (record.width, record.height) == (180, 320)


@needs_ffmpeg
def test_pixels_that_are_not_square_are_made_so(tmp_path: Path) -> None:
    record = described(made(tmp_path, "a.mkv", "-vf", "setsar=4/3", "-c:v", "libx264"))
    assert record.video is not None
    assert record.video.pixel_aspect_ratio == pytest.approx(4 / 3, abs=0.001)
    assert (record.width, record.height) == (427, 180)


@needs_ffmpeg
def test_high_dynamic_range_and_its_colours_are_named(tmp_path: Path) -> None:
    colours = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    body = made(
        tmp_path,
        "a.mp4",
        *(
            "-c:v",
            "libx265",
            "-pix_fmt",
            "yuv420p10le",
            "-x265-params",
            f"log-level=none:{colours}",
        ),
    )
    video = described(body).video
    assert video is not None
    assert (video.codec, video.bit_depth, video.pixel_format) == ("hevc", 10, "yuv420p10le")
    assert (video.color_primaries, video.color_transfer) == ("BT.2020", "PQ")
    assert video.color_matrix == "BT.2020 non-constant"
    assert video.hdr_format == "PQ"


@needs_ffmpeg
def test_chapters_subtitles_and_languages_are_listed(tmp_path: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text(
        ";FFMETADATA1\ntitle=Rivers\nartist=Ana\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=500\n"
        "title=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=500\nEND=1000\ntitle=Two\n"
    )
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:00,900\nHello\n")
    body = made(
        tmp_path,
        "a.mkv",
        *("-i", str(notes), "-i", str(words), "-map_metadata", "2", "-map", "0", "-map", "1"),
        *("-map", "3", "-c:s", "srt", "-metadata:s:s:0", "language=deu"),
        *("-metadata:s:a:0", "language=fra"),
    )
    record = described(body, "video/x-matroska")
    assert [(chapter.start, chapter.title) for chapter in record.chapters] == [
        (0.0, "One"),
        (0.5, "Two"),
    ]
    assert [(track.codec, track.language) for track in record.subtitles] == [("subrip", "de")]
    assert record.audio is not None
    assert (record.audio.language, record.audio.sample_rate) == ("fr", 48_000)
    assert record.tags["title"] == "Rivers"
    assert record.tags["artist"] == "Ana"


@needs_ffmpeg
def test_every_audio_track_is_described(tmp_path: Path) -> None:
    record = described(made(tmp_path, "a.mkv", "-map", "0", "-map", "1", "-map", "1", "-ac", "2"))
    assert len(record.audio_tracks) == 2
    assert record.audio == record.audio_tracks[0]


@needs_corpus
@pytest.mark.parametrize("length", [40, 74, 200, 20_000, 900_000])
def test_a_video_cut_anywhere_gives_a_record_that_says_so(length: int) -> None:
    record = described((CORPUS / "testVideoMp4.mp4").read_bytes()[:length])
    assert record.bytes == length
    assert [problem.code for problem in record.problems] == ["truncated"]


@needs_corpus
def test_a_cut_file_still_tells_what_stands_before_the_cut() -> None:
    record = described((CORPUS / "testMP4_truncated.m4a").read_bytes())
    assert record.duration == pytest.approx(2215.996)
    assert record.captured_at == "2010-11-11T00:14:15Z"


@needs_corpus
def test_a_place_in_quicktime_s_atoms_is_found() -> None:
    record = described((CORPUS / "testMP4_QuickTimeMetadata.mov").read_bytes())
    assert record.gps == GpsFacts(12.3456, -98.7654, 10.5)


@needs_corpus
def test_a_clock_that_was_never_set_is_no_date() -> None:
    record = described((CORPUS / "testVideoMp4.mp4").read_bytes())
    assert record.captured_at is None


def endless() -> bytes:
    """A movie whose table of times counts samples by the billion: MediaInfo visits each."""
    body = bytearray((CORPUS / "testMP4_QuickTimeMetadata.mov").read_bytes())
    at = body.rfind(b"stts") + 4
    body[at : at + 17] = bytes.fromhex("0042bba9ac081930ba8de41066da59a71d")
    return bytes(body)


@needs_corpus
def test_an_index_that_never_ends_ends_only_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediamill.domain.metadata.media.read.MOST_SECONDS", 0.5)
    began = time.monotonic()
    record = described(endless())
    assert time.monotonic() - began < 5
    assert [problem.code for problem in record.problems] == ["timed_out"]
    assert record.duration == pytest.approx(2.733)
    assert not multiprocessing.active_children()


@needs_corpus
def test_a_crash_of_native_code_ends_only_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    import pymediainfo

    def crash(*_: object, **__: object) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    monkeypatch.setattr(pymediainfo.MediaInfo, "parse", crash)
    record = described((CORPUS / "testVideoMp4.mp4").read_bytes())
    assert [problem.code for problem in record.problems] == ["broken_media"]
    assert record.duration == pytest.approx(13.696)


def test_what_holds_no_stream_is_broken() -> None:
    record = described(b"nothing that plays" * 100)
    assert [problem.code for problem in record.problems] == ["broken_media"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("+12.3456-098.7654+010.500/", GpsFacts(12.3456, -98.7654, 10.5)),
        ("+46.9480+007.4474/", GpsFacts(46.948, 7.4474)),
        ("-4656.88-00726.844/", GpsFacts(-46.948, -7.4474)),
        ("+465652.8+0072650.64+540/", GpsFacts(46.948, 7.4474, 540.0)),
        ("+99.0+000.0/", None),
        ("Bern", None),
        ("", None),
    ],
)
def test_a_place_is_read_as_iso_6709_has_it(written: str, meant: GpsFacts | None) -> None:
    assert parse_place(written) == meant


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "rate", "shown", "fraction", "mode"),
    [
        ("a.mp4", "25", 25.0, None, "constant"),
        ("a.mp4", "24000/1001", 23.976, "24000/1001", "constant"),
        ("a.mov", "30000/1001", 29.97, "30000/1001", "constant"),
        ("a.mkv", "30000/1001", 29.97, "30000/1001", None),
        ("a.mkv", "60000/1001", 59.94, "60000/1001", None),
        ("a.ts", "25", 25.0, None, None),
    ],
)
def test_h264_of_one_rate_is_not_said_to_vary(
    tmp_path: Path, name: str, rate: str, shown: float | None, fraction: str | None, mode: str
) -> None:
    body = made(tmp_path, name, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-r", rate)
    video = described(body).video
    assert video is not None
    assert (video.frame_rate, video.frame_rate_fraction) == (shown, fraction)
    assert video.frame_rate_mode == mode


@needs_ffmpeg
def test_a_rate_that_varies_in_an_mp4_is_said_to(tmp_path: Path) -> None:
    options = ["-c:v", "libx264", "-vf", "select='mod(n,3)+lt(n,9)'", "-vsync", "vfr"]
    video = described(made(tmp_path, "a.mp4", *options)).video
    assert video is not None
    assert video.frame_rate_mode == "variable"


@needs_ffmpeg
def test_hdr10_s_mastering_display_and_light_levels_are_numbers(tmp_path: Path) -> None:
    display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
    colours = "colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
    x265 = f"hdr10=1:{colours}:master-display={display}:max-cll=1000,400:log-level=none"
    options = ["-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", x265]
    video = described(made(tmp_path, "a.mkv", *options)).video
    assert video is not None
    assert video.mastering_primaries == "Display P3"
    assert (video.mastering_luminance_min, video.mastering_luminance_max) == (0.005, 1000)
    assert (video.max_content_light_level, video.max_frame_average_light_level) == (1000, 400)


@needs_ffmpeg
@pytest.mark.parametrize(
    ("name", "codec", "expected"),
    [
        ("a.mkv", "srt", "subrip"),
        ("a.mkv", "ass", "ass"),
        ("a.mp4", "mov_text", "mov_text"),
        ("a.webm", "webvtt", "webvtt"),
    ],
)
def test_subtitles_have_the_names_that_players_use(
    tmp_path: Path, name: str, codec: str, expected: str
) -> None:
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:00,900\nHello\n")
    video = ["-c:v", "libvpx", "-c:a", "libopus"] if name == "a.webm" else ["-c:v", "libx264"]
    options = ["-i", str(words), "-map", "0", "-map", "1", "-map", "2", *video, "-c:s", codec]
    assert [track.codec for track in described(made(tmp_path, name, *options)).subtitles] == [
        expected
    ]


@needs_ffmpeg
def test_xmp_in_a_film_is_read_and_dates_it(tmp_path: Path) -> None:
    packet = xmp(
        "<exif:DateTimeOriginal>2024-05-06T07:08:09+02:00</exif:DateTimeOriginal>"
        "<dc:title>Rivers</dc:title>",
        {"exif": "http://ns.adobe.com/exif/1.0/", "dc": "http://purl.org/dc/elements/1.1/"},
    )
    body = made(tmp_path, "a.mp4", "-c:v", "libx264")
    name = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    record = described(body + box(b"uuid", name, packet))
    assert record.xmp["dc:title"] == "Rivers"
    assert record.captured_at == "2024-05-06T07:08:09+02:00"
    assert record.captured_from == CaptureFacts(CaptureSource.XMP, CaptureZone.STATED)


@needs_ffmpeg
def test_the_movie_s_clock_is_utc_and_apple_s_key_is_the_place_s(tmp_path: Path) -> None:
    clock = ["-metadata", "creation_time=2024-05-06T05:08:09Z"]
    record = described(made(tmp_path, "a.mp4", "-c:v", "libx264", *clock))
    assert record.captured_at == "2024-05-06T05:08:09Z"
    assert record.captured_from == CaptureFacts(CaptureSource.CONTAINER, CaptureZone.UTC)
    own = ["-metadata", "com.apple.quicktime.creationdate=2024-05-06T07:08:09+0200"]
    options = ["-c:v", "libx264", *clock, *own, "-movflags", "use_metadata_tags"]
    record = described(made(tmp_path, "b.mov", *options))
    assert record.captured_at == "2024-05-06T07:08:09+02:00"
    assert record.captured_from == CaptureFacts(CaptureSource.QUICKTIME, CaptureZone.STATED)
