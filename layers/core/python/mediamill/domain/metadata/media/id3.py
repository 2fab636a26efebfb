"""ID3 tags of sound files: version 1 at the end, versions 2.2 to 2.4 at the beginning; APE tags.

Read here and not by MediaInfo, which takes most of a second for each megabyte of a cover, and
leaves out version 1 where the file is small. Pictures are passed over unread.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mediamill.domain.metadata.reading import when
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window
from mediamill.domain.wire import JSON

MOST_FRAMES = 500
LONGEST_TEXT = 64 * 1024

# Frame: our name. ID3v2.4.0 native frames, 4; and what 2.2 called them.
_FRAMES = {
    **dict.fromkeys(("TIT2", "TT2"), "title"),
    **dict.fromkeys(("TPE1", "TP1"), "artist"),
    **dict.fromkeys(("TALB", "TAL"), "album"),
    **dict.fromkeys(("TPE2", "TP2"), "album_artist"),
    **dict.fromkeys(("TRCK", "TRK"), "track"),
    **dict.fromkeys(("TPOS", "TPA"), "disc"),
    **dict.fromkeys(("TCON", "TCO"), "genre"),
    **dict.fromkeys(("TCOM", "TCM"), "composer"),
    **dict.fromkeys(("TPE3", "TP3"), "conductor"),
    **dict.fromkeys(("TPUB", "TPB"), "publisher"),
    **dict.fromkeys(("TCOP", "TCR"), "copyright"),
    **dict.fromkeys(("COMM", "COM"), "comment"),
    **dict.fromkeys(("USLT", "ULT"), "lyrics"),
    **dict.fromkeys(("TBPM", "TBP"), "bpm"),
    **dict.fromkeys(("TSRC", "TRC"), "isrc"),
    **dict.fromkeys(("TSSE", "TSS"), "encoder"),
    **dict.fromkeys(("TENC", "TEN"), "encoder"),
    **dict.fromkeys(("TDRC", "TYER", "TYE", "TDRL"), "date"),
}
_OWN = {"TXXX", "TXX"}
_COVERS = {"APIC", "PIC"}
_WITH_LANGUAGE = {"COMM", "COM", "USLT", "ULT"}
_ENCODINGS = {0: "cp1252", 1: "utf-16", 2: "utf-16-be", 3: "utf-8"}
_NUMBERED = {"track": "track_total", "disc": "disc_total"}


def _listed(names: str) -> list[str]:
    return names.split("|")


# ID3v1's list (appendix A.3 of ID3v2.3.0), which TCON still refers to by number.
_GENRES = _listed(
    "Blues|Classic Rock|Country|Dance|Disco|Funk|Grunge|Hip-Hop|Jazz|Metal|New Age|Oldies"
    "|Other|Pop|R&B|Rap|Reggae|Rock|Techno|Industrial|Alternative|Ska|Death Metal|Pranks"
    "|Soundtrack|Euro-Techno|Ambient|Trip-Hop|Vocal|Jazz+Funk|Fusion|Trance|Classical"
    "|Instrumental|Acid|House|Game|Sound Clip|Gospel|Noise|Alternative Rock|Bass|Soul|Punk"
    "|Space|Meditative|Instrumental Pop|Instrumental Rock|Ethnic|Gothic|Darkwave"
    "|Techno-Industrial|Electronic|Pop-Folk|Eurodance|Dream|Southern Rock|Comedy|Cult|Gangsta"
    "|Top 40|Christian Rap|Pop/Funk|Jungle|Native US|Cabaret|New Wave|Psychedelic|Rave"
    "|Showtunes|Trailer|Lo-Fi|Tribal|Acid Punk|Acid Jazz|Polka|Retro|Musical|Rock & Roll"
    "|Hard Rock"
)


@dataclass(slots=True)
class Id3:
    """Tags by our names; where the file begins and ends without them, and how long its sound is.

    All in bytes; an APE tag at the end is part of the file, and not of its sound. `more` is what
    that says, by its own names in lower case.
    """

    tags: dict[str, JSON] = field(default_factory=dict)
    start: int = 0
    end: int = 0
    sound: int = 0
    more: dict[str, str] = field(default_factory=dict)


def read_id3(window: Window) -> Id3:
    """The tags at both ends; version 2 is believed first."""
    found = Id3(end=window.length)
    while found.start < window.length:
        head = window.at(found.start, 10)
        if head[:3] != b"ID3" or len(head) < 10 or max(head[6:10]) > 127:
            break
        size = _unsynchronised(head[6:10])
        _frames(window.part(found.start + 10, size), head[3], head[5], found.tags)
        found.start += 10 + size + (10 if head[5] & 0x10 else 0)
    if _keeps_its_own(window.at(found.start, 12)):
        found.sound = found.end - found.start
        return found
    last = window.at(window.length - 128, 128)
    if len(last) == 128 and last[:3] == b"TAG":
        found.end -= 128
        for name, value in _version_1(last).items():
            found.tags.setdefault(name, value)
    footer = window.at(found.end - 32, 32)
    found.sound = found.end - found.start
    if footer[:8] == b"APETAGEX":
        size, flags = _little(footer, 12), _little(footer, 20)
        items = window.at(found.end - size, min(size - 32, LONGEST_TEXT))
        found.more = _ape_items(items, _little(footer, 16))
        found.sound -= size + (32 if flags >> 31 else 0)
    return found


def _keeps_its_own(head: bytes) -> bool:
    """Whether a container has a place of its own for tags, and so none at its end."""
    boxes = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
    own = (b"RIFF", b"RF64", b"OggS", b"\x1a\x45\xdf\xa3", b"\x30\x26\xb2\x75", b"FLV\1")
    return head[4:8] in boxes or head.startswith(own)


_APE = {"year": "date", "album artist": "album_artist", "media": "", "file": ""}


def _ape_items(body: bytes, count: int) -> dict[str, str]:
    """The texts of an APE tag (version 2): size, flags, a name, the value."""
    found: dict[str, str] = {}
    at = 0
    for _ in range(min(count, MOST_FRAMES)):
        end = body.find(b"\0", at + 8)
        if end < 0:
            break
        size, flags = _little(body, at), _little(body, at + 4)
        name = body[at + 8 : end].decode("latin-1").lower()
        at = end + 1 + size
        is_text = flags >> 1 & 3 == 0
        if is_text and (text := clean(body[end + 1 : at].decode("utf-8", "replace"))):
            found[_APE.get(name, name)] = text
    return found


def _little(body: bytes, at: int) -> int:
    return int.from_bytes(body[at : at + 4], "little")


def _frames(body: Window, version: int, flags: int, tags: dict[str, JSON]) -> None:
    at, short = 0, version == 2
    if flags & 0x40 and not short:  # an extended header
        size = body.at(0, 4)
        at = _unsynchronised(size) if version == 4 else 4 + int.from_bytes(size)
    for _ in range(MOST_FRAMES):
        head = body.at(at, 6 if short else 10)
        if len(head) < (6 if short else 10) or not head[0]:
            return
        name = head[: 3 if short else 4].decode("latin-1")
        length = int.from_bytes(head[3:6] if short else head[4:8])
        if version == 4 and not _is_plain(body, at, length):
            length = _unsynchronised(head[4:8])
        start = at + len(head)
        if name in _COVERS:
            tags["cover_art"] = True
        elif name in _FRAMES and length <= LONGEST_TEXT:
            # Data behind a length indicator, or escaped so that nothing looks like a sync.
            indicated = 4 if version == 4 and head[9] & 1 else 0
            raw = body.at(start + indicated, length - indicated)
            if (version == 4 and head[9] & 2) or (version < 4 and flags & 0x80):
                raw = raw.replace(b"\xff\0", b"\xff")
            _note(tags, _FRAMES[name], _text(name, raw))
        elif name in _OWN and length <= LONGEST_TEXT:
            described, _, text = (_text(name, body.at(start, length)) or "").partition(" / ")
            if described.lower() == "comment":  # as FFmpeg writes it
                _note(tags, "comment", text)
        at = start + length


def _is_plain(body: Window, at: int, length: int) -> bool:
    """Whether a 2.4 frame's size is a plain number, as some writers have it against the standard.

    Below 128 both are the same; above, the one that another frame or the padding follows is right.
    """
    if length < 128:
        return True
    raw = body.at(at + 4, 4)
    if max(raw, default=0) > 127:
        return True
    following = body.at(at + 10 + _unsynchronised(raw), 4)
    return not (re.fullmatch(rb"[A-Z0-9]{4}", following) or not following.strip(b"\0"))


def _text(frame: str, raw: bytes) -> str | None:
    encoding = _ENCODINGS.get(raw[0] if raw else 0, "cp1252")
    body = raw[1:]
    if frame in _WITH_LANGUAGE:
        body = body[3:]
    text = body.decode(encoding, "replace")
    if frame in _WITH_LANGUAGE:
        described, _, text = text.partition("\0")
        if described.strip("\ufeff").startswith("iTun"):  # numbers of iTunes, not a comment
            return None
    values = [clean(part.lstrip("\ufeff")) for part in text.split("\0")]
    return " / ".join(part for part in values if part) or None


def _note(tags: dict[str, JSON], name: str, text: str | None) -> None:
    if not text or name in tags:
        return
    if name in _NUMBERED:
        number, _, total = text.partition("/")
        tags |= {
            key: int(digits[:9])
            for key, digits in ((name, number.strip()), (_NUMBERED[name], total.strip()))
            if digits.isascii() and digits.isdigit()
        }
    elif name == "bpm":
        if match := re.match(r"\d{1,9}", text):
            tags[name] = int(match[0])
    elif name == "date":
        if day := when.iso(text):
            tags[name] = day
    else:
        tags[name] = _genre(text) if name == "genre" else text


def _genre(text: str) -> str:
    """`17` and `(17)` are Rock; what follows the brackets refines it."""
    match = re.fullmatch(r"\(?(\d{1,3})\)?(.*)", text)
    if match and int(match[1]) < len(_GENRES):
        return match[2].strip() or _GENRES[int(match[1])]
    return text


def _version_1(last: bytes) -> dict[str, JSON]:
    """ID3v1, with the track's number that 1.1 put behind the comment."""
    tags: dict[str, JSON] = {}
    for name, start, length in (
        ("title", 3, 30),
        ("artist", 33, 30),
        ("album", 63, 30),
        ("comment", 97, 30),
    ):
        if text := clean(last[start : start + length].split(b"\0")[0].decode("cp1252", "replace")):
            tags[name] = text
    if day := when.iso(last[93:97].decode("latin-1")):
        tags["date"] = day
    if last[125] == 0 and last[126]:
        tags["track"] = last[126]
    if last[127] < len(_GENRES):
        tags["genre"] = _GENRES[last[127]]
    return tags


def _unsynchronised(raw: bytes) -> int:
    """Four bytes of seven bits."""
    return sum((byte & 127) << 7 * place for place, byte in enumerate(reversed(raw)))
