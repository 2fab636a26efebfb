"""Compare mediamill's metadata with ExifTool's and ffprobe's, field by field, over the corpus.

Prints how often each field agrees, then every disagreement with its explanation. Fails where one
has none. To the corpus it adds copies into which ExifTool itself has written tags, because few of
its files have IPTC, a place or a rating. ExifTool reads Office packages only with
libarchive-zip-perl.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from made.corpus import CORPUS, Original, described, originals  # noqa: E402

from mediamill.domain.detect import HEAD_BYTES, detect  # noqa: E402
from mediamill.domain.kind import Kind  # noqa: E402
from mediamill.domain.metadata.blocks.exif_names import GPS, MAIN, PHOTO  # noqa: E402
from mediamill.domain.metadata.blocks.iptc import NAMES as IPTC  # noqa: E402
from mediamill.domain.metadata.reading import when  # noqa: E402
from mediamill.domain.wire import to_json  # noqa: E402


@dataclass(frozen=True)
class Comparison:
    """One field of one file, as mediamill has it and as the other tool does."""

    file: str
    field: str
    tool: str
    ours: Any
    theirs: Any

    @property
    def outcome(self) -> str:
        """`agree`, `differ`, or `lacking` where only the other tool knows the field."""
        if self.agrees:
            return "agree"
        return "lacking" if self.ours in (None, "", []) else "differ"

    @property
    def agrees(self) -> bool:
        """Equal within rounding: a part in a thousand, or a millisecond, or a letter's case."""
        return _same(self.ours, self.theirs)


# Why a difference is right: of one file, and one field of it. The note in docs says it at length.
_TAGS_COUNTED = "ffprobe counts tags and cover in; ours is the rate of the stream."
_ROUNDED = "Bytes by duration, which MediaInfo rounds to milliseconds: it shows in a file of few."
_JOINED = "Two comments: MediaInfo joins them with a slash, ffprobe with a semicolon."
_COMPOUND_ZONE = "The clock is UTC ([MS-OLEPS] 2.7, FILETIME); ExifTool leaves the zone unsaid."
_FRAMES = "Counted by frames; ffprobe estimates from the first ones' bit rate."
_GRANULE = "Less the codec's look-ahead of 143 samples, which is not played."
_STAMPS = "The longest stream's; ffprobe takes the stamps of the whole, from the first to the last."
_NOT_DECODED = "It stands in the frames, which are not read."

EXPLAINED: dict[tuple[str, str], str] = {
    ("testFLAC_coverArt.flac", "bitrate"): _ROUNDED,
    ("testFLAC_coverArt.flac", "tags.comment"): _JOINED,
    ("testMP3_coverArt.mp3", "bitrate"): _TAGS_COUNTED,
    ("testMP3id3v24.mp3", "bitrate"): _TAGS_COUNTED,
    ("testMP4.m4a", "bitrate"): _ROUNDED,
    ("testMP4.m4a", "audio.bitrate"): _ROUNDED,
    ("testMP4_QuickTimeMetadata.mov", "bitrate"): "It has no stream, and so no stream's rate.",
    ("testVORBIS.ogg", "bitrate"): _ROUNDED,
    ("testVORBIS.ogg", "tags.comment"): _JOINED,
    ("testVideoMp4.mp4", "audio.bitrate"): "As the descriptor states; ffprobe averages samples.",
    ("testVideoMp4.mp4", "tags.created_at"): "1970-01-01 is a clock's beginning, not a date.",
    ("testWAV.wav", "bitrate"): _ROUNDED,
    ("testWEBM.webm", "video.profile"): _NOT_DECODED,
    ("TAMReview.pdf", "document.created_at"): "ExifTool drops an offset without apostrophes.",
    **{
        (name, f"document.{field}"): _COMPOUND_ZONE
        for name in (
            *("testDocumentLink.doc", "testEXCEL.xls", "testPPT.ppt", "testWORD.doc"),
            "testWORD_macros.doc",
        )
        for field in ("created_at", "modified_at")
    },
    ("constant.mp3", "bitrate"): _TAGS_COUNTED,
    ("headless.mp3", "bitrate"): _TAGS_COUNTED,
    ("variable.mp3", "bitrate"): _TAGS_COUNTED,
    ("tone.caf", "bitrate"): "That of the samples; ffprobe counts headers and tags in.",
    ("speex.ogg", "duration"): _GRANULE,
    ("speex.ogg", "audio.duration"): _GRANULE,
    ("speex.ogg", "bitrate"): _GRANULE,
    **{
        ("tone.aac", field): _FRAMES
        for field in ("duration", "bitrate", "audio.duration", "audio.bitrate")
    },
    ("tone.dts", "audio.profile"): "The plain codec, which FFmpeg calls a profile too.",
    ("film.avi", "video.profile"): _NOT_DECODED,
    ("film.avi", "video.pixel_format"): _NOT_DECODED,
    ("film.avi", "video.bitrate"): "Bytes of the pictures; ffprobe counts the chunks' headers in.",
    (
        "film.avi",
        "audio.bitrate",
    ): "The stream's constant rate; ffprobe's is an average.",
    ("film.mpg", "video.color_range"): _NOT_DECODED,
    ("film.mxf", "video.color_range"): _NOT_DECODED,
    ("film.ivf", "video.profile"): _NOT_DECODED,
    **{
        (name, field): _STAMPS
        for name in ("film.mpg", "film.ts", "film.m2ts", "film.flv", "film.wmv")
        for field in ("duration", "bitrate")
    },
    ("film.wmv", "video.duration"): "Frames by their rate; ffprobe gives the file's.",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="list what agrees, too")
    parser.add_argument("--more", type=Path, action="append", default=[], help="a further folder")
    arguments = parser.parse_args()
    if missing := [tool for tool in ("exiftool", "ffprobe") if shutil.which(tool) is None]:
        print(f"not installed: {', '.join(missing)}", file=sys.stderr)
        return 2
    if not CORPUS.exists():
        print(f"no corpus at {CORPUS}", file=sys.stderr)
        return 2
    compared = list(comparisons(arguments.more))
    table(compared)
    by_format(compared)
    return report(compared, arguments.all)


def comparisons(folders: list[Path]) -> Iterator[Comparison]:
    """Every field that the other tool gives, of the corpus, of written copies and made streams."""
    for original in originals():
        yield from compare(original)
    for folder in folders:
        for original in found(folder):
            yield from compare(original)
    with tempfile.TemporaryDirectory() as temporary:
        for original in (*written(Path(temporary)), *encoded(Path(temporary))):
            yield from compare(original)


def found(folder: Path) -> Iterator[Original]:
    """The files of a folder, as the door tells them."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            known = detect(file.read(HEAD_BYTES), path.name)
        if known.kind is not Kind.OTHER:
            yield Original(path, known.kind, known.content_type)


# Name → FFmpeg's options: a second and a half of tone, or of a test picture with one.
_TONE = ["-f", "lavfi", "-i", "sine=440:d=3:r=44100"]
_PICTURE = ["-f", "lavfi", "-i", "testsrc2=d=3:s=160x120:r=25"]
_FILM = [*_PICTURE, *_TONE, "-pix_fmt", "yuv420p"]
_ENCODED = {
    "constant.mp3": [*_TONE, "-b:a", "128k"],
    "headless.mp3": [*_TONE, "-b:a", "128k", "-write_xing", "0"],
    "variable.mp3": [*_TONE, "-q:a", "3"],
    "tone.mp2": _TONE,
    "tone.wav": _TONE,
    "mulaw.wav": [*_TONE, "-c:a", "pcm_mulaw"],
    "mulaw.au": [*_TONE, "-c:a", "pcm_mulaw"],
    "plain.au": [*_TONE, "-c:a", "pcm_s16be"],
    "tone.aiff": _TONE,
    "tone.caf": _TONE,
    "tone.flac": _TONE,
    "flac.ogg": [*_TONE, "-c:a", "flac"],
    "speex.ogg": [*_TONE, "-c:a", "libspeex", "-ar", "16000"],
    "vorbis.ogg": [*_TONE, "-c:a", "libvorbis"],
    "tone.opus": [*_TONE, "-c:a", "libopus"],
    "tone.aac": _TONE,
    "tone.m4a": _TONE,
    "tone.ac3": _TONE,
    "tone.dts": [*_TONE, "-c:a", "dca", "-strict", "-2"],
    "tone.wv": [*_TONE, "-c:a", "wavpack"],
    "tone.tta": _TONE,
    "tone.w64": _TONE,
    "tone.wma": [*_TONE, "-c:a", "wmav2"],
    "film.mp4": [*_FILM, "-c:v", "libx264"],
    "broadcast.mp4": [*_PICTURE, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-r", "24000/1001"],
    "film.mov": [*_FILM, "-c:v", "libx264"],
    "film.mkv": [*_FILM, "-c:v", "libx264"],
    "film.webm": [*_FILM, "-c:v", "libvpx-vp9", "-c:a", "libopus"],
    "film.avi": [*_FILM, "-c:v", "mpeg4", "-c:a", "mp3"],
    "film.mpg": [*_FILM, "-c:v", "mpeg2video", "-c:a", "mp2"],
    "film.ts": [*_FILM, "-c:v", "libx264"],
    "film.m2ts": [*_FILM, "-c:v", "libx264", "-mpegts_m2ts_mode", "1"],
    "film.flv": [*_FILM, "-c:v", "libx264"],
    "film.mxf": [*_FILM, "-c:v", "mpeg2video", "-c:a", "pcm_s16le", "-ar", "48000"],
    "film.ivf": [*_PICTURE, "-c:v", "libvpx"],
    "film.3gp": [*_FILM, "-c:v", "mpeg4", "-c:a", "aac"],
    "film.wmv": [*_FILM, "-c:v", "wmv2", "-c:a", "wmav2"],
    "hdr.mkv": [*_PICTURE, "-c:v", "libx265", "-pix_fmt", "yuv420p10le"],
}
_TAGGED = {
    "title": "Rivers",
    "artist": "Ana Müller",
    "album": "Stones",
    "album_artist": "Various",
    "track": "3/9",
    "disc": "1/2",
    "date": "2020",
    "genre": "Rock",
    "composer": "Bo",
    "copyright": "2020 Ana",
}


def encoded(folder: Path) -> Iterator[Original]:
    """Sound and video of each format, encoded and tagged by FFmpeg."""
    tags = [part for name, value in _TAGGED.items() for part in ("-metadata", f"{name}={value}")]
    for name, options in _ENCODED.items():
        target = folder / name
        command = ["ffmpeg", "-v", "quiet", "-nostdin", *options, *tags, str(target)]
        if subprocess.run(command).returncode:
            print(f"FFmpeg here cannot write {name}", file=sys.stderr)
            continue
        with target.open("rb") as file:
            known = detect(file.read(HEAD_BYTES), name)
        yield Original(target, known.kind, known.content_type)


def table(compared: list[Comparison]) -> None:
    """How often each field agrees, differs, and is known to the other alone."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for comparison in compared:
        counts[comparison.tool, comparison.field][comparison.outcome] += 1
    print(f"{'tool':9} {'field':34} {'files':>6} {'agree':>6} {'differ':>6} {'lacking':>7}")
    for (tool, field), count in sorted(counts.items()):
        print(
            f"{tool:9} {field:34} {count.total():6} {count['agree']:6} {count['differ']:6}"
            f" {count['lacking']:7}"
        )
    total = sum(counts.values(), Counter[str]())
    print(
        f"{'':9} {'all fields':34} {total.total():6} {total['agree']:6} {total['differ']:6}"
        f" {total['lacking']:7}  {total['agree'] / total.total():.1%} agree"
    )


def by_format(compared: list[Comparison]) -> None:
    """How often sound and video agree, by the format of the file."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for comparison in compared:
        if comparison.tool == "ffprobe":
            counts[Path(comparison.file).suffix[1:].lower()][comparison.outcome] += 1
    print(f"\n{'format':9} {'fields':>6} {'agree':>6} {'differ':>6} {'lacking':>7}")
    for name, count in sorted(counts.items()):
        print(
            f"{name:9} {count.total():6} {count['agree']:6} {count['differ']:6}"
            f" {count['lacking']:7}"
        )


def report(compared: list[Comparison], everything: bool) -> int:
    """The disagreements; 1 where one has no explanation."""
    unexplained = 0
    for comparison in compared:
        if comparison.agrees:
            if everything:
                print(f"= {comparison.file} {comparison.field}: {comparison.ours!r}")
            continue
        reason = explanation(comparison)
        unexplained += reason is None
        print(
            f"\n{comparison.file} {comparison.field}: {comparison.ours!r}"
            f"\n  {comparison.tool}: {comparison.theirs!r}\n  {reason or 'UNEXPLAINED'}"
        )
    print(f"\n{unexplained} disagreements without an explanation")
    return 1 if unexplained else 0


def explanation(comparison: Comparison) -> str | None:
    """Why mediamill says something else, where that is known."""
    return EXPLAINED.get((comparison.file, comparison.field))


def compare(original: Original) -> Iterator[Comparison]:
    """What both sides say of one file."""
    ours = to_json(described(original))
    name = original.path.name
    if original.kind in (Kind.VIDEO, Kind.AUDIO):
        yield from _probe(name, ours, _ffprobe(original.path))
    yield from _exiftool_fields(name, ours, _exiftool(original.path))


def written(folder: Path) -> Iterator[Original]:
    """Copies of pictures of each format, with tags that ExifTool wrote."""
    names = [
        "Landscape_3.jpg",
        "with-alpha.png",
        "rotating-squares.webp",
        "G31D_MULTI.TIF",
        "testHEIF.heic",
        "pitm.avif",
    ]
    for original in originals():
        if original.path.name not in names:
            continue
        target = folder / f"written-{original.path.name}"
        shutil.copyfile(original.path, target)
        subprocess.run(
            ["exiftool", "-q", "-q", "-m", "-overwrite_original", *WRITTEN, str(target)], check=True
        )
        yield Original(target, original.kind, original.content_type)


WRITTEN = [
    "-EXIF:Make=Acme",
    "-EXIF:Model=Überkamera 3",
    "-EXIF:LensModel=50mm F1.4",
    "-EXIF:ExposureTime=1/250",
    "-EXIF:FNumber=2.8",
    "-EXIF:ISO=640",
    "-EXIF:FocalLength=50",
    "-EXIF:ExposureCompensation=-0.667",
    "-EXIF:DateTimeOriginal=2024:05:06 07:08:09",
    "-EXIF:OffsetTimeOriginal=+02:00",
    "-EXIF:SubSecTimeOriginal=5",
    "-EXIF:Artist=Ana Müller",
    "-EXIF:Copyright=© 2024 Ana Müller",
    "-EXIF:ImageDescription=A bridge",
    "-EXIF:UserComment=Ein Gruß",
    "-EXIF:GPSLatitude=46.9480",
    "-EXIF:GPSLatitudeRef=S",
    "-EXIF:GPSLongitude=7.4474",
    "-EXIF:GPSLongitudeRef=W",
    "-EXIF:GPSAltitude=540.5",
    "-EXIF:GPSAltitudeRef=1",
    "-EXIF:GPSDateStamp=2024:05:06",
    "-EXIF:GPSTimeStamp=05:08:09",
    "-EXIF:GPSImgDirection=271.5",
    "-IPTC:ObjectName=Bridge",
    "-IPTC:Keywords=river",
    "-IPTC:Keywords=stone",
    "-IPTC:By-line=Ana Müller",
    "-IPTC:Caption-Abstract=A bridge over a river",
    "-IPTC:CopyrightNotice=© 2024",
    "-IPTC:City=Bern",
    "-IPTC:Country-PrimaryLocationName=Switzerland",
    "-IPTC:DateCreated=2024:05:06",
    "-IPTC:TimeCreated=07:08:09+02:00",
    "-IPTC:CodedCharacterSet=UTF8",
    "-XMP-dc:Title=Bridge",
    "-XMP-dc:Description=A bridge over a river",
    "-XMP-dc:Subject=river",
    "-XMP-dc:Subject=stone",
    "-XMP-dc:Creator=Ana Müller",
    "-XMP-dc:Rights=© 2024",
    "-XMP-xmp:Rating=4",
    "-XMP-photoshop:City=Bern",
    "-XMP-xmp:CreateDate=2024:05:06 07:08:09+02:00",
]


# ffprobe ------------------------------------------------------------------------------------------

_RATIONAL = re.compile(r"(\d+)/(\d+)")
_PRIMARIES = {"bt709": "BT.709", "bt470bg": "BT.601 PAL", "bt2020": "BT.2020"}
_TRANSFERS = {"bt709": "BT.709", "bt470bg": "BT.470 System B/G", "smpte2084": "PQ"}
_MATRICES = {"bt709": "BT.709", "bt470bg": "BT.470 System B/G"}
_TAGS = ("title", "artist", "album", "album_artist", "genre", "composer", "comment", "copyright")


def _probe(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Comparison]:
    def both(field: str, mine: Any, other: Any) -> Iterator[Comparison]:
        if other not in (None, "", "unknown", "N/A"):
            yield Comparison(name, field, "ffprobe", mine, other)

    whole = theirs.get("format", {})
    yield from both("duration", ours.get("duration"), _number(whole.get("duration")))
    yield from both("bitrate", ours.get("bitrate"), _number(whole.get("bit_rate")))
    streams = theirs.get("streams", [])
    videos = [s for s in streams if s["codec_type"] == "video"]
    videos = [s for s in videos if not s["disposition"]["attached_pic"]]
    audios = [s for s in streams if s["codec_type"] == "audio"]
    if len(streams) > 0:
        yield from both("video tracks", len(ours.get("video_tracks", [])), len(videos))
        yield from both("audio tracks", len(ours.get("audio_tracks", [])), len(audios))
    for mine, other in zip(ours.get("video_tracks", []), videos, strict=False):
        for field, value in (
            ("codec", other["codec_name"]),
            ("profile", re.sub(r"^Profile | Profile$", "", other.get("profile", ""))),
            ("coded_width", other.get("width")),
            ("coded_height", other.get("height")),
            ("frame_rate", _number(other.get("avg_frame_rate"))),
            ("frame_count", _number(other.get("nb_frames"))),
            ("duration", _number(other.get("duration"))),
            ("bitrate", _number(other.get("bit_rate"))),
            ("pixel_format", other.get("pix_fmt")),
            ("color_primaries", _PRIMARIES.get(other.get("color_primaries", ""))),
            ("color_transfer", _TRANSFERS.get(other.get("color_transfer", ""))),
            ("color_matrix", _MATRICES.get(other.get("color_space", ""))),
            ("color_range", {"tv": "limited", "pc": "full"}.get(other.get("color_range", ""))),
        ):
            yield from both(f"video.{field}", mine.get(field), value)
    for mine, other in zip(ours.get("audio_tracks", []), audios, strict=False):
        codec = re.sub(r"^pcm_[suf]\d.*", "pcm", other["codec_name"])
        for field, value in (
            ("codec", codec),
            ("profile", other.get("profile")),
            ("sample_rate", _number(other.get("sample_rate"))),
            ("channels", other.get("channels")),
            ("duration", _number(other.get("duration"))),
            ("bitrate", _number(other.get("bit_rate"))),
        ):
            yield from both(f"audio.{field}", mine.get(field), value)
    tags = {
        key.lower(): value
        for source in (*streams, whole)
        for key, value in source.get("tags", {}).items()
    }
    stated = ours.get("tags", {})
    for tag in _TAGS:
        yield from both(f"tags.{tag}", stated.get(tag), tags.get(tag))
    for tag in ("track", "disc"):
        value, _, total = str(tags.get(tag, "")).partition("/")
        yield from both(f"tags.{tag}", stated.get(tag), _number(value))
        yield from both(f"tags.{tag}_total", stated.get(f"{tag}_total"), _number(total))
    yield from both("tags.date", stated.get("date"), when.iso(tags.get("date")))
    yield from both(
        "tags.created_at", stated.get("created_at"), when.iso(tags.get("creation_time"))
    )
    cover = any(s["disposition"]["attached_pic"] for s in streams)
    if streams:
        yield from both("tags.cover_art", bool(stated.get("cover_art")), cover)


def _ffprobe(path: Path) -> dict[str, Any]:
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", str(path)]
    answer = subprocess.run(command, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(answer.stdout or "{}")
    return found


def _number(value: Any) -> float | None:
    if value is None:
        return None
    if (match := _RATIONAL.fullmatch(str(value))) is not None:
        return int(match[1]) / int(match[2]) if int(match[2]) else None
    try:
        return float(value)
    except ValueError:
        return None


# ExifTool -----------------------------------------------------------------------------------------

# Where ExifTool names a tag of the standard otherwise.
_RENAMED = {
    "DateTime": "ModifyDate",
    "DateTimeDigitized": "CreateDate",
    "PhotographicSensitivity": "ISO",
    "PixelXDimension": "ExifImageWidth",
    "PixelYDimension": "ExifImageHeight",
    "ExposureBiasValue": "ExposureCompensation",
    "FocalLengthIn35mmFilm": "FocalLengthIn35mmFormat",
    "LensSpecification": "LensInfo",
    "BodySerialNumber": "SerialNumber",
    "CameraOwnerName": "OwnerName",
}
# APEX values are converted by ExifTool, even with -n.
_APEX: dict[str, Callable[[float], float]] = {
    "ShutterSpeedValue": lambda apex: 2**-apex,
    "ApertureValue": lambda apex: 2 ** (apex / 2),
    "MaxApertureValue": lambda apex: 2 ** (apex / 2),
}
_DOCUMENT = {
    "title": ("PDF:Title", "FlashPix:Title", "XMP-dc:Title", "RTF:Title", "XML:Title"),
    "author": ("PDF:Author", "FlashPix:Author", "XMP-dc:Creator", "RTF:Author"),
    "subject": ("PDF:Subject", "FlashPix:Subject", "XMP-dc:Subject"),
    "creator": ("PDF:Creator", "FlashPix:Software", "XML:Application", "XMP-meta:Generator"),
    "producer": ("PDF:Producer",),
    "created_at": (
        "PDF:CreateDate",
        "FlashPix:CreateDate",
        "XMP-dcterms:Created",
        "RTF:CreateDate",
        "XML:CreateDate",
        "XMP-meta:Creation-date",
    ),
    "modified_at": (
        "PDF:ModifyDate",
        "FlashPix:ModifyDate",
        "XMP-dcterms:Modified",
        "RTF:ModifyDate",
        "XML:ModifyDate",
        "XMP-dc:Date",
    ),
    "page_count": (
        "PDF:PageCount",
        "FlashPix:Pages",
        "XML:Pages",
        "RTF:Pages",
        "XMP-meta:Document-statisticPage-count",
    ),
    "word_count": (
        "FlashPix:Words",
        "XML:Words",
        "RTF:Words",
        "XMP-meta:Document-statisticWord-count",
    ),
    "character_count": (
        "XML:CharactersWithSpaces",
        "FlashPix:CharCountWithSpaces",
        "XMP-meta:Document-statisticCharacter-count",
        "RTF:Characters",
    ),
    "paragraph_count": (
        "FlashPix:Paragraphs",
        "XML:Paragraphs",
        "XMP-meta:Document-statisticParagraph-count",
    ),
    "slide_count": ("FlashPix:Slides", "XML:Slides"),
    "version": ("PDF:PDFVersion",),
    "linearized": ("PDF:Linearized",),
    "tagged": ("PDF:TaggedPDF",),
    "language": ("PDF:Language",),
    "company": ("FlashPix:Company", "XML:Company", "RTF:Company"),
    "last_modified_by": ("FlashPix:LastModifiedBy", "XML:LastModifiedBy", "RTF:LastModifiedBy"),
    "revision": ("FlashPix:RevisionNumber", "XML:RevisionNumber"),
    "template": ("FlashPix:Template", "XML:Template"),
}


def _exiftool_fields(
    name: str, ours: dict[str, Any], theirs: dict[str, Any]
) -> Iterator[Comparison]:
    def both(field: str, mine: Any, other: Any) -> Iterator[Comparison]:
        # Where ExifTool knows a field of ours, our not knowing it is a disagreement too.
        if other not in (None, "", []):
            yield Comparison(name, field, "exiftool", mine, other)

    yield from _dimensions(name, ours, theirs)
    exif = ours.get("exif", {})
    for tag in sorted({*MAIN.values(), *PHOTO.values(), *GPS.values()}):
        known = _RENAMED.get(tag, tag)
        value = exif.get(tag)
        other = next(
            (
                theirs[f"{group}:{known}"]
                for group in ("ExifIFD", "IFD0", "GPS", "SubIFD")
                if f"{group}:{known}" in theirs
            ),
            None,
        )
        if other is None:
            continue
        if tag in _APEX and isinstance(value, int | float):
            value = _APEX[tag](value)
        if tag.startswith("DateTime"):
            value, other = value and value[:19], when.iso(other)
        if tag in ("GPSLatitude", "GPSLongitude", "GPSTimeStamp"):
            continue  # compared as degrees and as a time, below
        yield from both(f"exif.{tag}", _joined(value), _joined(other))
    gps = ours.get("gps", {})
    for field, tag in (
        ("latitude", "Composite:GPSLatitude"),
        ("longitude", "Composite:GPSLongitude"),
        ("altitude", "Composite:GPSAltitude"),
        ("direction", "GPS:GPSImgDirection"),
    ):
        yield from both(f"gps.{field}", gps.get(field), theirs.get(tag))
    stamp = theirs.get("Composite:GPSDateTime")
    yield from both("gps.time", gps.get("time"), when.iso(stamp))
    iptc = ours.get("iptc", {})
    for tag, other in _group(theirs, "IPTC"):
        if tag in ("TimeCreated", "DigitalCreationTime") or tag not in IPTC.values():
            continue  # a part of a date
        if tag in ("DateCreated", "DigitalCreationDate"):
            clock = theirs.get("IPTC:" + tag.replace("Date", "Time"), "")
            other = when.iso(f"{other} {clock}") or when.iso(other)
        yield from both(f"iptc.{tag}", _joined(iptc.get(tag)), _joined(other))
    yield from _properties(name, ours.get("xmp", {}), theirs)
    if ours["kind"] == "image":
        image = ours.get("image", {})
        profile = theirs.get("ICC_Profile:ProfileDescription")
        yield from both("image.icc_profile", image.get("icc_profile"), profile)
        yield from both("image.frame_count", image.get("frame_count"), theirs.get("GIF:FrameCount"))
    if ours["kind"] in ("document", "office"):
        yield from _document(name, ours.get("document", {}), theirs)


def _group(theirs: dict[str, Any], group: str) -> Iterator[tuple[str, Any]]:
    for key, value in theirs.items():
        if key.startswith(f"{group}:"):
            yield key.partition(":")[2], value


def _properties(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Comparison]:
    """Simple properties of the standard's namespaces, where ExifTool has them under their names."""
    folded = {key.lower(): value for key, value in ours.items()}
    for key, other in theirs.items():
        group, _, local = key.partition(":")
        prefix = group.removeprefix("XMP-")
        if group == prefix or prefix not in _SCHEMES or local in _FLATTENED:
            continue
        value = folded.get(f"{prefix}:{_XMP_NAMES.get(local, local)}".lower())
        if value is None and any(
            local.lower().startswith(known.partition(":")[2])
            for known, entry in folded.items()
            if known.startswith(f"{prefix.lower()}:") and isinstance(entry, dict | list)
        ):
            continue  # ExifTool flattens what stands in a structure
        if isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict)):
            continue
        if local in _APEX and isinstance(value, int | float):
            value = _APEX[local](value)
        if "date" in local.lower() and isinstance(other, str):
            other = when.iso(other) or other
        if other not in ("", None, []):
            yield Comparison(name, f"xmp.{key[4:]}", "exiftool", _joined(value), _joined(other))


# Namespaces whose properties have the same names on both sides.
_SCHEMES = {"dc", "xmp", "xmpRights", "photoshop", "pdf", "tiff", "aux", "pdfaid", "crs"}
_FLATTENED = {"NativeDigest", "Thumbnails"}
_XMP_NAMES = {"ICCProfileName": "ICCProfile", "ImageHeight": "ImageLength"}


def _document(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Comparison]:
    for field, tags in _DOCUMENT.items():
        other = next((theirs[tag] for tag in tags if tag in theirs), None)
        if field.endswith("_at"):
            other = when.iso(other)
        if other not in (None, ""):
            yield Comparison(name, f"document.{field}", "exiftool", ours.get(field), other)
    if "PDF:Encryption" in theirs:
        yield Comparison(name, "document.encrypted", "exiftool", ours.get("encrypted"), True)


def _dimensions(name: str, ours: dict[str, Any], theirs: dict[str, Any]) -> Iterator[Comparison]:
    """ExifTool gives the stored size; the displayed one is that, turned."""
    if ours["kind"] not in ("image", "video"):
        return
    sizes = {
        key.partition(":")[2]: value
        for key, value in theirs.items()
        if key.endswith(("ImageWidth", "ImageHeight"))
        and key.split(":")[0]
        in ("File", "PNG", "GIF", "RIFF", "IFD0", "Track1", "Jpeg2000", "Matroska")
    }
    width, height = sizes.get("ImageWidth"), sizes.get("ImageHeight")
    if ours.get("orientation", 1) > 4 and ours.get("format") not in ("heic", "avif", "heif"):
        width, height = height, width
    if width and height:
        yield Comparison(name, "width", "exiftool", ours.get("width"), width)
        yield Comparison(name, "height", "exiftool", ours.get("height"), height)


def _exiftool(path: Path) -> dict[str, Any]:
    command = ["exiftool", "-j", "-n", "-G1", "-m", "-api", "LargeFileSupport=1", str(path)]
    answer = subprocess.run(command, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(answer.stdout or "[{}]")[0]
    return found


def _joined(value: Any) -> Any:
    """A list as ExifTool writes one with -n: its parts, separated by spaces."""
    if isinstance(value, list):
        return " ".join(str(part) for part in value)
    return value


def _same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return str(ours).lower() == str(theirs).lower() or {str(ours), str(theirs)} == {
            "True",
            "Yes",
        }
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs, rel_tol=1e-3, abs_tol=1e-3)
    left, right = str(ours).strip(), str(theirs).strip()
    if left.lower() == right.lower():
        return True
    numbers = [re.findall(r"[-+]?\d+(?:\.\d+)?", text) for text in (left, right)]
    words = [re.sub(r"[-+]?\d+(?:\.\d+)?", "#", text).lower() for text in (left, right)]
    return (
        words[0] == words[1]
        and bool(numbers[0])
        and all(
            math.isclose(float(a), float(b), rel_tol=1e-3) for a, b in zip(*numbers, strict=True)
        )
    )


if __name__ == "__main__":
    sys.exit(main())
