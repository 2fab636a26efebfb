"""Vorbis comments of Ogg FLAC and Speex, which MediaInfo passes over."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window

HEAD = 256 * 1024
MOST_PACKETS = 8
MOST_COMMENTS = 200
_COMMENTS_OF_FLAC = 4


def comments(window: Window) -> dict[str, str]:
    """The comments of the first stream by their names in lower case; none of another codec."""
    head = window.at(0, 4)
    if head != b"OggS":
        return {}
    packets = list(_packets(window.at(0, HEAD)))
    if packets and packets[0].startswith(b"Speex   "):
        return _read(packets[1]) if len(packets) > 1 else {}
    if packets and packets[0].startswith(b"\x7fFLAC"):
        for packet in packets[1:]:
            if packet and packet[0] & 127 == _COMMENTS_OF_FLAC:
                return _read(packet[4:])
    return {}


def _packets(head: bytes) -> Iterator[bytes]:
    """The first packets of the first stream (RFC 3533, 6)."""
    at, serial, packet, given = 0, None, b"", 0
    while head[at : at + 4] == b"OggS" and len(head) >= at + 27:
        own = head[at + 14 : at + 18]
        serial = serial or own
        lacing = head[at + 27 : at + 27 + head[at + 26]]
        start = at + 27 + len(lacing)
        at = start + sum(lacing)
        if own != serial:
            continue
        for length in lacing:
            packet += head[start : start + length]
            start += length
            if length < 255:
                yield packet
                packet, given = b"", given + 1
                if given >= MOST_PACKETS:
                    return


def _read(body: bytes) -> dict[str, str]:
    """The vendor, and then `NAME=value` (Vorbis I, 5.2)."""
    found: dict[str, str] = {}
    try:
        (length,) = struct.unpack_from("<I", body)
        if vendor := clean(body[4 : 4 + length].decode("utf-8", "replace")):
            found["encoder"] = vendor
        at = 4 + length
        (count,) = struct.unpack_from("<I", body, at)
        at += 4
        for _ in range(min(count, MOST_COMMENTS)):
            (length,) = struct.unpack_from("<I", body, at)
            name, _, value = body[at + 4 : at + 4 + length].partition(b"=")
            at += 4 + length
            key = name.decode("ascii", "replace").lower()
            if text := clean(value.decode("utf-8", "replace")):
                found[key] = f"{found[key]} / {text}" if key in found and key != "encoder" else text
    except struct.error:
        pass  # what stands before the cut is still true
    return found
