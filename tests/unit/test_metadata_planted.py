"""A secret in every field of every format: the manifest tells those that a privacy mode names.

What is hidden is listed here again, from the standards and not from the code's own list.
"""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made.pdf import document, stream
from made.planted import (
    element,
    exif,
    iptc,
    jpeg,
    package,
    photoshop,
    secret,
    secrets_in,
    sound,
    xmp,
)

from mediamill.domain.detect import HEAD_BYTES, detect
from mediamill.domain.metadata import describe, publish
from mediamill.domain.metadata.blocks.exif_names import GPS, MAIN, PHOTO
from mediamill.domain.privacy import Privacy

SCHEMES = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "exif": "http://ns.adobe.com/exif/1.0/",
    "tiff": "http://ns.adobe.com/tiff/1.0/",
    "aux": "http://ns.adobe.com/exif/1.0/aux/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "Iptc4xmpCore": "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "own": "urn:somebody:else",
}
# Fields that say where, how to reach somebody, or which device it was.
LEAKS = [
    "dc:coverage",
    "photoshop:City",
    "photoshop:State",
    "photoshop:Country",
    "Iptc4xmpCore:Location",
    "Iptc4xmpCore:CountryCode",
    *(f"Iptc4xmpCore:CiAdr{part}" for part in ("Extadr", "City", "Region", "Pcode", "Ctry")),
    *(f"Iptc4xmpCore:Ci{part}" for part in ("TelWork", "EmailWork", "UrlWork")),
    *(
        f"Iptc4xmpExt:{part}"
        for part in (
            *("LocationCreated", "LocationShown", "City", "Sublocation", "ProvinceState"),
            *("CountryName", "CountryCode", "WorldRegion", "Event", "PersonInImage"),
        )
    ),
    *(
        f"plus:Licensor{part}"
        for part in ("Name", "StreetAddress", "City", "Region", "PostalCode", "Country", "Email")
    ),
    "plus:LicensorTelephone1",
    "lr:hierarchicalSubject",
    "digiKam:TagsList",
    "MicrosoftPhoto:LastKeywordXMP",
    "exif:GPSLatitude",
    "exif:GPSAreaInformation",
    "exif:UserComment",
    "aux:SerialNumber",
    "aux:OwnerName",
    "crs:RawFileName",
    "own:anything",
    "own:title",
    "xmpMM:History",
]
SHOWN = ["dc:title", "dc:creator", "dc:rights", "photoshop:Headline", "tiff:Make", "xmp:Label"]


def told(body: bytes, key: str, privacy: Privacy) -> set[str]:
    """The fields whose secrets the manifest's part tells."""
    found = detect(body[:HEAD_BYTES], key)
    record = describe(
        io.BytesIO(body),
        key=key,
        size=len(body),
        kind=found.kind,
        content_type=found.content_type,
    )
    return secrets_in(json.dumps(publish(record, privacy), ensure_ascii=False))


def test_exif_tells_how_and_not_where_or_with_which_device() -> None:
    main = {**MAIN, 0xEA1C: "unknown"}
    photo = {**PHOTO, 0x927C: "MakerNote", 0xEA1D: "unknown-2"}
    body = jpeg((0xE1, b"Exif\0\0" + exif(main, photo, GPS)))
    everything = told(body, "a.jpg", Privacy.KEEP)
    assert {"Artist", "GPSAreaInformation", "BodySerialNumber"} <= everything
    hidden = {
        *GPS.values(),
        *("MakerNote", "unknown", "unknown-2", "HostComputer", "CameraSerialNumber"),
        *("BodySerialNumber", "LensSerialNumber", "CameraOwnerName", "ImageUniqueID"),
        *("UserComment", "RelatedSoundFile", "SubjectLocation"),
        *("Temperature", "Humidity", "Pressure", "WaterDepth", "Acceleration"),
        "CameraElevationAngle",
    }
    assert told(body, "a.jpg", Privacy.NO_LOCATION) == everything - hidden
    assert told(body, "a.jpg", Privacy.MINIMAL) == {"Copyright"}


def test_iptc_tells_neither_places_nor_contacts() -> None:
    body = jpeg((0xED, photoshop(iptc())))
    places = {"26", "27", "90", "92", "95", "100", "101"}
    shown = told(body, "a.jpg", Privacy.NO_LOCATION)
    assert {"5", "25", "80", "105", "110", "116", "120"} <= shown
    assert shown.isdisjoint(places | {"118"})
    assert shown <= told(body, "a.jpg", Privacy.KEEP) - places
    assert told(body, "a.jpg", Privacy.MINIMAL) == {"116"}


NAMES = st.sampled_from([*LEAKS, *SHOWN])


@st.composite
def properties(draw: st.DrawFn, depth: int = 3) -> str:
    """A property with a secret of its own at every depth: text, a list, a structure."""
    name = draw(NAMES)
    inside = secret(name)
    shape = draw(st.sampled_from(["text", "bag", "alt", "structure"] if depth else ["text"]))
    if shape == "bag":
        inside = f"<rdf:Bag><rdf:li>{inside}</rdf:li></rdf:Bag>"
    elif shape == "alt":
        inside = f'<rdf:Alt><rdf:li xml:lang="x-default">{inside}</rdf:li></rdf:Alt>'
    elif shape == "structure":
        members = "".join(draw(st.lists(properties(depth=depth - 1), min_size=1, max_size=3)))
        inside = draw(
            st.sampled_from(
                [
                    f"<rdf:Description>{members}</rdf:Description>",
                    f"<rdf:Bag><rdf:li rdf:parseType='Resource'>{members}</rdf:li></rdf:Bag>",
                ]
            )
        )
    return f"<{name}>{inside}</{name}>"


@settings(max_examples=120, deadline=None)
@given(inside=st.lists(properties(), max_size=12))
def test_xmp_tells_no_leak_at_any_depth(inside: list[str]) -> None:
    body = jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp("".join(inside), SCHEMES)[:65_000]))
    assert told(body, "a.jpg", Privacy.NO_LOCATION).isdisjoint(LEAKS)
    assert told(body, "a.jpg", Privacy.MINIMAL) <= {"dc:rights"}


def test_a_keyword_that_is_a_path_of_places_stays_in_the_record() -> None:
    words = f"<dc:subject><rdf:Bag><rdf:li>{secret('flat')}</rdf:li>"
    words += f"<rdf:li>Places|{secret('path')}</rdf:li></rdf:Bag></dc:subject>"
    body = jpeg((0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(words, SCHEMES)))
    assert told(body, "a.jpg", Privacy.KEEP) == {"flat", "path"}
    assert told(body, "a.jpg", Privacy.NO_LOCATION) == {"flat"}


def test_the_name_of_a_profile_is_told_only_where_many_devices_share_it() -> None:
    def named(name: str) -> bytes:
        text = name.encode() + b"\0"
        tag = b"desc" + bytes(4) + len(text).to_bytes(4) + text
        profile = bytearray(132) + (1).to_bytes(4)[:0]
        profile[16:20], profile[36:40], profile[128:132] = b"GRAY", b"acsp", (1).to_bytes(4)
        profile += b"desc" + (144).to_bytes(4) + len(tag).to_bytes(4) + tag
        return jpeg((0xE2, b"ICC_PROFILE\0\x01\x01" + bytes(profile)))

    assert told(named(secret("Ana's display")), "a.jpg", Privacy.MINIMAL) == set()
    assert told(named(secret("display")), "a.jpg", Privacy.NO_LOCATION) == {"display"}
    record = describe(
        io.BytesIO(body := named("Display P3")),
        key="a.jpg",
        size=len(body),
        kind=detect(body, "a.jpg").kind,
        content_type="image/jpeg",
    )
    assert publish(record, Privacy.MINIMAL)["image"]["icc_profile"] == "Display P3"  # type: ignore[index,call-overload]


def test_a_pdf_with_minimal_tells_nothing_that_its_author_wrote() -> None:
    fields = ("Title", "Author", "Subject", "Keywords", "Creator", "Producer", "Company", "GTS")
    info = b"<<%b>>" % b"".join(b"/%b(%b)" % (f.encode(), secret(f).encode()) for f in fields)
    packet = stream(xmp(f"<dc:coverage>{secret('dc:coverage')}</dc:coverage>", SCHEMES))
    files = b"<</EmbeddedFiles<</Names[(a)<</F(%b)>>]>>>>" % secret("attachment").encode()
    body = document(
        [b""],
        catalog_entries=b"/Metadata 5 0 R/Lang(%b)/Names %b" % (secret("lang").encode(), files),
        more={4: info, 5: packet},
        trailer=b"/Info 4 0 R",
    )
    everything = told(body, "a.pdf", Privacy.KEEP)
    assert {"Title", "Author", "attachment", "dc:coverage"} <= everything
    assert told(body, "a.pdf", Privacy.NO_LOCATION) == everything - {"dc:coverage"}
    assert told(body, "a.pdf", Privacy.MINIMAL) == set()


def test_an_office_file_with_minimal_tells_nothing_that_its_author_wrote() -> None:
    core = ("title", "subject", "creator", "description", "keywords", "lastModifiedBy", "language")
    app = ("Application", "Company", "Template", "Manager", "HyperlinkBase")
    body = package(
        {
            "[Content_Types].xml": "<Types/>",
            "word/document.xml": "<w/>",
            "docProps/core.xml": element("coreProperties", "urn:core", core),
            "docProps/app.xml": element("Properties", "urn:app", app),
            "docProps/custom.xml": element("Properties", "urn:custom", ("Client", "City")),
        }
    )
    assert {"title", "creator", "Company"} <= told(body, "a.docx", Privacy.NO_LOCATION)
    assert told(body, "a.docx", Privacy.KEEP).isdisjoint({"Client", "City"})
    assert told(body, "a.docx", Privacy.MINIMAL) == set()


CONTAINERS = {
    "ID3": ("mp3", "libmp3lame", {}),
    "Vorbis comments": ("flac", "flac", {}),
    "Vorbis comments of Ogg": ("ogg", "libopus", {}),
    "iTunes": ("ipod", "aac", {}),
    "QuickTime": ("mov", "aac", {"movflags": "use_metadata_tags"}),
    "Matroska": ("matroska", "libopus", {}),
    "RIFF": ("wav", "pcm_s16le", {}),
}
TAGS = [
    *("title", "artist", "album", "copyright", "comment", "genre"),
    *("location", "location-eng", "GEO", "geo_position", "LOCATION", "country", "city"),
    *("com.apple.quicktime.location.ISO6709", "com.apple.quicktime.location.name"),
    *("com.android.capture.address", "own_field", "TXXX", "owner", "serial_number"),
]


@pytest.mark.parametrize("name", CONTAINERS)
def test_a_container_tells_the_tags_that_have_a_name_and_no_place(name: str) -> None:
    container, codec, options = CONTAINERS[name]
    body = sound(container, codec, TAGS, **options)
    shown = told(body, "a", Privacy.NO_LOCATION)
    assert "artist" in shown
    assert shown <= {*TAGS[:6], "stream-title"}
    assert told(body, "a", Privacy.MINIMAL) <= {"copyright"}
