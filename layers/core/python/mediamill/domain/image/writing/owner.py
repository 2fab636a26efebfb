"""The metadata that renditions keep: whose picture it is, and nothing else.

Read from EXIF (artist, copyright), IPTC (by-line, copyright notice, credit) and XMP (dc:creator,
dc:rights, photoshop:Credit); written as EXIF and XMP. Nothing of where, when or with what.
"""

from __future__ import annotations

import re
import struct
from contextlib import suppress
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape

from PIL import Image, IptcImagePlugin

_ARTIST, _COPYRIGHT = 0x013B, 0x8298
_IPTC_ARTIST, _IPTC_CREDIT, _IPTC_COPYRIGHT = (2, 80), (2, 110), (2, 116)

_DC = "http://purl.org/dc/elements/1.1/"
_PHOTOSHOP = "http://ns.adobe.com/photoshop/1.0/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

_LONGEST = 2_000  # characters; a copyright notice, not a novel
_LARGEST_XMP = 1_000_000


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose picture it is."""

    artist: str = ""
    copyright: str = ""
    credit: str = ""

    def exif(self) -> bytes:
        """At most two tags, in UTF-8 as everyone writes them; empty if nothing is owner."""
        tags = [
            (tag, text.encode() + b"\0")
            for tag, text in ((_ARTIST, self.artist), (_COPYRIGHT, self.copyright))
            if text
        ]
        if not tags:
            return b""
        at = 8 + 2 + 12 * len(tags) + 4
        entries, values = b"", b""
        for tag, value in tags:
            inline = (
                value.ljust(4, b"\0") if len(value) <= 4 else struct.pack("<I", at + len(values))
            )
            entries += struct.pack("<HHI", tag, 2, len(value)) + inline
            if len(value) > 4:
                values += value + b"\0" * (len(value) % 2)
        head = b"II*\0" + struct.pack("<IH", 8, len(tags))
        return b"Exif\0\0" + head + entries + b"\0\0\0\0" + values

    def xmp(self) -> bytes:
        """An XMP packet of the same and the credit; empty if there is no credit."""
        if not self.credit:
            return b""
        parts = [f"<photoshop:Credit>{escape(self.credit)}</photoshop:Credit>"]
        if self.artist:
            parts.append(
                f"<dc:creator><rdf:Seq><rdf:li>{escape(self.artist)}</rdf:li></rdf:Seq></dc:creator>"
            )
        if self.copyright:
            parts.append(
                '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">'
                f"{escape(self.copyright)}</rdf:li></rdf:Alt></dc:rights>"
            )
        return (
            f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">'
            f'<rdf:Description rdf:about="" xmlns:dc="{_DC}" xmlns:photoshop="{_PHOTOSHOP}">'
            f"{''.join(parts)}</rdf:Description></rdf:RDF></x:xmpmeta>"
        ).encode()


def read(picture: Image.Image) -> Owner:
    """What the opened picture says of its owner. XMP wins over IPTC over EXIF: it is Unicode."""
    found = [_from_xmp(picture), _from_iptc(picture), _from_exif(picture)]
    return Owner(
        artist=next((each.artist for each in found if each.artist), ""),
        copyright=next((each.copyright for each in found if each.copyright), ""),
        credit=next((each.credit for each in found if each.credit), ""),
    )


def _from_exif(picture: Image.Image) -> Owner:
    try:
        exif = picture.getexif()
        return Owner(artist=_text(exif.get(_ARTIST)), copyright=_text(exif.get(_COPYRIGHT)))
    except Exception:  # written by anything; a picture is shown without it
        return Owner()


def _from_iptc(picture: Image.Image) -> Owner:
    try:
        iptc = IptcImagePlugin.getiptcinfo(picture) or {}  # type: ignore[arg-type]
        return Owner(
            artist=_text(iptc.get(_IPTC_ARTIST)),
            copyright=_text(iptc.get(_IPTC_COPYRIGHT)),
            credit=_text(iptc.get(_IPTC_CREDIT)),
        )
    except Exception:  # as above
        return Owner()


def _from_xmp(picture: Image.Image) -> Owner:
    packet = picture.info.get("xmp")
    if isinstance(packet, str):
        packet = packet.encode()
    if not isinstance(packet, bytes) or not 0 < len(packet) <= _LARGEST_XMP:
        return Owner()
    reader = _XmpReader()
    with suppress(expat.ExpatError, ValueError):  # what was read before the fault is kept
        reader.read(packet.strip(b"\0 \r\n\t"))
    return Owner(
        artist=_text(reader.found.get(f"{_DC} creator")),
        copyright=_text(reader.found.get(f"{_DC} rights")),
        credit=_text(reader.found.get(f"{_PHOTOSHOP} Credit")),
    )


class _XmpReader:
    """The first text of three properties, as elements or attributes; entities are refused."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._inside: list[str] = []
        self._wanted = {f"{_DC} creator", f"{_DC} rights", f"{_PHOTOSHOP} Credit"}

    def read(self, packet: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.EntityDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.buffer_text = True
        parser.Parse(packet, True)

    def _refuse(self, *_: object) -> None:
        raise ValueError("an XMP packet that declares entities")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._inside.append(name)
        for key in self._wanted & attributes.keys():
            self.found.setdefault(key, attributes[key])

    def _end(self, _: str) -> None:
        self._inside.pop()

    def _characters(self, text: str) -> None:
        if text.strip():
            for name in self._wanted.intersection(self._inside):
                self.found.setdefault(name, text)


def _text(value: object) -> str:
    """One line of text from a tag's value, whatever encoding its writer chose."""
    if isinstance(value, (list, tuple)):
        return "; ".join(filter(None, map(_text, value)))[:_LONGEST]
    if isinstance(value, str):
        text = value
        with suppress(UnicodeError):  # Pillow reads EXIF as Latin-1; most writers put UTF-8 there
            text = value.encode("latin-1").decode()
    elif isinstance(value, bytes):
        try:
            text = value.decode()
        except UnicodeError:
            text = value.decode("latin-1")
    else:
        return ""
    return re.sub(r"[\0-\x1f\x7f\s]+", " ", text).strip()[:_LONGEST]
