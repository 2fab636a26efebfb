"""Coordinates in XMP: `46,56.88N`, or degrees, minutes and seconds (XMP part 2, 1.2.7.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mediamill.domain.facts import GpsFacts
from mediamill.domain.metadata.reading import when
from mediamill.domain.wire import JSON

_COORDINATE = re.compile(
    r"(\d{1,3}),(\d{1,2}(?:\.\d{1,15})?)(?:,(\d{1,2}(?:\.\d{1,15})?))?([NSEW])"
)


def place_of(xmp: Mapping[str, JSON]) -> GpsFacts | None:
    """The place that a packet's `exif:GPS…` properties name; None where they name none."""
    latitude = _degrees(xmp.get("exif:GPSLatitude"), "NS", 90)
    longitude = _degrees(xmp.get("exif:GPSLongitude"), "EW", 180)
    if latitude is None or longitude is None:
        return None
    altitude, below = xmp.get("exif:GPSAltitude"), xmp.get("exif:GPSAltitudeRef") in (1, "1")
    direction = xmp.get("exif:GPSImgDirection")
    return GpsFacts(
        latitude=latitude,
        longitude=longitude,
        altitude=round(-altitude if below else altitude, 3)
        if isinstance(altitude, int | float)
        else None,
        time=when.iso(xmp.get("exif:GPSTimeStamp")),
        direction=round(direction, 3) if isinstance(direction, int | float) else None,
    )


def _degrees(stated: JSON, letters: str, most: int) -> float | None:
    match = _COORDINATE.fullmatch(stated.strip()) if isinstance(stated, str) else None
    if match is None or match[4] not in letters:
        return None
    degrees = int(match[1]) + float(match[2]) / 60 + float(match[3] or 0) / 3600
    if degrees > most:
        return None
    return round(-degrees if match[4] in "SW" else degrees, 7)
