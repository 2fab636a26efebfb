"""A JPEG and its gain map in one file, as screens with a high dynamic range look for them.

Ultra HDR 1.1: the map stands behind the picture, a Multi-Picture directory (CIPA DC-007) says
where, and XMP says what it is. Readers that know nothing of it show the picture.
"""

from __future__ import annotations

import io
import struct

from PIL import Image

from mediamill.domain.image.reading.gain_map import GainMap

_HEAD = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
_EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {_HEAD}></rdf:RDF></x:xmpmeta>'.encode()
_END = b"</rdf:RDF>"
_GOOGLE = "http://ns.google.com/photos/1.0/container/"
_APP0, _APP1, _APP2 = 0xE0, 0xE1, 0xE2
_PRIMARY = 0x030000  # DC-007, 5.2.3.3: the baseline picture of a file of several
_LEAST_QUALITY = 80  # a map is smooth, and small: bands in it would show as bands of light


def encoded_map(picture: Image.Image, gain: GainMap, quality: int) -> bytes:
    """The map's own JPEG, with what says how its values are meant."""
    body = io.BytesIO()
    picture.save(body, "JPEG", quality=max(quality, _LEAST_QUALITY), subsampling="4:4:4")
    plain = body.getvalue()
    said = b"".join(_segment(marker, content) for marker, content in gain.meaning)
    return plain[:2] + said + plain[2:]


def claim(xmp: bytes, map_bytes: int) -> bytes:
    """The picture's XMP packet (or none), which then says that a map of so many bytes follows."""
    items = (
        '<rdf:li rdf:parseType="Resource"><Container:Item Item:Semantic="Primary"'
        ' Item:Mime="image/jpeg"/></rdf:li><rdf:li rdf:parseType="Resource"><Container:Item'
        f' Item:Semantic="GainMap" Item:Mime="image/jpeg" Item:Length="{map_bytes}"/></rdf:li>'
    )
    description = (
        f'<rdf:Description rdf:about="" xmlns:Container="{_GOOGLE}" xmlns:Item="{_GOOGLE}item/"'
        ' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0">'
        f"<Container:Directory><rdf:Seq>{items}</rdf:Seq></Container:Directory></rdf:Description>"
    )
    return (xmp or _EMPTY).replace(_END, description.encode() + _END, 1)


def joined(jpeg: bytes, map_: bytes, gain: GainMap) -> bytes:
    """The picture, which claims the map already, and the map behind it."""
    at = _behind_texts(jpeg)
    claimed = _segment(_APP2, gain.claim) if gain.claim else b""
    before, after = jpeg[:at] + claimed, jpeg[at:]
    directory = len(before) + 4 + 4  # behind a marker, a length and `MPF`: what offsets count from
    size = len(before) + len(_directory(0, 0, 0)) + len(after)
    return before + _directory(size, len(map_), size - directory) + after + map_


def _directory(size: int, map_size: int, offset: int) -> bytes:
    """DC-007, 5.2: a header as TIFF's, its version, the count, and an entry for each picture."""
    rows = struct.pack(">HHI4s", 0xB000, 7, 4, b"0100")
    rows += struct.pack(">HHII", 0xB001, 4, 1, 2) + struct.pack(">HHII", 0xB002, 7, 32, 50)
    entries = struct.pack(">IIIHH", _PRIMARY, size, 0, 0, 0)
    entries += struct.pack(">IIIHH", 0, map_size, offset, 0, 0)
    header = b"MPF\0MM\0\x2a" + struct.pack(">IH", 8, 3)
    return _segment(_APP2, header + rows + bytes(4) + entries)


def _behind_texts(jpeg: bytes) -> int:
    """Where JFIF's, EXIF's and XMP's segments end, which readers want first."""
    at = 2
    while jpeg[at] == 0xFF and jpeg[at + 1] in (_APP0, _APP1):
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return at


def _segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content
