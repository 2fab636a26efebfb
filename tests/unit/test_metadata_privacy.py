"""What the manifest may say of a record: all, all but places, or what players need."""

from __future__ import annotations

import json

import pytest

from mediamill.domain.facts import DocumentFacts, GpsFacts, ImageBlock, VideoFacts
from mediamill.domain.kind import Kind
from mediamill.domain.metadata import MetadataRecord, Problem, publish
from mediamill.domain.metadata.publishing.published import MOST_BYTES
from mediamill.domain.privacy import Privacy

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
    assert not {"raw", "problems", "stored", "key", "extension"} & published.keys()


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
