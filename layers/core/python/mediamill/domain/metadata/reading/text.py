"""Text found in files is data: printable, bounded, and never trusted to be anything else."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from mediamill.domain.wire import JSON

LONGEST = 2_000  # characters of one value: a caption fits, a novel does not
MOST_ENTRIES = 256  # of one list or one object
DEEPEST = 6

# What redraws a line without showing: the bidirectional overrides and isolates.
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")


def clean(value: object, longest: int = LONGEST) -> str | None:
    """`value` as one tidy string, or None where nothing is left.

    Control characters, surrogates, non-characters and bidirectional overrides go, line breaks and
    tabs stay; past `longest` characters the text is cut and ends in an ellipsis.
    """
    if isinstance(value, bytes):
        text = decode(value)
    elif value is None:
        return None
    else:
        text = str(value)
    text = text[: longest * 4].replace("\r\n", "\n").replace("\r", "\n")
    text = _OVERRIDES.sub("", text)
    text = "".join(char for char in text if char in "\n\t" or not _is_control(char)).strip()
    if len(text) > longest:
        text = text[: longest - 1].rstrip() + "…"
    return text or None


def decode(raw: bytes) -> str:
    """Bytes of unknown encoding: UTF-8 or UTF-16 if they are that, else Windows-1252."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") and len(raw) % 2 == 0:
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def tidy(value: object, depth: int = DEEPEST) -> JSON:
    """Any nested value with clean text, finite numbers, and bounds on length and depth."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        # Beyond 64 bits readers disagree about what a JSON number is.
        return value if abs(value) < 2**63 else str(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, str | bytes):
        return clean(value)
    if depth <= 0:
        return None
    if isinstance(value, Mapping):
        pairs = list(value.items())[:MOST_ENTRIES]
        return {name: tidy(entry, depth - 1) for key, entry in pairs if (name := clean(key, 200))}
    if isinstance(value, Sequence):
        return [tidy(entry, depth - 1) for entry in list(value)[:MOST_ENTRIES]]
    return clean(value)


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs", "Cn", "Co")
