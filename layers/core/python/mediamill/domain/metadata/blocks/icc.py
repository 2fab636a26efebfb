"""ICC profiles: the name that they give themselves."""

from __future__ import annotations

import struct

from mediamill.domain.metadata.reading.text import clean

_SPACES = {b"RGB ": "rgb", b"GRAY": "gray", b"CMYK": "cmyk", b"Lab ": "lab"}
MOST_TAGS = 200


def profile_name(profile: bytes) -> str | None:
    """The profile's description, in English where it has several; None where it has none.

    Reads the textDescriptionType of version 2 and the multiLocalizedUnicodeType of version 4
    (ICC.1:2022, 10.15).
    """
    if len(profile) < 132 or profile[36:40] != b"acsp":
        return None
    (count,) = struct.unpack_from(">I", profile, 128)
    for index in range(min(count, MOST_TAGS, (len(profile) - 132) // 12)):
        name, offset, size = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        if name == b"desc":
            return _text(profile[offset : offset + size])
    return None


def color_space(profile: bytes) -> str | None:
    """The space of the profile's device side: `rgb`, `gray`, `cmyk` or `lab`."""
    return _SPACES.get(profile[16:20])


def _text(tag: bytes) -> str | None:
    if tag[:4] == b"desc" and len(tag) >= 12:
        (length,) = struct.unpack_from(">I", tag, 8)
        return clean(tag[12 : 12 + length].split(b"\0", 1)[0], 200)
    if tag[:4] == b"text":
        return clean(tag[8:].split(b"\0", 1)[0], 200)
    if tag[:4] != b"mluc" or len(tag) < 16:
        return None
    count, size = struct.unpack_from(">II", tag, 8)
    texts: dict[bytes, str | None] = {}
    for index in range(min(count, 100)):
        at = 16 + index * max(size, 12)
        if at + 12 > len(tag):
            break
        language, length, offset = struct.unpack_from(">2s2xII", tag, at)
        texts.setdefault(
            language, clean(tag[offset : offset + length].decode("utf-16-be", "replace"), 200)
        )
    return texts.get(b"en") or next(filter(None, texts.values()), None)
