"""Video and sound that is not what it seems: a code and a sentence, and nothing else is opened."""

from __future__ import annotations

import io
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from made.corpus import CORPUS
from made.films import clip, ffmpeg, made_of, medium_of, needs_ffmpeg, poster_of
from made.mutate import mutated
from PIL import Image

from mediamill.domain.bounded import Crashed, LentFile, deadline, lent
from mediamill.domain.errors import Broken, TimedOut, TooManyPixels, Unprocessable, Unsupported
from mediamill.domain.kind import Kind
from mediamill.domain.limits import Limits
from mediamill.domain.signatures import MEDIA_TYPES
from mediamill.domain.video import CONTENT_TYPES, Medium
from mediamill.domain.video.demuxers import demuxer_of

# Known, and described only: no decoder of FFmpeg's for them, or none that reads a file.
LEFT_OUT = {"audio/x-musepack"}


def test_every_film_and_sound_that_the_door_knows_is_decoded_or_left_out_on_purpose() -> None:
    known = {
        kind
        for kind in MEDIA_TYPES.values()
        if kind.startswith(("video/", "audio/")) or kind == "application/mxf"
    }
    assert known - CONTENT_TYPES == LEFT_OUT


def test_every_demuxer_is_there() -> None:
    missing = {demuxer_of(kind, b"") for kind in CONTENT_TYPES} - set(av.formats_available)
    assert missing == {"mov", "matroska"} - set(av.formats_available)


@needs_ffmpeg
@pytest.mark.parametrize(
    "script",
    [
        "ffconcat version 1.0\nfile 'secret.mp4'\n",
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsecret.mp4\n#EXT-X-ENDLIST\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
    ],
    ids=["concat", "playlist", "session"],
)
def test_a_script_in_a_films_clothes_opens_no_other_file(script: str, tmp_path: Path) -> None:
    clip(tmp_path / "secret.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    path = tmp_path / "clothes.mp4"
    path.write_text(script)
    with pytest.raises(Unprocessable):
        made_of(path)  # as what the door takes it for
    for content_type in sorted(CONTENT_TYPES):
        try:
            products, _ = made_of(path, Medium(Kind.VIDEO, content_type, Limits()))
        except Unprocessable:
            continue
        assert not products, content_type


@needs_ffmpeg
def test_a_film_whose_frames_are_elsewhere_reads_nothing_there(tmp_path: Path) -> None:
    secret = clip(tmp_path / "secret.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    body = secret.read_bytes()
    # A data reference that says `in this file` becomes one that names another.
    name = str(secret).encode() + b"\0"
    own = b"\0\0\0\x0curl \0\0\0\1"
    assert own in body
    path = tmp_path / "referring.mp4"
    path.write_bytes(body.replace(own, b"\0\0\0\x0curl \0\0\0\0", 1) + name)
    products, _ = made_of(path)  # the frames are in it all the same: what it names is not asked
    assert products[0].name == "poster"


@pytest.mark.parametrize(
    "body", [b"", b"\0" * 4_000, b"ftypisom" * 500], ids=["empty", "nought", "box"]
)
@pytest.mark.parametrize("content_type", ["video/mp4", "video/webm", "video/mp2t", "audio/mpeg"])
def test_what_no_demuxer_can_read_is_broken(body: bytes, content_type: str, tmp_path: Path) -> None:
    path = tmp_path / "odd"
    path.write_bytes(body)
    kind = Kind(content_type.partition("/")[0])
    with pytest.raises(Broken, match=r"damaged.*\.") as refused:
        made_of(path, Medium(kind, content_type, Limits()))
    assert refused.value.code == f"broken_{kind.value}"


def test_a_type_that_is_not_decoded_is_unsupported(tmp_path: Path) -> None:
    path = tmp_path / "song.mid"
    path.write_bytes(b"MThd\0\0\0\6\0\0\0\1\0\x60")
    with pytest.raises(Unsupported, match="audio/midi"):
        made_of(path, Medium(Kind.AUDIO, "audio/midi", Limits()))


@needs_ffmpeg
def test_more_pixels_than_allowed_are_refused_before_decoding(tmp_path: Path) -> None:
    path = clip(tmp_path / "large.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p")
    with pytest.raises(TooManyPixels, match="megapixels"):
        made_of(path, medium_of(path, pixels=50_000))


@needs_ffmpeg
def test_video_without_pictures_is_done_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", str(path))
    products, facts = made_of(path, Medium(Kind.VIDEO, "video/mp4", Limits()))
    assert [each.name for each in products] == ["audio", "peaks", "waveform", "poster"]
    assert "no_pictures" in str(facts["warnings"])


@needs_ffmpeg
@pytest.mark.parametrize("name", ["song.mp3", "song.m4a", "song.flac"])
def test_a_sounds_cover_is_its_poster(name: str, tmp_path: Path) -> None:
    front = tmp_path / "front.png"
    Image.new("RGB", (300, 200), "#336699").save(front)
    path = tmp_path / name
    ffmpeg(
        *("-f", "lavfi", "-i", "sine=d=1", "-i", str(front), "-map", "0", "-map", "1"),
        *("-c:v", "copy", "-disposition:v", "attached_pic", str(path)),
    )
    assert medium_of(path).kind is Kind.AUDIO
    poster = poster_of(path)
    assert poster.size == (300, 200)
    shown = poster.getpixel((150, 100))
    assert isinstance(shown, tuple)
    assert all(abs(a - b) <= 4 for a, b in zip(shown, (0x33, 0x66, 0x99), strict=True))
    products, facts = made_of(path)
    assert facts["poster"] == {"source": "cover"}
    assert [each.name for each in products] == ["poster", "audio", "peaks", "waveform"]


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts", "a.avi"])
def test_mutated_films_end_with_a_poster_or_a_code(name: str, tmp_path: Path) -> None:
    whole = clip(tmp_path / name, "-c:v", "mpeg4", "-g", "5").read_bytes()
    chance = random.Random(14)
    path = tmp_path / f"mutated-{name}"
    medium = medium_of(tmp_path / name)
    for _ in range(10):
        path.write_bytes(mutated(whole, whole, chance))
        try:
            with deadline(60):
                made_of(path, medium)
        except Unprocessable as error:
            assert error.code in ("broken_video", "too_many_pixels", "unsupported"), error.code


@needs_ffmpeg
@pytest.mark.parametrize("name", ["a.mp3", "a.m4a", "a.flac", "a.ogg", "a.wav"])
def test_mutated_sounds_end_with_a_file_for_the_web_or_a_code(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", str(path))
    whole, medium, chance = path.read_bytes(), medium_of(path), random.Random(15)
    for _ in range(10):
        path.write_bytes(mutated(whole, whole, chance))
        try:
            with deadline(60):
                made_of(path, medium)
        except Unprocessable as error:
            assert error.code in ("broken_audio", "too_many_pixels", "unsupported"), error.code


@pytest.mark.skipif(not CORPUS.exists(), reason="no corpus beside the project")
def test_the_corpus_ends_as_it_should() -> None:
    ends = {}
    for path in sorted((CORPUS / "av").iterdir()):
        try:
            products, _ = made_of(path)
            ends[path.name] = ",".join(each.name for each in products)
        except Unprocessable as error:
            ends[path.name] = error.code
    assert ends == {
        "testFLAC_coverArt.flac": "poster,audio,peaks,waveform",
        "testMKV.mkv": "poster,preview,preview",
        "testMP3_coverArt.mp3": "poster,audio,peaks,waveform",
        "testMP3id3v24.mp3": "audio,peaks,waveform,poster",
        "testMP4.m4a": "audio,peaks,waveform,poster",
        "testMP4AudioOnly.mp4": "audio,peaks,waveform,poster",
        "testMP4_QuickTimeMetadata.mov": "",
        "testMP4_truncated.m4a": "broken_audio",
        "testVORBIS.ogg": "audio,peaks,waveform,poster",
        "testVideoMp4.mp4": "poster,sheets,storyboard,preview,preview",
        "testWAV.wav": "audio,peaks,waveform,poster",
        "testWEBM.webm": "poster,preview,preview",
    }


def echo(file: LentFile, *places: tuple[int, int]) -> Iterator[bytes]:
    for at, count in places:
        file.seek(at)
        yield file.read(count)


def test_a_child_reads_its_parents_file_and_no_further_than_its_end() -> None:
    file = io.BytesIO(b"0123456789")
    assert list(lent(file, 1 << 28, echo, (0, 3), (8, 100), (20, 5))) == [b"012", b"89", b""]


def crash(file: LentFile) -> Iterator[bytes]:
    yield file.read(1)
    os._exit(1)


def hang(file: LentFile) -> Iterator[bytes]:
    time.sleep(60)
    yield b""


def test_a_child_that_dies_is_told_from_one_that_ends() -> None:
    with pytest.raises(Crashed):
        list(lent(io.BytesIO(b"0"), 1 << 28, crash))


def test_a_child_that_hangs_is_ended_with_its_step() -> None:
    begun = time.monotonic()
    with pytest.raises(TimedOut), deadline(0.3):
        list(lent(io.BytesIO(), 1 << 28, hang))
    assert time.monotonic() - begun < 30


def test_what_reading_raises_reaches_the_reader() -> None:
    class Gone(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise LookupError("it is gone")

    with pytest.raises(LookupError, match="gone"):
        list(lent(Gone(b"0123"), 1 << 28, echo, (0, 1)))
