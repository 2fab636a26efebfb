"""The INFO list of WAV and AVI, whose letters MediaInfo reads as a film's credits."""

from __future__ import annotations

from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window

MOST_CHUNKS = 40
LONGEST_LIST = 256 * 1024

# Microsoft's Multimedia Programming Interface 1.0, 2-14, and what players write besides.
_NAMES = {
    b"INAM": "title",
    b"IART": "artist",
    b"IPRD": "album",
    b"IALB": "album",
    b"ITRK": "track",
    b"IPRT": "track",
    b"IGNR": "genre",
    b"ICMT": "comment",
    b"ICOP": "copyright",
    b"ICRD": "date",
    b"IMUS": "composer",
    b"ISFT": "encoder",
    b"IKEY": "keywords",
    b"ISBJ": "description",
}


def info(window: Window) -> dict[str, str]:
    """The texts of the INFO list by our names; none where there is no such list."""
    head = window.at(0, 12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:12] not in (b"WAVE", b"AVI "):
        return {}
    at = 12
    for _ in range(MOST_CHUNKS):
        chunk = window.at(at, 12)
        if len(chunk) < 12:
            break
        size = int.from_bytes(chunk[4:8], "little")
        if chunk[:4] == b"LIST" and chunk[8:12] == b"INFO":
            return _read(window.at(at + 12, min(size - 4, LONGEST_LIST)))
        at += 8 + size + size % 2
    return {}


def _read(body: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    while at + 8 <= len(body):
        name, size = body[at : at + 4], int.from_bytes(body[at + 4 : at + 8], "little")
        text = clean(body[at + 8 : at + 8 + size].split(b"\0")[0])
        if text and name in _NAMES:
            found.setdefault(_NAMES[name], text)
        at += 8 + size + size % 2
    return found
