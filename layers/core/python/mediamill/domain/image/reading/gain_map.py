"""Gain maps: what a JPEG says of how much brighter an HDR screen shows each part of it.

A second, smaller JPEG behind the first, found by the first one's directory of pictures (CIPA
DC-007, Multi-Picture Format). What its values mean stands in its own header, in XMP (Adobe's gain
map specification 1.0) or as ISO 21496-1 has it. Both are carried along as they are.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from mediamill.domain.errors import Unprocessable
from mediamill.domain.image.reading.containers import Container
from mediamill.domain.image.reading.decoding import decode
from mediamill.domain.image.reading.opening import Opened, open_picture
from mediamill.domain.limits import Limits

XMP = b"http://ns.adobe.com/xap/1.0/\0"
ISO = b"urn:iso:std:iso:ts:21496:-1\0"
_ADOBE = b"http://ns.adobe.com/hdr-gain-map/1.0/"
_MPF = b"MPF\0"
_ENTRIES, _ENTRY = 0xB002, 16  # DC-007, 5.2.3
_MOST_PICTURES = 16
_APP1, _APP2, _SCAN = 0xE1, 0xE2, 0xDA


@dataclass(frozen=True, slots=True)
class GainMap:
    """The map's pixels as stored (L or RGB), which go with the picture's before it is turned.

    `meaning` are the payloads of the map's own segments by their markers, `claim` the one by which
    the picture itself says that it has a map by ISO 21496-1; empty where it has not.
    """

    picture: Image.Image
    meaning: tuple[tuple[int, bytes], ...]
    claim: bytes = b""


def read(opened: Opened, limits: Limits) -> GainMap | None:
    """The gain map of an opened JPEG; None where there is none that can be read."""
    if opened.container is not Container.JPEG:
        return None
    for body in _behind(opened.source):
        meaning = tuple(each for each in segments(body) if _has_meaning(*each))
        if meaning:
            return _decoded(body, meaning, opened, limits)
    return None


def _decoded(
    body: bytes, meaning: tuple[tuple[int, bytes], ...], opened: Opened, limits: Limits
) -> GainMap | None:
    try:
        found = open_picture(body, limits)
        if found.container is not Container.JPEG or found.width * found.height > (
            opened.width * opened.height
        ):
            return None
        decoded = decode(found, (found.width, found.height), limits)
    except Unprocessable:
        return None
    if decoded.damaged or decoded.picture.mode not in ("L", "RGB"):
        return None
    claims = [content for _, content in segments(opened.source) if content.startswith(ISO)]
    return GainMap(decoded.picture, meaning, claims[0] if claims else b"")


def segments(jpeg: bytes) -> Iterator[tuple[int, bytes]]:
    """The marker and the payload of each segment up to the pixels."""
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != _SCAN:
        length = struct.unpack_from(">H", jpeg, at + 2)[0]
        yield jpeg[at + 1], jpeg[at + 4 : at + 2 + length]
        at += 2 + max(2, length)


def _has_meaning(marker: int, content: bytes) -> bool:
    if marker == _APP1:
        return content.startswith(XMP) and _ADOBE in content and b"GainMapMax" in content
    return marker == _APP2 and content.startswith(ISO)


def _behind(jpeg: bytes) -> Iterator[bytes]:
    """The pictures behind the first."""
    at = 2
    for marker, content in segments(jpeg):
        if marker == _APP2 and content.startswith(_MPF):
            start = at + 4 + len(_MPF)  # which offsets count from
            for size, offset in _entries(content[len(_MPF) :]):
                if offset and start + offset + size <= len(jpeg):
                    yield jpeg[start + offset : start + offset + size]
            return
        at += 4 + len(content)


def _entries(directory: bytes) -> Iterator[tuple[int, int]]:
    """Size and offset of each picture; nothing where the directory is torn."""
    order = {b"MM": ">", b"II": "<"}.get(directory[:2])
    try:
        if order is None:
            return
        (first,) = struct.unpack_from(f"{order}I", directory, 4)
        (count,) = struct.unpack_from(f"{order}H", directory, first)
        for number in range(min(count, 16)):
            tag, _, length, place = struct.unpack_from(
                f"{order}HHII", directory, first + 2 + 12 * number
            )
            if tag == _ENTRIES:
                for each in range(min(length // _ENTRY, _MOST_PICTURES)):
                    yield struct.unpack_from(f"{order}II", directory, place + _ENTRY * each + 4)
    except struct.error:
        return
