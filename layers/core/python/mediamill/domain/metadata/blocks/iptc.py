"""IPTC-IIM: the application record of news pictures, under the standard's names."""

from __future__ import annotations

from mediamill.domain.metadata.reading import when
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.wire import JSON

# Record 2 of IIM 4.2, the datasets that text editors and agencies fill in.
NAMES = {
    5: "ObjectName",
    7: "EditStatus",
    10: "Urgency",
    12: "SubjectReference",
    15: "Category",
    20: "SupplementalCategories",
    25: "Keywords",
    26: "ContentLocationCode",
    27: "ContentLocationName",
    40: "SpecialInstructions",
    55: "DateCreated",
    60: "TimeCreated",
    62: "DigitalCreationDate",
    63: "DigitalCreationTime",
    65: "OriginatingProgram",
    70: "ProgramVersion",
    75: "ObjectCycle",
    80: "By-line",
    85: "By-lineTitle",
    90: "City",
    92: "Sub-location",
    95: "Province-State",
    100: "Country-PrimaryLocationCode",
    101: "Country-PrimaryLocationName",
    103: "OriginalTransmissionReference",
    105: "Headline",
    110: "Credit",
    115: "Source",
    116: "CopyrightNotice",
    118: "Contact",
    120: "Caption-Abstract",
    122: "Writer-Editor",
    135: "LanguageIdentifier",
}
_REPEATED = {"SupplementalCategories", "Keywords", "By-line", "By-lineTitle", "Contact"}
_REPEATED |= {"SubjectReference", "ContentLocationCode", "ContentLocationName", "Writer-Editor"}
_UTF8 = b"\x1b%G"
MOST_DATASETS = 1_000


def read_iptc(block: bytes) -> dict[str, JSON]:
    """The named datasets of an IIM block; what follows a broken one is not looked for."""
    found: dict[str, JSON] = {}
    encoding = None
    at = 0
    for _ in range(MOST_DATASETS):
        # Some writers pad between datasets.
        while at < len(block) and block[at] == 0:
            at += 1
        if len(block) - at < 5 or block[at] != 0x1C:
            break
        record, dataset = block[at + 1], block[at + 2]
        length = int.from_bytes(block[at + 3 : at + 5])
        at += 5
        if length & 0x8000:  # an extended dataset: the length's own length
            digits = length & 0x7FFF
            if digits > 4:
                break
            length = int.from_bytes(block[at : at + digits])
            at += digits
        value = block[at : at + length]
        if len(value) < length:
            break
        at += length
        if (record, dataset) == (1, 90):
            encoding = "utf-8" if value == _UTF8 else None
        elif record == 2 and dataset in NAMES:
            _note(found, NAMES[dataset], _text(value, encoding))
    _dates(found)
    return found


def _note(found: dict[str, JSON], name: str, text: str | None) -> None:
    if text is None:
        return
    if name not in _REPEATED:
        found.setdefault(name, text)
        return
    known = found.setdefault(name, [])
    if isinstance(known, list):
        known.append(text)


def _text(value: bytes, encoding: str | None) -> str | None:
    return clean(value.decode(encoding, "replace") if encoding else value)


def _dates(found: dict[str, JSON]) -> None:
    """Dates as ISO 8601, joined with the time that stands beside them."""
    for day, time in (
        ("DateCreated", "TimeCreated"),
        ("DigitalCreationDate", "DigitalCreationTime"),
    ):
        if day in found:
            clock = found.pop(time, None)
            both = when.iso(f"{found[day]}T{clock}") if clock else None
            found[day] = both or when.iso(found[day])
            if found[day] is None:
                del found[day]
    if "Urgency" in found and str(found["Urgency"]).isdigit():
        found["Urgency"] = int(str(found["Urgency"])[:2])
