"""A container's tags under our names, and when and where it was recorded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from mediamill.domain.facts import CaptureSource, GpsFacts
from mediamill.domain.metadata.media.movie import MovieFacts
from mediamill.domain.metadata.media.streams import Track, extra_of
from mediamill.domain.metadata.reading import when
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.wire import JSON

# MediaInfo's name of a tag: ours.
_TAGS = {
    "Title": "title",
    "Movie": "title",
    "Track": "title",
    "Performer": "artist",
    "Album": "album",
    "Album_Performer": "album_artist",
    "Track_Position": "track",
    "Track_Position_Total": "track_total",
    "Part_Position": "disc",
    "Part_Position_Total": "disc_total",
    "Part": "disc",
    "Genre": "genre",
    "Composer": "composer",
    "Director": "director",
    "Publisher": "publisher",
    "Copyright": "copyright",
    "Description": "description",
    "Comment": "comment",
    "Keywords": "keywords",
    "Lyrics": "lyrics",
    "BPM": "bpm",
    "ISRC": "isrc",
    "Season": "season",
    "Encoded_Library": "encoder",
    "Encoded_Application": "encoder",
    "com_apple_quicktime_make": "make",
    "com_apple_quicktime_model": "model",
    "com_apple_quicktime_software": "software",
    "Encoded_Hardware_CompanyName": "make",
    "Encoded_Hardware_Model": "model",
    "Encoded_Hardware_Name": "model",
}
_OURS = frozenset(_TAGS.values())
_NUMBERS = {"track", "track_total", "disc", "disc_total", "bpm", "season"}

_PLACES = (
    "com_apple_quicktime_location_ISO6709",
    "Recorded_Location",
    "xyz",
    "LOCATION",
    "Location",
)
_CREATED = ("com_apple_quicktime_creationdate", "creationdate", "DATE_DIGITIZED")


# Vorbis comments' names that are not ours.
_VORBIS = {
    "tracknumber": "track",
    "tracktotal": "track_total",
    "totaltracks": "track_total",
    "discnumber": "disc",
    "disctotal": "disc_total",
    "albumartist": "album_artist",
    "organization": "publisher",
}
_TOTALS = {"track": "track_total", "disc": "disc_total"}
_BINARY = "(Binary)"


def tags_of(
    general: Track, movie: MovieFacts, *own: Mapping[str, JSON], ours_alone: bool = False
) -> dict[str, JSON]:
    """The tags by our names; those of `own` readers are believed before MediaInfo's.

    With `ours_alone` MediaInfo's credits are left out: it takes the letters of RIFF's list for
    those of a film.
    """
    tags: dict[str, JSON] = {}
    for reader in own:
        for name, text in reader.items():
            _note(tags, _VORBIS.get(name, name), text)
    for name, stated in _stated(general):
        if not (ours_alone and name in _CREDITS):
            _note(tags, name, stated)
    for name, words in movie.texts.items():
        _note(tags, name, words)
    extra = extra_of(general)
    dates = [general.get("Recorded_Date"), general.get("Released_Date"), extra.get("DATE")]
    dates += [tags.pop("date", None), extra.get("date")]
    for recorded in filter(None, map(when.iso, dates)):
        if not when.is_unset(recorded):
            tags["date"] = recorded
            break
    if created := next((at for _, at in created_of(general, movie)), None):
        tags["created_at"] = created
    if general.get("Cover") == "Yes" or general.get("Cover_Type"):
        tags["cover_art"] = True
    return tags


_CREDITS = {"director", "disc", "track", "title", "artist", "album", "genre", "comment"}


def _stated(general: Track) -> Iterator[tuple[str, object]]:
    extra = extra_of(general)
    if general.get("Format") == "Windows Media" and "Author" in extra:
        # Its performer is the album's artist (WM/AlbumArtist), and its author the track's.
        yield "artist", extra["Author"]
        yield "album_artist", general.get("Performer")
        yield "disc", extra.get("WM_PartOfSet")
    for source in (general, extra):
        for theirs, ours in _TAGS.items():
            yield ours, source.get(theirs)
    # Matroska's own names, where MediaInfo leaves them as they are.
    for name, value in extra.items():
        if name.lower() in _OURS:
            yield name.lower(), value


def _note(tags: dict[str, JSON], name: str, stated: object) -> None:
    if isinstance(stated, bool | int):
        tags.setdefault(name, stated)
        return
    value = clean(stated)
    if not value or value == _BINARY or name in tags or name not in _KNOWN:
        return
    if name not in _NUMBERS:
        tags[name] = value
        return
    if number := re.match(r"\d{1,9}", value):
        tags[name] = int(number[0])
    if name in _TOTALS and (total := re.fullmatch(r"\d+\s*/\s*(\d{1,9})", value)):
        tags.setdefault(_TOTALS[name], int(total[1]))


_KNOWN = _OURS | {"date", "conductor", "source"}


def created_of(general: Track, movie: MovieFacts) -> Iterator[tuple[CaptureSource, str]]:
    """When it was recorded, from the most exact clock to the least; clocks never set are none."""
    extra = extra_of(general)
    clocks: Iterable[tuple[CaptureSource, object]] = (
        *((CaptureSource.QUICKTIME, extra.get(name)) for name in _CREATED[:2]),
        (CaptureSource.CONTAINER, extra.get(_CREATED[2])),
        (CaptureSource.CONTAINER, general.get("Encoded_Date")),
        (CaptureSource.CONTAINER, movie.created_at),
    )
    for source, clock in clocks:
        created = when.iso(clock)
        if created and not when.is_unset(created):
            yield source, created


def places_of(general: Track) -> Iterator[GpsFacts]:
    """The places that tags name by coordinates."""
    for source in (general, extra_of(general)):
        for name in _PLACES:
            if name in source and (place := parse_place(str(source[name]))):
                yield place


def parse_place(text: str) -> GpsFacts | None:
    """ISO 6709 as QuickTime writes it (`+12.3456-098.7654+010.500/`) as signed degrees."""
    match = re.match(r"([+-]\d{2,}(?:\.\d+)?)([+-]\d{3,}(?:\.\d+)?)([+-]\d+(?:\.\d+)?)?", text)
    if match is None:
        return None
    latitude, longitude = _degrees(match[1], 2), _degrees(match[2], 3)
    if abs(latitude) > 90 or abs(longitude) > 180:
        return None
    altitude = float(match[3]) if match[3] else None
    return GpsFacts(latitude=latitude, longitude=longitude, altitude=altitude)


def _degrees(text: str, digits: int) -> float:
    """`+DD.d`, `+DDMM.m` or `+DDMMSS.s` with `digits` digits of degrees."""
    sign = -1 if text[0] == "-" else 1
    whole, _, fraction = text[1:].partition(".")
    parts = [whole[:digits], whole[digits : digits + 2], whole[digits + 2 :]]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    parts[-1] += f".{fraction or 0}"
    return sign * round(sum(float(part) / (1, 60, 3600)[at] for at, part in enumerate(parts)), 7)
