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
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from made.corpus import CORPUS, Original, described, originals  # noqa: E402

from mediamill.domain.metadata.blocks.exif_names import GPS, MAIN, PHOTO  # noqa: E402
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
    def agrees(self) -> bool:
        """Equal within rounding: a part in a thousand, or a millisecond, or a letter's case."""
        return _same(self.ours, self.theirs)


# Why a difference is right, by file and field; `*` is any. The note in docs says it at length.
EXPLAINED: list[tuple[str, str, str]] = [
    (
        "testMP4_QuickTimeMetadata.mov",
        "bitrate",
        "No picture or sound is in the file: its bytes by its duration are no stream's rate.",
    ),
    (
        "*",
        "bitrate",
        "Bytes by duration: MediaInfo rounds the duration to milliseconds, which shows in files of"
        " a few; of MP3 it gives the stream's own rate, without tags and cover.",
    ),
    (
        "testMP4.m4a",
        "audio.bitrate",
        "Bytes by duration, rounded to milliseconds, of a stream of 70 ms.",
    ),
    (
        "testVideoMp4.mp4",
        "audio.bitrate",
        "The rate that the stream's descriptor states; ffprobe averages over its samples.",
    ),
    (
        "*",
        "tags.comment",
        "Two comments: MediaInfo joins them with a slash, ffprobe with a semicolon.",
    ),
    (
        "testVideoMp4.mp4",
        "tags.created_at",
        "1970-01-01 is the clock's beginning, not a date: the writer had none.",
    ),
    (
        "testWEBM.webm",
        "video.profile",
        "VP8's profile stands in its frames, which are not read.",
    ),
    (
        "*.doc|*.xls|*.ppt",
        "document.(created|modified)_at",
        "The file's clock is UTC ([MS-OLEPS] 2.7, FILETIME); ExifTool leaves the zone unsaid.",
    ),
    (
        "*.docx|*.xlsx|*.pptx",
        "document.creator",
        "The application with its version; ExifTool gives the version apart.",
    ),
    (
        "TAMReview.pdf",
        "document.created_at",
        "Written as D:20100316021332-0100, without apostrophes, as ISO 8601 has it; ExifTool"
        " leaves such an offset out.",
    ),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", action="store_true", help="list what agrees, too")
    arguments = parser.parse_args()
    if missing := [tool for tool in ("exiftool", "ffprobe") if shutil.which(tool) is None]:
        print(f"not installed: {', '.join(missing)}", file=sys.stderr)
        return 2
    if not CORPUS.exists():
        print(f"no corpus at {CORPUS}", file=sys.stderr)
        return 2
    compared = list(comparisons())
    table(compared)
    return report(compared, arguments.all)


def comparisons() -> Iterator[Comparison]:
    """Every field that both sides give, of the corpus and of the written copies."""
    for original in originals():
        yield from compare(original)
    with tempfile.TemporaryDirectory() as folder:
        for original in written(Path(folder)):
            yield from compare(original)


def table(compared: list[Comparison]) -> None:
    """How often each field agrees."""
    counts: dict[tuple[str, str], Counter[bool]] = defaultdict(Counter)
    for comparison in compared:
        counts[comparison.tool, comparison.field][comparison.agrees] += 1
    print(f"{'tool':9} {'field':34} {'files':>6} {'agree':>6}")
    for (tool, field), count in sorted(counts.items()):
        print(f"{tool:9} {field:34} {count.total():6} {count[True]:6}")
    total = sum(count.total() for count in counts.values())
    agree = sum(count[True] for count in counts.values())
    print(f"{'':9} {'all fields':34} {total:6} {agree:6}  {agree / total:.1%}")


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
    for file, field, reason in EXPLAINED:
        if any(fnmatch(comparison.file, part) for part in file.split("|")) and re.fullmatch(
            field, comparison.field
        ):
            return reason
    return None


def compare(original: Original) -> Iterator[Comparison]:
    """What both sides say of one file."""
    ours = to_json(described(original))
    name = original.path.name
    if original.path.parent.name == "av":
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
            ("profile", other.get("profile")),
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
        codec = re.sub(r"^pcm_.*", "pcm", other["codec_name"])
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
        value = str(tags.get(tag, "")).partition("/")[0]
        yield from both(f"tags.{tag}", stated.get(tag), _number(value))
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
    for tag, value in exif.items():
        known = _RENAMED.get(tag, tag)
        other = next(
            (
                theirs[f"{group}:{known}"]
                for group in ("ExifIFD", "IFD0", "GPS", "SubIFD")
                if f"{group}:{known}" in theirs
            ),
            None,
        )
        if tag in _APEX and isinstance(value, int | float):
            value = _APEX[tag](value)
        if tag.startswith("DateTime"):
            value, other = value[:19], when.iso(other)
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
    for tag, value in ours.get("iptc", {}).items():
        other = theirs.get(f"IPTC:{tag}")
        if tag == "DateCreated":
            other = when.iso(f"{other} {theirs.get('IPTC:TimeCreated', '')}")
        yield from both(f"iptc.{tag}", _joined(value), _joined(other))
    folded = {key.lower(): value for key, value in theirs.items()}
    for tag, value in ours.get("xmp", {}).items():
        prefix, _, local = tag.partition(":")
        if isinstance(value, dict) or (
            isinstance(value, list) and value and isinstance(value[0], dict)
        ):
            continue
        other = folded.get(f"xmp-{prefix}:{local}".lower())
        if local in _APEX and isinstance(value, int | float):
            value = _APEX[local](value)
        if "date" in tag.lower() and isinstance(other, str):
            other = when.iso(other) or other
        yield from both(f"xmp.{prefix}", _joined(value), _joined(other))
    if ours["kind"] == "image":
        image = ours.get("image", {})
        profile = theirs.get("ICC_Profile:ProfileDescription")
        yield from both("image.icc_profile", image.get("icc_profile"), profile)
        yield from both("image.frame_count", image.get("frame_count"), theirs.get("GIF:FrameCount"))
    if ours["kind"] in ("document", "office"):
        yield from _document(name, ours.get("document", {}), theirs)


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


_NAMES = {*MAIN.values(), *PHOTO.values(), *GPS.values()}

if __name__ == "__main__":
    sys.exit(main())
