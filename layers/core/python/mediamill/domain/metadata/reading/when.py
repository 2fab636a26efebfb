"""Dates as files write them, as ISO 8601 with an offset only where one is stated."""

from __future__ import annotations

import re
from datetime import datetime

_DATE = re.compile(
    r"""(?:D:|(?P<utc>UTC\ ))?\s*
    (?P<year>\d{4})
    (?:[-:/.]?(?P<month>\d{2})
     (?:[-:/.]?(?P<day>\d{2})
      (?:[T\ ]?(?P<hour>\d{2}):?(?P<minute>\d{2})
       (?::?(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9})\d*)?)?
      )?
     )?
    )?
    \s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?:[:']?\d{2})?'?)?""",
    re.VERBOSE,
)

# Where clocks that were never set begin: QuickTime, Unix, DOS.
UNSET = ("1904-01-01T00:00:00", "1970-01-01T00:00:00", "1980-01-01T00:00:00")


def iso(text: object, *, zone: str | None = None) -> str | None:
    """`text` as ISO 8601, as precise as it is; None where it is no date.

    Reads EXIF (`2009:12:31 23:59:59`), PDF (`D:20091231235959+02'00'`), IPTC, XMP, MediaInfo
    (`2014-07-19 17:39:07 UTC`) and ISO itself. `zone` is the offset where another field gives it.
    """
    match = _DATE.fullmatch(str(text).strip("\0 \t\r\n")[:64]) if text else None
    if match is None:
        return None
    part = {name: value for name, value in match.groupdict().items() if value}
    try:
        datetime(
            int(part["year"]),
            int(part.get("month", 1)),
            int(part.get("day", 1)),
            int(part.get("hour", 0)),
            int(part.get("minute", 0)),
            int(part.get("second", 0)),
        )
    except ValueError:
        return None
    written = part["year"]
    written += "".join(f"-{part[name]}" for name in ("month", "day") if name in part)
    if "hour" not in part:
        return written
    written += f"T{part['hour']}:{part['minute']}"
    if "second" in part:
        written += f":{part['second']}"
        fraction = part.get("fraction", "").rstrip("0")
        written += f".{fraction}" if fraction else ""
    return written + _offset(
        "Z" if "utc" in part else part.get("zone") or (zone or "").strip("\0 ")
    )


def is_unset(when: str) -> bool:
    """Whether a date is only the beginning of some clock."""
    return when.startswith(UNSET)


def _offset(zone: str) -> str:
    if zone in ("Z", "UTC", "GMT"):
        return "Z"
    match = re.fullmatch(r"([+-])(\d{2})[:']?(\d{2})?'?", zone)
    if match is None or int(match[2]) > 23 or int(match[3] or 0) > 59:
        return ""
    return f"{match[1]}{match[2]}:{match[3] or '00'}"
