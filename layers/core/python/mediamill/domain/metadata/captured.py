"""When a picture or a film was taken: one answer of the many that a file has."""

from __future__ import annotations

from collections.abc import Iterable

from mediamill.domain.facts import CaptureFacts, CaptureSource, CaptureZone
from mediamill.domain.metadata.reading import when

XMP_DATES = ("exif:DateTimeOriginal", "photoshop:DateCreated", "xmp:CreateDate")
"""Properties that say when a picture was taken, the most exact first."""

_SECONDS = len("2024-05-06T07:08:09")
_UTC = {CaptureSource.CONTAINER, CaptureSource.GPS}  # whose `Z` is the clock's and not the place's


def captured(
    candidates: Iterable[tuple[CaptureSource, object]],
) -> tuple[str, CaptureFacts] | None:
    """The first of `candidates` that is a date, with its source and what is known of its zone.

    A date without a zone takes that of another candidate which states the same second with one.
    """
    dates = [(source, date) for source, stated in candidates if (date := when.iso(stated))]
    dates = [(source, date) for source, date in dates if not when.is_unset(date)]
    if not dates:
        return None
    source, date = dates[0]
    if not _offset(date) and len(date) >= _SECONDS:
        same = [_offset(other) for _, other in dates if other[:_SECONDS] == date[:_SECONDS]]
        date += next(filter(None, same), "")
    zone = CaptureZone.STATED if _offset(date) else CaptureZone.UNKNOWN
    if date.endswith("Z") and source in _UTC:
        zone = CaptureZone.UTC
    return date, CaptureFacts(source, zone)


def _offset(date: str) -> str:
    """The offset at the end of an ISO date with a time; empty where it has none."""
    time = date[len("2024-05-06") :]
    for sign in "Z+-":
        if sign in time:
            return time[time.index(sign) :]
    return ""
