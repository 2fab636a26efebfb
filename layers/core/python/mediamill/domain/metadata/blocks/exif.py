"""EXIF: raw values under the standard's names, the same in words, and where and when it was."""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mediamill.domain.facts import GpsFacts
from mediamill.domain.metadata.blocks.exif_names import GPS, MAIN, PHOTO, WORDS
from mediamill.domain.metadata.blocks.tiff import Directory, Tiff, Value
from mediamill.domain.metadata.reading import when
from mediamill.domain.metadata.reading.text import clean, decode
from mediamill.domain.metadata.reading.window import Window
from mediamill.domain.wire import JSON

_PHOTO_IFD, _GPS_IFD = 0x8769, 0x8825
_DATES = {
    "DateTime": "",
    "DateTimeOriginal": "Original",
    "DateTimeDigitized": "Digitized",
}
_VERSIONS = {"ExifVersion", "FlashpixVersion"}
_CODES = {"FileSource", "SceneType"}
_MIXED_TEXT = {"UserComment", "GPSProcessingMethod", "GPSAreaInformation"}


@dataclass(frozen=True, slots=True)
class ExifFacts:
    """`values` by tag name, `words` where a number is a code or a measure, and the place."""

    values: dict[str, JSON] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    gps: GpsFacts | None = None
    orientation: int | None = None


def read_exif(block: bytes) -> ExifFacts:
    """The facts of an EXIF block, which is a TIFF structure; none where it is broken."""
    block = block.removeprefix(b"Exif\0\0")
    try:
        tiff = Tiff(Window(io.BytesIO(block), 0, len(block)))
    except ValueError:
        return ExifFacts()
    return facts_of(tiff, tiff.directory(tiff.first))


def facts_of(tiff: Tiff, main: Directory) -> ExifFacts:
    """The facts of a TIFF's first directory and of the EXIF and GPS directories that it names."""
    values = _named(main, MAIN)
    values |= _named(_below(tiff, main, _PHOTO_IFD), PHOTO)
    place = _named(_below(tiff, main, _GPS_IFD), GPS)
    gps = _gps(place)
    values |= place
    for name, suffix in _DATES.items():
        if name in values:
            values[name] = _date(values, name, suffix)
    values = {name: value for name, value in values.items() if value not in (None, "", [])}
    orientation = values.get("Orientation")
    return ExifFacts(
        values=values,
        words=_words(values),
        gps=gps,
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else None,
    )


def _below(tiff: Tiff, main: Directory, tag: int) -> Directory:
    pointer = main.get(tag)
    if not pointer or not isinstance(pointer[0], int):
        return {}
    return tiff.directory(pointer[0])


def _named(directory: Directory, names: Mapping[int, str]) -> dict[str, JSON]:
    return {
        names[tag]: _plain(names[tag], value) for tag, value in directory.items() if tag in names
    }


def _plain(name: str, value: Value) -> JSON:
    """One raw value as JSON: numbers, a list of them, or clean text."""
    if isinstance(value, bytes):
        if name in _CODES:
            return value[0]
        if name in _VERSIONS:
            return clean(value)
        if name == "ComponentsConfiguration":
            return list(value[:4])
        if name.startswith("XP"):
            return clean(value.decode("utf-16-le", "replace"))
        if name in _MIXED_TEXT:
            return _mixed(value)
        return clean(decode(value.split(b"\0" if name != "Copyright" else b"\0\0", 1)[0]))
    if name.startswith("XP"):
        raw = bytes(byte & 255 for byte in value if isinstance(byte, int))
        return clean(raw.decode("utf-16-le", "replace"))
    return _number(value[0]) if len(value) == 1 else [_number(number) for number in value]


def _number(value: float | None) -> JSON:
    if value is None or isinstance(value, int):
        return value
    if not math.isfinite(value):
        return None
    return int(value) if value.is_integer() and abs(value) < 2**53 else round(value, 9)


def _mixed(value: bytes) -> str | None:
    """Text with its encoding in the first eight bytes."""
    encoding, text = value[:8].rstrip(b"\0 "), value[8:]
    if encoding == b"UNICODE":
        if text[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return clean(text.decode("utf-16", "replace"))
        order = "utf-16-be" if text[:1] == b"\0" else "utf-16-le"
        return clean(text.decode(order, "replace"))
    if encoding == b"JIS":
        return clean(text.decode("iso2022_jp", "replace"))
    return clean(text if encoding in (b"ASCII", b"") else value)


def _date(values: Mapping[str, JSON], name: str, suffix: str) -> str | None:
    """A date joined with the fraction and the offset that stand in tags of their own."""
    text = str(values[name]).strip()
    fraction = str(values.get(f"SubSecTime{suffix}") or "").strip()
    if fraction.isdigit() and len(text) == 19:
        text += f".{fraction}"
    return when.iso(text, zone=str(values.get(f"OffsetTime{suffix}") or ""))


def _gps(place: Mapping[str, JSON]) -> GpsFacts | None:
    latitude = _degrees(place.get("GPSLatitude"), place.get("GPSLatitudeRef"), 90)
    longitude = _degrees(place.get("GPSLongitude"), place.get("GPSLongitudeRef"), 180)
    if latitude is None or longitude is None:
        return None
    altitude = place.get("GPSAltitude")
    below = place.get("GPSAltitudeRef") in (1, [1])
    direction = place.get("GPSImgDirection")
    return GpsFacts(
        latitude=latitude,
        longitude=longitude,
        altitude=round(-altitude if below else altitude, 3)
        if isinstance(altitude, int | float)
        else None,
        time=_gps_time(place),
        direction=round(direction, 3) if isinstance(direction, int | float) else None,
    )


def _degrees(parts: JSON, ref: JSON, most: int) -> float | None:
    """Degrees, minutes and seconds as signed degrees; None where they are out of range."""
    numbers = (
        [part for part in parts if isinstance(part, int | float)] if isinstance(parts, list) else []
    )
    if isinstance(parts, int | float):
        numbers = [parts]
    if not numbers or not isinstance(ref, str) or ref[0].upper() not in "NSEW":
        return None
    degrees = sum(part / scale for part, scale in zip(numbers, (1, 60, 3600), strict=False))
    if not 0 <= degrees <= most:
        return None
    return round(-degrees if ref[0].upper() in "SW" else degrees, 7)


def _gps_time(place: Mapping[str, JSON]) -> str | None:
    clock, day = place.get("GPSTimeStamp"), place.get("GPSDateStamp")
    if not isinstance(clock, list) or len(clock) != 3 or not isinstance(day, str):
        return None
    hours, minutes, seconds = (part if isinstance(part, int | float) else -1 for part in clock)
    if min(hours, minutes, seconds) < 0 or max(hours, minutes, seconds) >= 60:
        return None
    whole, fraction = divmod(min(round(seconds * 1000), 59_999), 1000)
    return when.iso(f"{day} {int(hours):02}:{int(minutes):02}:{whole:02}.{fraction:03}", zone="Z")


def _shutter(seconds: float) -> str:
    if 0 < seconds < 0.3:
        return f"1/{round(1 / seconds)} s"
    return f"{seconds:.3g} s"


_MEASURES: dict[str, Callable[[float], str]] = {
    "ExposureTime": _shutter,
    "ShutterSpeedValue": lambda apex: _shutter(2 ** -max(-20.0, min(apex, 30.0))),
    "FNumber": lambda number: f"f/{number:.3g}",
    "ApertureValue": lambda apex: f"f/{2 ** (max(-4.0, min(apex, 30.0)) / 2):.2g}",
    "MaxApertureValue": lambda apex: f"f/{2 ** (max(-4.0, min(apex, 30.0)) / 2):.2g}",
    "PhotographicSensitivity": lambda iso: f"ISO {iso:g}",
    "FocalLength": lambda length: f"{length:.4g} mm",
    "FocalLengthIn35mmFilm": lambda length: f"{length:g} mm",
    "ExposureBiasValue": lambda steps: f"{steps:+.2g} EV" if steps else "0 EV",
    "SubjectDistance": lambda metres: f"{metres:.3g} m",
    "GPSAltitude": lambda metres: f"{metres:.5g} m",
}


def _words(values: Mapping[str, JSON]) -> dict[str, str]:
    words = {}
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            continue
        if name in _MEASURES:
            words[name] = _MEASURES[name](value)
        elif name in WORDS and value in WORDS[name]:
            words[name] = WORDS[name][int(value)]
        elif name == "Flash":
            words[name] = _flash(int(value))
    lens = values.get("LensSpecification")
    if isinstance(lens, list) and len(lens) == 4:
        words["LensSpecification"] = _lens(lens)
    return words


def _flash(bits: int) -> str:
    said = ["Fired" if bits & 1 else "Did not fire"]
    mode = {1: "on", 2: "off", 3: "auto"}.get(bits >> 3 & 3)
    said += [mode] if mode else []
    said += {2: ["no return detected"], 3: ["return detected"]}.get(bits >> 1 & 3, [])
    said += ["red-eye reduction"] if bits & 64 else []
    return "No flash function" if bits == 32 else ", ".join(said)


def _lens(parts: list[JSON]) -> str:
    short, long, wide, narrow = (
        f"{part:.3g}" if isinstance(part, int | float) else "?" for part in parts
    )
    lengths = short if short == long else f"{short}–{long}"
    return f"{lengths} mm f/{wide if wide == narrow else f'{wide}–{narrow}'}"
