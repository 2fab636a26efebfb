"""One date of all that a file has, with where it stands and what is known of its zone."""

from __future__ import annotations

import pytest

from mediamill.domain.facts import CaptureFacts, CaptureSource, CaptureZone, GpsFacts
from mediamill.domain.metadata.blocks.places import place_of
from mediamill.domain.metadata.captured import captured

EXIF, XMP, GPS = CaptureSource.EXIF, CaptureSource.XMP, CaptureSource.GPS
STATED, UNKNOWN, UTC = CaptureZone.STATED, CaptureZone.UNKNOWN, CaptureZone.UTC


@pytest.mark.parametrize(
    ("candidates", "at", "source", "zone"),
    [
        ([(EXIF, "2024:05:06 07:08:09")], "2024-05-06T07:08:09", EXIF, UNKNOWN),
        ([(EXIF, None), (XMP, "2024-05-06")], "2024-05-06", XMP, UNKNOWN),
        ([(EXIF, "0000:00:00 00:00:00"), (XMP, "2024-05")], "2024-05", XMP, UNKNOWN),
        (
            [(EXIF, "2024:05:06 07:08:09"), (XMP, "2024-05-06T07:08:09-05:00")],
            "2024-05-06T07:08:09-05:00",
            EXIF,
            STATED,
        ),
        (
            [(EXIF, "2024:05:06 07:08:09"), (XMP, "2024-05-07T00:00:00-05:00")],
            "2024-05-06T07:08:09",
            EXIF,
            UNKNOWN,
        ),
        ([(GPS, "2024-05-06T05:08:09Z")], "2024-05-06T05:08:09Z", GPS, UTC),
        ([(XMP, "2024-05-06T05:08:09Z")], "2024-05-06T05:08:09Z", XMP, STATED),
        ([(EXIF, "1970:01:01 00:00:00"), (XMP, "2001-01-01")], "2001-01-01", XMP, UNKNOWN),
    ],
)
def test_the_first_that_is_a_date_is_believed(
    candidates: list[tuple[CaptureSource, object]],
    at: str,
    source: CaptureSource,
    zone: CaptureZone,
) -> None:
    assert captured(candidates) == (at, CaptureFacts(source, zone))


@pytest.mark.parametrize("nothing", [[], [(XMP, "yesterday")], [(EXIF, 7)]])
def test_what_is_no_date_is_none(nothing: list[tuple[CaptureSource, object]]) -> None:
    assert captured(nothing) is None


def test_a_place_that_stands_in_xmp_alone_is_a_place() -> None:
    assert place_of(
        {
            "exif:GPSLatitude": "46,56.88S",
            "exif:GPSLongitude": "7,26,50.64E",
            "exif:GPSAltitude": 540,
            "exif:GPSAltitudeRef": 1,
        }
    ) == GpsFacts(-46.948, 7.4474, -540)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [("46,56.88E", "7,26.8E"), ("91,0N", "7,0E"), ("46.9", "7.4"), ("46,56.88N", None)],
)
def test_coordinates_that_are_none_are_no_place(latitude: str, longitude: str | None) -> None:
    assert place_of({"exif:GPSLatitude": latitude, "exif:GPSLongitude": longitude}) is None
