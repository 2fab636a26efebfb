"""What the manifest may say of a record: all, all but places, or what players need."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mediamill.domain.facts import (
    ArchiveEntry,
    ArchiveFacts,
    CaptureFacts,
    CaptureSource,
    CaptureZone,
    ChapterFacts,
    DocumentFacts,
    GpsFacts,
    ImageBlock,
    Problem,
    SubtitleFacts,
    VideoFacts,
)
from mediamill.domain.kind import Kind
from mediamill.domain.metadata import MetadataRecord, publish
from mediamill.domain.metadata.publishing.published import MOST_BYTES
from mediamill.domain.privacy import Privacy
from mediamill.domain.wire import JSON, to_json

WHOLE = MetadataRecord(
    schema_version="1.0",
    key="a.jpg",
    bytes=10,
    kind=Kind.IMAGE,
    content_type="image/jpeg",
    sha256="ab" * 32,
    format="jpeg",
    width=4,
    height=3,
    orientation=6,
    image=ImageBlock(bit_depth=8),
    video=VideoFacts(codec="h264", encoder="x264 on ana's machine"),
    document=DocumentFacts(author="Ana", page_count=3, attachments=("plan.docx",)),
    exif={
        "Make": "Acme",
        "Copyright": "© Ana",
        "GPSLatitude": [46, 56, 52.8],
        "GPSAreaInformation": "Bern",
        "SubjectLocation": [1, 2],
    },
    iptc={"Keywords": ["river"], "City": "Bern", "Sub-location": "Bridge", "Credit": "Ana"},
    xmp={
        "dc:title": "Bridge",
        "photoshop:City": "Bern",
        "photoshop:Country": "Switzerland",
        "photoshop:State": "BE",
        "Iptc4xmpCore:Location": "Bridge",
        "exif:GPSLatitude": "46,56.88N",
        "Iptc4xmpExt:LocationShown": [{"Iptc4xmpExt:City": "Bern"}],
        "xmpMM:History": {"place": {"Iptc4xmpExt:City": "Bern"}},
        "dc:rights": "© Ana",
    },
    gps=GpsFacts(46.948, 7.4474),
    tags={"title": "Bridge", "artist": "Ana", "copyright": "© Ana"},
    problems=(Problem("truncated", "Cut."),),
    captured_at="2024-05-06T07:08:09+02:00",
    captured_from=CaptureFacts(CaptureSource.EXIF, CaptureZone.STATED),
    chapters=(ChapterFacts(0.0, "At Ana's"),),
    subtitles=(SubtitleFacts("srt", "de", "For Ana"),),
    archive=ArchiveFacts(1, 3, False, (ArchiveEntry("Ana.txt", 3),)),
    raw={"mediainfo": [{"com_apple_quicktime_location_ISO6709": "+46.9+7.4/"}]},
)


def test_keep_publishes_every_block() -> None:
    published = publish(WHOLE, Privacy.KEEP)
    assert published["gps"] == {"latitude": 46.948, "longitude": 7.4474}
    assert published["exif"]["GPSAreaInformation"] == "Bern"  # type: ignore[index,call-overload]
    assert {"format", "width", "height", "orientation", "sha256"} <= published.keys()


def test_no_location_leaves_no_trace_of_the_place() -> None:
    published = publish(WHOLE, Privacy.NO_LOCATION)
    assert "gps" not in published
    text = json.dumps(published, ensure_ascii=False)
    for trace in ("Bern", "46", "Switzerland", "BE"):
        assert trace not in text
    assert published["exif"] == {"Make": "Acme", "Copyright": "© Ana"}
    assert published["iptc"] == {"Keywords": ["river"], "Credit": "Ana"}
    assert published["tags"] == WHOLE.tags


def test_minimal_keeps_what_players_need_and_the_notice_of_rights() -> None:
    published = publish(WHOLE, Privacy.MINIMAL)
    assert published == {
        "format": "jpeg",
        "width": 4,
        "height": 3,
        "orientation": 6,
        "sha256": "ab" * 32,
        "problems": [{"code": "truncated", "message": "Cut."}],
        "chapters": [{"start": 0.0}],
        "subtitles": [{"codec": "srt", "language": "de"}],
        "archive": {"entry_count": 1, "unpacked_bytes": 3, "encrypted": False},
        "image": {"bit_depth": 8},
        "video": {"codec": "h264"},
        "document": {"page_count": 3},
        "exif": {"Copyright": "© Ana"},
        "xmp": {"dc:rights": "© Ana"},
        "tags": {"copyright": "© Ana"},
    }


@pytest.mark.parametrize("privacy", list(Privacy))
def test_what_only_the_record_holds_is_never_published(privacy: Privacy) -> None:
    published = publish(WHOLE, privacy)
    assert not {"raw", "stored", "key", "extension"} & published.keys()


def test_the_published_part_fits_a_database_item() -> None:
    record = MetadataRecord(
        schema_version="1.0",
        key="a",
        bytes=1,
        kind=Kind.IMAGE,
        content_type="image/jpeg",
        width=5,
        xmp={f"own:{index}": "ü" * 2_000 for index in range(500)},
        exif={"Make": "Acme"},
    )
    published = publish(record, Privacy.KEEP)
    assert len(json.dumps(published, ensure_ascii=False).encode()) <= MOST_BYTES
    assert published["width"] == 5
    assert published["exif"] == {"Make": "Acme"}
    assert published["facts_truncated"] == ["xmp"]
    assert isinstance(published["xmp"], dict)
    assert len(published["xmp"]) > 10, "no more was cut than had to be"


TEXTS = st.text(max_size=3_000)
OPEN = st.dictionaries(st.text(min_size=1, max_size=20), TEXTS | st.lists(TEXTS), max_size=200)


@settings(max_examples=25, suppress_health_check=[HealthCheck.data_too_large, HealthCheck.too_slow])
@given(xmp=OPEN, exif=OPEN, chapters=st.lists(TEXTS, max_size=200), attached=st.lists(TEXTS))
def test_whatever_a_file_says_its_published_part_stays_under_the_bound(
    xmp: dict[str, JSON], exif: dict[str, JSON], chapters: list[str], attached: list[str]
) -> None:
    record = MetadataRecord(
        schema_version="1.1",
        key="a",
        bytes=1,
        kind=Kind.VIDEO,
        content_type="video/mp4",
        xmp=xmp,
        exif=exif,
        chapters=tuple(ChapterFacts(1.0, title) for title in chapters),
        document=DocumentFacts(attachments=tuple(attached)),
    )
    published = publish(record, Privacy.KEEP)
    assert len(json.dumps(published, ensure_ascii=False).encode()) <= MOST_BYTES
    if "facts_truncated" not in published:
        assert published.get("xmp", {}) == to_json(record).get("xmp", {})
