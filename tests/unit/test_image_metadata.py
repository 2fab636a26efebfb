"""Renditions say whose picture it is, and nothing of where, when or with what."""

from __future__ import annotations

import struct

import pytest
from made.images import opened, saved, shown
from PIL import Image, IptcImagePlugin

from mediamill.domain.image import render
from mediamill.domain.image.writing.owner import Owner, read
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

FORMATS = ["webp", "jpeg", "avif", "png"]
ARTIST, COPYRIGHT = 0x013B, 0x8298

XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    ' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"'
    ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/" xmlns:exif="http://ns.adobe.com/exif/1.0/"'
    ' photoshop:Credit="Agência &amp; Sons" exif:GPSLatitude="52,31.2N">'
    "<dc:creator><rdf:Seq><rdf:li>Jörg Ünal</rdf:li></rdf:Seq></dc:creator>"
    '<dc:rights><rdf:Alt><rdf:li xml:lang="x-default">© 2026 Ünal</rdf:li></rdf:Alt></dc:rights>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
).encode()


def from_a_phone() -> bytes:
    """A JPEG with an owner, a place, a time and a camera."""
    exif = Image.Exif()
    exif[ARTIST], exif[COPYRIGHT] = "Ada", "Ada 2026"
    exif[0x010F], exif[0x0132] = "Camera Works", "2026:01:02 03:04:05"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return saved(Image.new("RGB", (80, 60), "teal"), "JPEG", exif=exif, comment=b"at home")


@pytest.mark.parametrize("format_", FORMATS)
def test_copyright_and_artist_are_kept_and_nothing_else(format_: str) -> None:
    made = shown(from_a_phone(), format_=format_)
    exif = made.getexif()
    assert exif[ARTIST] == "Ada" and exif[COPYRIGHT] == "Ada 2026"
    assert set(exif) == {ARTIST, COPYRIGHT}
    assert not exif.get_ifd(0x8825)
    assert "comment" not in made.info and "xmp" not in made.info


@pytest.mark.parametrize("format_", FORMATS)
def test_xmps_owner_and_credit_are_kept_in_any_script(format_: str) -> None:
    original = saved(Image.new("RGB", (80, 60), "teal"), "JPEG", xmp=XMP)
    made = shown(original, format_=format_)
    assert read(made) == Owner("Jörg Ünal", "© 2026 Ünal", "Agência & Sons")
    (rendition,) = render(original, parse_profiles("one=80", format_), Limits())
    assert b"GPS" not in rendition.body


def test_iptcs_owner_and_credit_are_kept() -> None:
    fields = ((80, b"Ada"), (110, b"Agency"), (116, b"(c) Ada"))
    iptc = b"".join(struct.pack(">BBBH", 0x1C, 2, n, len(text)) + text for n, text in fields)
    block = b"Photoshop 3.0\x008BIM" + struct.pack(">H", 0x0404) + b"\0\0"
    block += struct.pack(">I", len(iptc)) + iptc + b"\0" * (len(iptc) % 2)
    plain = saved(Image.new("RGB", (80, 60), "teal"), "JPEG")
    original = plain[:2] + b"\xff\xed" + struct.pack(">H", len(block) + 2) + block + plain[2:]
    assert IptcImagePlugin.getiptcinfo(opened(original))  # type: ignore[arg-type]
    assert read(shown(original, format_="jpeg")) == Owner("Ada", "(c) Ada", "Agency")


def test_an_ownerless_picture_gets_no_metadata_at_all() -> None:
    original = saved(Image.new("RGB", (80, 60), "teal"), "JPEG")
    for format_ in FORMATS:
        (rendition,) = render(original, parse_profiles("one=80", format_), Limits())
        assert not {b"Exif", b"EXIF", b"xmpmeta"} & {
            word for word in (b"Exif", b"EXIF", b"xmpmeta") if word in rendition.body
        }


def test_xmp_that_declares_entities_is_not_read() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + XMP.replace(b"Sons", b"&a;")
    original = saved(Image.new("RGB", (8, 6), "teal"), "JPEG", xmp=bomb)
    assert read(shown(original, format_="jpeg")) == Owner()


def test_an_animation_keeps_its_owner() -> None:
    exif = Image.Exif()
    exif[COPYRIGHT] = "Ada"
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    original = saved(
        frames[0], "WEBP", save_all=True, append_images=frames[1:], duration=90, exif=exif
    )
    assert shown(original, format_="webp").getexif()[COPYRIGHT] == "Ada"
