"""Text tracks and chapters as WebVTT: times, languages, styles, and nothing no cue may say."""

from __future__ import annotations

from pathlib import Path

import pytest
from made.films import ffmpeg, made_of, medium_of, needs_ffmpeg

from mediamill.domain.video.ass import cue_text

SUBTITLES = """1
00:00:00,500 --> 00:00:01,250
<i>Hello</i> & you
second line

2
00:00:01,500 --> 00:00:01,900
Bye
"""
CHAPTERS = """;FFMETADATA1
[CHAPTER]
TIMEBASE=1/1000
START=0
END=1000
title=One & all
[CHAPTER]
TIMEBASE=1/1000
START=1000
END=2000
"""
WRITTEN = {
    "a.mkv": ("-c:v", "libx264", "-c:s", "srt"),
    "ssa.mkv": ("-c:v", "libx264", "-c:s", "ass"),
    "a.mp4": ("-c:v", "libx264", "-c:s", "mov_text"),
    "a.webm": ("-c:v", "libvpx", "-deadline", "realtime", "-c:s", "webvtt"),
}


def written(folder: Path, name: str, *options: str) -> Path:
    (folder / "texts.srt").write_text(SUBTITLES)
    (folder / "chapters.txt").write_text(CHAPTERS)
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=160x90:d=2", "-i", str(folder / "texts.srt")),
        *("-i", str(folder / "chapters.txt"), "-map", "0", "-map", "1", "-map_metadata", "2"),
        *(*options, "-metadata:s:s:0", "language=deu", str(folder / name)),
    )
    return folder / name


@needs_ffmpeg
@pytest.mark.parametrize("name", WRITTEN)
def test_subtitles_and_chapters_become_webvtt(name: str, tmp_path: Path) -> None:
    products, facts = made_of(written(tmp_path, name, *WRITTEN[name]))
    found = {each.name: each.body.decode() for each in products if each.format == "vtt"}
    assert found["chapters"] == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nOne &amp; all\n\n"
        "00:00:01.000 --> 00:00:02.000\nChapter 2\n\n"
    )
    assert found["subtitles"] == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:01.250\n"
        "<i>Hello</i> &amp; you\nsecond line\n\n"
        "00:00:01.500 --> 00:00:01.900\nBye\n\n"
    )
    tracks = facts["text_tracks"]
    assert isinstance(tracks, list)
    (track,) = tracks
    assert (track["number"], track["count"], track["language"]) == (1, 2, "deu")


@needs_ffmpeg
def test_texts_are_cut_where_a_documents_text_is(tmp_path: Path) -> None:
    path = written(tmp_path, "a.mkv", *WRITTEN["a.mkv"])
    products, _ = made_of(path, medium_of(path, text_bytes=100))
    (track,) = [each for each in products if each.name == "subtitles"]
    assert track.truncated
    assert track.body.decode().count("-->") == 1


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (r"{\i1}a{\b1}b{\i0}c", "<i>a<b>b</b></i><b>c</b>"),
        (r"{\i1}a{\r}b", "<i>a</i>b"),
        (r"{\an8\pos(1,2)}a\hb", "a b"),
        (r"a\N\N  \nb", "a\nb"),
        (r"{\i1}\N{\i0}", ""),
        (r"{\p1}m 0 0 l 100 0{\p0}", ""),
        ("a, b, c", "a, b, c"),
        ("<v Eve>a --> b", "&lt;v Eve&gt;a --&gt; b"),
        ("{\\i1", "{\\i1"),
    ],
)
def test_styles_that_webvtt_has_are_kept_and_others_dropped(line: str, text: str) -> None:
    assert cue_text(f"0,0,Default,,0,0,0,,{line}") == text
