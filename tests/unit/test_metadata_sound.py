"""Sound: durations, rates and tags that are the file's own, format by format."""

from __future__ import annotations

import io
import struct

import pytest
from made.heads import box
from made.planted import sound
from made.sounds import (
    FRAME,
    adts,
    au,
    caf,
    comments,
    frame,
    id3,
    id3v1,
    mp3,
    ogg,
    riff,
    text_frame,
)

from mediamill.domain.detect import HEAD_BYTES, detect
from mediamill.domain.metadata import MetadataRecord, describe
from mediamill.domain.metadata.media.covers import covers
from mediamill.domain.metadata.media.id3 import read_id3
from mediamill.domain.metadata.media.movie import read_movie
from mediamill.domain.metadata.media.ogg import comments as comments_of
from mediamill.domain.metadata.media.view import Cover, View
from mediamill.domain.metadata.reading.window import Window


def described(body: bytes, key: str) -> MetadataRecord:
    found = detect(body[:HEAD_BYTES], key)
    return describe(
        io.BytesIO(body), key=key, size=len(body), kind=found.kind, content_type=found.content_type
    )


def window(body: bytes) -> Window:
    return Window(io.BytesIO(body), 0, len(body))


SECOND = 38.28  # frames of MPEG-1 layer III at 44.1 kHz


@pytest.mark.parametrize("seconds", [0.5, 2, 3, 600])
@pytest.mark.parametrize("tag", [b"", id3(text_frame("TIT2", "T"), padding=70_000)])
def test_an_mp3_of_one_bit_rate_lasts_as_long_as_its_frames(seconds: float, tag: bytes) -> None:
    frames = round(seconds * SECOND)
    record = described(tag + mp3(frames) + id3v1("T", "A"), "a.mp3")
    assert record.duration == pytest.approx(frames * 1152 / 44_100, abs=0.01 * seconds)
    assert record.bitrate == 128_000
    assert record.audio is not None
    assert record.audio.bitrate == 128_000


def test_an_mp3_whose_encoder_counted_its_frames_lasts_as_long_as_those() -> None:
    def counted(name: bytes) -> bytes:
        header = b"\xff\xfb\x90\xc4" + bytes(17) + name + struct.pack(">III", 3, 1_000, 99_000)
        return header.ljust(FRAME, b"\0") + mp3(100)

    record = described(counted(b"Xing"), "a.mp3")
    assert record.duration == pytest.approx(26.122, abs=0.001)
    assert record.bitrate == pytest.approx(99_000 * 8 / 26.122, rel=0.001)
    assert described(counted(b"Info"), "a.mp3").bitrate == 128_000


@pytest.mark.parametrize("seconds", [1, 20])
def test_a_small_mp3_keeps_its_tag_of_version_1(seconds: int) -> None:
    tags = described(mp3(round(seconds * SECOND)) + id3v1("Rivers", "Ana", track=7), "a.mp3").tags
    assert (tags["title"], tags["artist"], tags["track"]) == ("Rivers", "Ana", 7)
    assert (tags["genre"], tags["date"]) == ("Rock", "1999")


@pytest.mark.parametrize("version", [3, 4])
def test_a_tag_of_version_2_is_read_whatever_its_version(version: int) -> None:
    frames = [
        text_frame(name, text, version)
        for name, text in (
            ("TIT2", "Flüsse"),
            ("TPE1", "Ana"),
            ("TRCK", "3/12"),
            ("TPOS", "1/2"),
            ("TCON", "(17)"),
            ("TBPM", "128"),
            ("TDRC" if version == 4 else "TYER", "2020"),
        )
    ]
    frames.append(frame("COMM", b"\0engiTunNORM\0 00 00", version))
    frames.append(frame("COMM", b"\0eng\0A note", version))
    found = read_id3(window(id3(*frames, version=version, padding=100) + mp3(9)))
    assert found.tags == {
        "title": "Flüsse",
        "artist": "Ana",
        "track": 3,
        "track_total": 12,
        "disc": 1,
        "disc_total": 2,
        "genre": "Rock",
        "bpm": 128,
        "date": "2020",
        "comment": "A note",
    }


def test_a_cover_of_12_megabytes_is_not_read() -> None:
    cover = frame("APIC", b"\0image/png\0\x03\0" + bytes(12_000_000))
    body = id3(text_frame("TIT2", "T"), cover, text_frame("TPE1", "A")) + mp3(100)
    read = 0

    class Counting(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal read
            got = super().read(size)
            read += len(got)
            return got

    record = describe(
        Counting(body),
        key="a.mp3",
        size=len(body),
        kind=detect(body[:HEAD_BYTES], "a.mp3").kind,
        content_type="audio/mpeg",
    )
    assert read < 1_000_000
    assert record.tags == {"title": "T", "artist": "A", "cover_art": True}
    assert record.duration == pytest.approx(2.612, abs=0.01)


def test_a_cover_in_flac_is_shown_as_padding() -> None:
    block = b"\x86" + (9).to_bytes(3) + bytes(9)
    body = b"fLaC\0" + (34).to_bytes(3) + bytes(34) + block
    assert covers(window(body)) == [Cover(42, b"\x81", 46, 55)]


@pytest.mark.parametrize("version", [b"", bytes(4)], ids=["QuickTime", "ISO"])
def test_a_cover_in_mp4_is_shown_as_free_space(version: bytes) -> None:
    handler = box(b"hdlr", bytes(25))
    covered = box(b"covr", box(b"data", bytes(5_000)))
    tags = box(b"ilst", box(b"\xa9nam", bytes(20)), covered)
    movie = box(b"moov", box(b"udta", box(b"meta", version, handler, tags)))
    body = box(b"ftyp", b"M4A ", bytes(4)) + movie
    at = body.index(b"covr")
    assert covers(window(body)) == [Cover(at, b"free", at + 4, at + 4 + 5_008)]


def test_a_view_shows_the_file_with_its_changes_however_it_is_read() -> None:
    whole = bytes(range(200))
    expected = bytearray(whole[20:180])
    expected[30:34] = b"free"
    expected[34:70] = bytes(36)
    expected[100:110] = bytes(10)
    covered = [Cover(50, b"free", 54, 90), Cover(119, b"w", 120, 130)]
    expected[99:100] = b"w"
    view = View(io.BytesIO(whole), 20, 180, covered)
    assert view.read() == expected
    for start in range(0, 160, 7):
        for size in (1, 2, 3, 40):
            view.seek(start)
            assert view.read(size) == expected[start : start + size]
    assert view.seek(0, io.SEEK_END) == 160


@pytest.mark.parametrize(
    ("encoding", "each", "codec"),
    [(1, 1, "pcm_mulaw"), (2, 1, "pcm"), (3, 2, "pcm"), (6, 4, "pcm"), (27, 1, "pcm_alaw")],
)
def test_a_sun_sound_lasts_as_long_as_its_samples(encoding: int, each: int, codec: str) -> None:
    record = described(au(encoding, each, 3), "a.au")
    assert record.duration == 3.0
    assert record.audio is not None
    assert (record.audio.codec, record.audio.bitrate) == (codec, 64_000 * each)


def test_apple_s_container_lasts_as_long_as_its_data() -> None:
    assert described(caf(3), "a.caf").duration == 3.0


@pytest.mark.parametrize("frames", [10, 5_000])
def test_raw_aac_lasts_as_long_as_its_frames(frames: int) -> None:
    record = described(adts(frames), "a.aac")
    assert record.duration == pytest.approx(frames * 1024 / 44_100, rel=0.01)
    assert record.bitrate == pytest.approx(200 * 8 * 44_100 / 1024, rel=0.01)


def test_a_wav_s_artist_is_no_director_and_its_track_no_disc() -> None:
    texts = {"INAM": "T", "IART": "Ana", "IPRD": "B", "ITRK": "3/9", "IPRT": "4"}
    tags = described(riff(b"WAVE", texts), "a.wav").tags
    assert (tags["artist"], tags["album"]) == ("Ana", "B")
    assert (tags["track"], tags["track_total"]) == (3, 9)
    assert {"director", "disc"}.isdisjoint(tags)


def test_comments_of_ogg_flac_and_speex_are_read() -> None:
    entries = ("TITLE=Flüsse", "ARTIST=Ana", "ARTIST=Bo", "TRACKNUMBER=3")
    body = comments("an encoder", *entries)
    expected = {
        "encoder": "an encoder",
        "title": "Flüsse",
        "artist": "Ana / Bo",
        "tracknumber": "3",
    }
    speex = ogg(b"Speex   " + bytes(72), body)
    assert comments_of(window(speex)) == expected
    flac = ogg(b"\x7fFLAC\1\0\0\1fLaC" + bytes(38), b"\x84" + len(body).to_bytes(3) + body)
    assert comments_of(window(flac)) == expected
    assert comments_of(window(ogg(b"\x01vorbis" + bytes(20), body))) == {}


def ape_tag(**texts: str) -> bytes:
    items = b"".join(
        struct.pack("<II", len(text.encode()), 0) + name.encode() + b"\0" + text.encode()
        for name, text in texts.items()
    )
    size = len(items) + 32
    footer = b"APETAGEX" + struct.pack("<IIII", 2_000, size, len(texts), 0) + bytes(8)
    return items + footer


def test_an_ape_tag_is_read_and_is_no_sound() -> None:
    body = mp3(100) + ape_tag(Title="Flüsse", Year="2020", Track="3/9", Location="Bern")
    record = described(body + id3v1("no", "Ana"), "a.mp3")
    assert record.duration == pytest.approx(2.606, abs=0.001)
    assert record.tags["artist"] == "Ana"
    assert (record.tags["track"], record.tags["track_total"]) == (3, 9)
    assert "location" not in record.tags
    tags = read_id3(window(b"TTA1" + bytes(60) + ape_tag(Title="Flüsse", Year="2020")))
    assert tags.more == {"title": "Flüsse", "date": "2020"}


def test_a_note_in_a_sun_sound_that_is_a_tag_is_one() -> None:
    note = b"title=Rivers\nartist=Ana\n\0\0\0"
    whole = au(3, 2, 1)
    body = whole[:4] + struct.pack(">I", 24 + len(note)) + whole[8:24] + note + whole[24:]
    record = described(body, "a.au")
    assert (record.tags["title"], record.tags["artist"]) == ("Rivers", "Ana")
    assert record.duration == 1.0


def test_what_only_looks_like_a_frame_of_mp3_says_nothing_of_another_format() -> None:
    body = riff(b"WAVE", {"INAM": "T"})
    at = body.index(b"data") + 8
    body = body[:at] + mp3(10) + body[at + 10 * FRAME :]
    assert described(body, "a.wav").duration == 1.0


def test_opus_plays_at_48_khz_whatever_was_recorded() -> None:
    body = bytearray(sound("ogg", "libopus", ["title"]))
    at = body.index(b"OpusHead") + 12
    body[at : at + 4] = (44_100).to_bytes(4, "little")
    audio = described(bytes(body), "a.opus").audio
    assert audio is not None
    assert audio.sample_rate == 48_000


def test_mp2_is_called_by_its_layer() -> None:
    frames = mp3(40, header=b"\xff\xfd\x84\xc4", size=417)
    record = described(frames, "a.mp2")
    assert record.format == "mp2"
    assert record.audio is not None
    assert record.audio.codec == "mp2"


def user_data(*texts: tuple[bytes, bytes]) -> bytes:
    return box(b"moov", box(b"mvhd", bytes(100)), box(b"udta", *(box(k, v) for k, v in texts)))


def test_classic_user_data_of_quicktime_is_text() -> None:
    name = struct.pack(">HH", 4, 0) + b"T\x8fte"
    facts = read_movie(window(user_data((b"\xa9nam", name), (b"\xa9cpy", b"\0\2\x55\xc4\xc2\xa9"))))
    assert facts is not None
    assert facts.texts == {"title": "Tète", "copyright": "©"}


def test_a_place_of_3gpp_is_a_place() -> None:
    def fixed(degrees: float) -> bytes:
        return struct.pack(">i", round(degrees * 65_536))

    place = bytes(6) + b"Bern\0\0" + fixed(7.4474) + fixed(-46.948) + fixed(540) + b"\0\0"
    facts = read_movie(window(user_data((b"loci", place))))
    assert facts is not None
    assert facts.place is not None
    assert facts.place.latitude == pytest.approx(-46.948, abs=1e-4)
    assert facts.place.longitude == pytest.approx(7.4474, abs=1e-4)
    assert facts.place.altitude == 540
