"""Pictures described from their headers: what cameras, agencies and editors wrote into them."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import zlib

import pytest
from made.heads import tga
from made.images import gif_of
from made.planted import jpeg as jpeg_of
from PIL import Image, PngImagePlugin

from mediamill.domain.kind import Kind
from mediamill.domain.metadata import MetadataRecord, describe

XMP = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
  xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
 <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"
   xmlns:own="http://example.com/own/" own:note="kept"/>
 <rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"
   xmlns:exif="http://ns.adobe.com/exif/1.0/">
  <dc:title><rdf:Alt><rdf:li xml:lang="de">Br\xc3\xbccke</rdf:li>
    <rdf:li xml:lang="x-default">Bridge</rdf:li></rdf:Alt></dc:title>
  <dc:subject><rdf:Bag><rdf:li>river</rdf:li><rdf:li>stone</rdf:li></rdf:Bag></dc:subject>
  <exif:Flash rdf:parseType="Resource"><exif:Fired>False</exif:Fired></exif:Flash>
  <exif:FNumber>28/10</exif:FNumber>
 </rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def iptc(*datasets: tuple[int, int, bytes]) -> bytes:
    block = b"".join(
        struct.pack(">BBBH", 0x1C, record, number, len(value)) + value
        for record, number, value in datasets
    )
    return b"8BIM\x04\x04\0\0" + struct.pack(">I", len(block)) + block + b"\0" * (len(block) % 2)


def exif(**more: object) -> Image.Exif:
    block = Image.Exif()
    block[0x010F], block[0x0110], block[0x0112] = "Acme", "Camera 3", 6
    block[0x0132] = "2024:05:06 07:08:09"
    photo = block.get_ifd(0x8769)
    photo[0x829A], photo[0x829D] = 1 / 250, 2.8
    photo[0x9003], photo[0x9011], photo[0x9291] = "2024:05:06 07:08:09", "+02:00", "5"
    photo[0x9209] = 16
    photo[0x927C] = b"secret maker note"
    place = block.get_ifd(0x8825)
    place[1], place[2] = "S", (46.0, 56.0, 52.8)
    place[3], place[4] = "W", (7.0, 26.0, 50.64)
    place[5], place[6] = b"\1", 540.5
    place[7], place[29] = (5.0, 8.0, 9.0), "2024:05:06"
    return block


def jpeg(size: tuple[int, int] = (40, 30), extra: bytes = b"", **save: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "red").save(out, "JPEG", **save)
    body = out.getvalue()
    return body[:2] + extra + body[2:]


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def described(body: bytes, content_type: str = "image/jpeg") -> MetadataRecord:
    return describe(
        io.BytesIO(body), key="a", size=len(body), kind=Kind.IMAGE, content_type=content_type
    )


def saved(format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(out, format_, **options)
    return out.getvalue()


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "JPEG2000"])
def test_every_format_s_size_is_known(format_: str) -> None:
    record = described(saved(format_))
    assert (record.width, record.height) == (40, 30)
    assert not record.problems


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_exif_is_read_from_every_format_that_carries_it(format_: str) -> None:
    record = described(saved(format_, exif=exif().tobytes()))
    assert record.exif["Make"] == "Acme"
    assert record.exif["ExposureTime"] == pytest.approx(0.004)
    assert record.exif_text["ExposureTime"] == "1/250 s"
    assert record.exif_text["FNumber"] == "f/2.8"
    assert record.exif_text["Flash"] == "Did not fire, off"


def test_dates_join_the_fraction_and_the_offset_that_stand_in_other_tags() -> None:
    record = described(jpeg(exif=exif()))
    assert record.exif["DateTimeOriginal"] == "2024-05-06T07:08:09.5+02:00"
    assert record.captured_at == record.exif["DateTimeOriginal"]
    assert record.exif["DateTime"] == "2024-05-06T07:08:09"


def test_a_place_is_signed_degrees_with_height_and_time() -> None:
    gps = described(jpeg(exif=exif())).gps
    assert gps is not None
    assert gps.latitude == pytest.approx(-46.948)
    assert gps.longitude == pytest.approx(-7.4474)
    assert gps.altitude == -540.5
    assert gps.time == "2024-05-06T05:08:09Z"


def test_a_place_out_of_range_is_no_place() -> None:
    block = exif()
    block.get_ifd(0x8825)[2] = (460.0, 0.0, 0.0)
    assert described(jpeg(exif=block)).gps is None


def test_orientation_turns_the_displayed_size() -> None:
    record = described(jpeg(exif=exif()))
    assert (record.width, record.height, record.orientation) == (30, 40, 6)


def test_an_orientation_that_does_not_exist_is_unknown() -> None:
    block = exif()
    block[0x0112] = 9
    assert described(jpeg(exif=block)).orientation is None


def test_maker_notes_are_left_out() -> None:
    record = described(jpeg(exif=exif()))
    assert "secret" not in str(record)


def test_iptc_is_read_in_its_own_encoding() -> None:
    block = b"Photoshop 3.0\0" + iptc(
        (1, 90, b"\x1b%G"),
        (2, 5, b"Bridge"),
        (2, 25, b"river"),
        (2, 25, "Stöcke".encode()),
        (2, 55, b"20240506"),
        (2, 60, b"070809+0200"),
        (2, 10, b"3"),
    )
    record = described(jpeg(extra=segment(0xED, block)))
    assert record.iptc == {
        "ObjectName": "Bridge",
        "Keywords": ["river", "Stöcke"],
        "DateCreated": "2024-05-06T07:08:09+02:00",
        "Urgency": 3,
    }


def test_iptc_without_a_stated_encoding_is_western() -> None:
    block = b"Photoshop 3.0\0" + iptc((2, 80, "Müller".encode("cp1252")))
    assert described(jpeg(extra=segment(0xED, block))).iptc == {"By-line": ["Müller"]}


def test_xmp_is_typed_and_under_the_standard_s_prefixes() -> None:
    packet = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP)
    assert described(jpeg(extra=packet)).xmp == {
        "xmp:Rating": 4,
        "own:note": "kept",
        "dc:title": "Bridge",
        "dc:subject": ["river", "stone"],
        "exif:Flash": {"exif:Fired": False},
        "exif:FNumber": 2.8,
    }


def test_xmp_that_defines_entities_is_refused_and_the_rest_described() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]>' + XMP[XMP.find(b"<x:") :]
    packet = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + bomb)
    record = described(jpeg(extra=packet))
    assert record.xmp == {}
    assert record.width == 40


def test_a_packet_in_pieces_is_put_together() -> None:
    name = b"http://ns.adobe.com/xmp/extension/\0" + b"0" * 32
    pieces = [XMP[:300], XMP[300:]]
    extra = b"".join(
        segment(0xE1, name + struct.pack(">II", len(XMP), offset) + piece)
        for offset, piece in ((300, pieces[1]), (0, pieces[0]))
    )
    assert described(jpeg(extra=extra)).xmp["dc:title"] == "Bridge"


def test_png_texts_become_tags_and_profiles_of_imagemagick_are_read() -> None:
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "Bridge")
    texts.add_itxt("Author", "Müller", zip=True)
    texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
    raw = iptc((2, 5, b"Raw"))
    texts.add_text("Raw profile type iptc", f"\niptc\n{len(raw):8}\n{raw.hex()}\n", zip=True)
    record = described(saved("PNG", pnginfo=texts))
    assert record.tags == {"title": "Bridge", "artist": "Müller"}
    assert record.xmp["xmp:Rating"] == 4
    assert record.iptc["ObjectName"] == "Raw"


def test_a_compressed_text_that_would_fill_memory_is_cut() -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    bomb = chunk(b"zTXt", b"Title\0\0" + zlib.compress(bytes(100_000_000), 9))
    body = saved("PNG")
    tracemalloc.start()
    try:
        record = described(body[:33] + bomb + body[33:])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert record.width == 40
    assert peak < 40_000_000


def test_an_animation_is_known_with_its_frames() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "green", "blue")]
    for format_ in ("GIF", "WEBP", "PNG"):
        out = io.BytesIO()
        frames[0].save(out, format_, save_all=True, append_images=frames[1:])
        image = described(out.getvalue()).image
        assert image is not None
        assert (image.is_animated, image.frame_count) == (True, 3), format_


def test_alpha_depth_and_space_are_known_without_decoding() -> None:
    out = io.BytesIO()
    Image.new("I;16", (4, 4)).save(out, "PNG")
    image = described(out.getvalue()).image
    assert image is not None
    assert (image.bit_depth, image.color_space, image.has_alpha) == (16, "gray", False)
    out = io.BytesIO()
    Image.new("CMYK", (4, 4)).save(out, "JPEG")
    image = described(out.getvalue()).image
    assert image is not None
    assert image.color_space == "cmyk"


def test_the_profile_s_name_is_read_in_both_versions() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = described(jpeg(icc_profile=profile)).image
    assert image is not None
    assert image.icc_profile == "sRGB built-in"
    old = bytearray(profile)
    at, size = next(
        struct.unpack(">II", old[place + 4 : place + 12])
        for place in range(132, 400, 12)
        if old[place : place + 4] == b"desc"
    )
    old[at : at + size] = (b"desc\0\0\0\0" + struct.pack(">I", 5) + b"Plain").ljust(size, b"\0")
    image = described(jpeg(icc_profile=bytes(old))).image
    assert image is not None
    assert image.icc_profile == "Plain"


def test_a_tiff_whose_directories_go_in_circles_is_described() -> None:
    directory = struct.pack("<H", 2) + struct.pack("<HHII", 256, 4, 1, 7)
    directory += struct.pack("<HHII", 257, 4, 1, 5) + struct.pack("<I", 8)
    record = described(b"II*\0" + struct.pack("<I", 8) + directory, "image/tiff")
    assert (record.width, record.height) == (7, 5)
    assert record.image is not None
    assert record.image.page_count == 1


def test_a_long_value_is_never_read() -> None:
    directory = struct.pack("<H", 2) + struct.pack("<HHII", 256, 4, 1, 7)
    directory += struct.pack("<HHII", 270, 2, 100_000, 200) + struct.pack("<I", 0)
    body = b"II*\0" + struct.pack("<I", 8) + directory + b"x" * 200_000
    assert "ImageDescription" not in described(body, "image/tiff").exif


def test_a_tiff_that_announces_gigabytes_costs_nothing() -> None:
    directory = struct.pack("<H", 2) + struct.pack("<HHII", 256, 4, 1, 7)
    directory += struct.pack("<HHII", 270, 2, 0xFFFFFFF0, 8) + struct.pack("<I", 0)
    record = described(b"II*\0" + struct.pack("<I", 8) + directory, "image/tiff")
    assert record.width == 7


def test_what_is_no_picture_is_said_to_be_none() -> None:
    record = described(b"this is no picture at all")
    assert [problem.code for problem in record.problems] == ["broken_image"]


FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "GIF", "JPEG2000"]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_picture_cut_in_its_header_says_so(format_: str) -> None:
    for length in (1, 2, 3, 8, 20, 40):
        record = described(saved(format_)[:length])
        assert record.bytes == length
        assert record.problems, length


@pytest.mark.parametrize("format_", FORMATS)
def test_a_picture_cut_anywhere_is_still_described(format_: str) -> None:
    body = saved(format_)
    for length in range(1, len(body), max(1, len(body) // 100)):
        assert described(body[:length]).bytes == length


def shape(body: bytes, content_type: str = "image/png") -> tuple[object, ...]:
    record = described(body, content_type)
    assert record.image is not None
    assert record.problems == ()
    image = record.image
    return record.format, record.width, record.height, image.bit_depth, image.color_space


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"P6\n# a note\n80 60\n255\n" + bytes(9), ("ppm", 80, 60, 8, "rgb")),
        (b"P5 80\t60 65535\n" + bytes(9), ("pgm", 80, 60, 16, "gray")),
        (b"P4\n# one\n# two\n80\n60\n" + bytes(9), ("pbm", 80, 60, 1, "gray")),
        (
            b"P7\nWIDTH 80\nHEIGHT 60\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n",
            ("pam", 80, 60, 8, "rgb"),
        ),
        (tga(), ("tga", 8, 6, 8, "rgb")),
    ],
)
def test_simple_pictures_say_their_size(body: bytes, expected: tuple[object, ...]) -> None:
    assert shape(body) == expected


@pytest.mark.parametrize(("format_", "mode"), [("PCX", "RGB"), ("SGI", "RGB"), ("DDS", "RGBA")])
def test_old_formats_say_their_size(format_: str, mode: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (80, 60)).save(buffer, format_)
    assert shape(buffer.getvalue())[:3] == (format_.lower(), 80, 60)


@pytest.mark.parametrize(
    ("root", "size"),
    [
        ('<svg width="40" height="30">', (40, 30)),
        ('<svg width="1in" height="2.54cm">', (96, 96)),
        ("<svg viewBox='0 0 24 12'>", (24, 12)),
        ('<svg width="48" viewBox="0,0,24,12">', (48, 24)),
        ('<svg height="100%" width="50%" viewBox="0 0 10 20">', (10, 20)),
        ("<svg>", (300, 150)),
        ('<s:svg xmlns:s="http://www.w3.org/2000/svg" width="9" height="8">', (9, 8)),
    ],
)
def test_an_svg_has_the_size_that_a_browser_gives_it(root: str, size: tuple[int, int]) -> None:
    markup = f"<?xml version='1.0'?><!-- <svg width='1'> -->{root}<title>A tree</title>"
    for body in (markup.encode(), gzip.compress(markup.encode())):
        record = described(body, "image/svg+xml")
        assert (record.format, record.width, record.height) == ("svg", *size)
        assert record.tags == {"title": "A tree"}
        assert record.problems == ()


def test_a_comment_of_jpeg_and_gif_is_a_tag() -> None:
    assert described(jpeg_of((0xFE, b"A note\0")), "image/jpeg").tags == {"comment": "A note"}
    buffer = io.BytesIO()
    Image.new("P", (8, 6)).save(buffer, "GIF", comment=b"A longer note " * 30)
    assert described(buffer.getvalue(), "image/gif").tags["comment"] == ("A longer note " * 30)[:-1]


def test_a_camera_raw_by_fujifilm_is_described_by_its_preview() -> None:
    preview = jpeg_of((0xFE, b"A note"))
    body = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0") + struct.pack(">II", 200, len(preview))
    record = described(body.ljust(200, b"\0") + preview, "image/x-fuji-raf")
    assert (record.format, record.width, record.height) == ("raf", 8, 6)


def test_a_bitmap_of_os_2_has_a_short_header() -> None:
    body = b"BM" + struct.pack("<IIIIHHHH", 26 + 72, 0, 26, 12, 80, 60, 1, 24) + bytes(72)
    assert shape(body, "image/bmp")[:4] == ("bmp", 80, 60, 24)


@pytest.mark.parametrize("name", [b"iptc", b"IPTC profile"])
def test_iptc_in_a_png_s_hexadecimal_digits_is_read(name: bytes) -> None:
    block = iptc((2, 5, b"Bridge"))
    digits = b"\n" + name + b"\n%8d\n" % len(block) + block.hex().encode() + b"\n"
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type iptc", digits.decode("latin-1"), zip=True)
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6)).save(buffer, "PNG", pnginfo=info)
    assert described(buffer.getvalue(), "image/png").iptc == {"ObjectName": "Bridge"}


def test_a_jpeg_2000_without_its_header_box_has_its_codestream_s_size() -> None:
    body = saved("JPEG2000")
    assert b"jp2h" in body
    record = described(body.replace(b"jp2h", b"jp2i"), "image/jp2")
    assert (record.width, record.height) == (40, 30)
    assert record.problems == ()


def test_rubbish_between_segments_of_a_jpeg_costs_nothing_behind_it() -> None:
    body = saved("JPEG")
    at = body.index(b"\xff\xdb")
    for rubbish in (b"\0\0", b"junk \xff\0 junk" * 50, body[2:9] * 3):
        record = described(body[:at] + rubbish + body[at:])
        assert (record.width, record.height) == (40, 30)
        assert record.problems == ()


def test_a_picture_that_only_the_door_knows_is_unsupported_and_a_false_one_is_broken() -> None:
    body = b"BA\x0e\0\0\0" + bytes(100)
    for content_type, code in (
        ("image/x-os2-graphics", "unsupported"),
        ("image/png", "broken_image"),
    ):
        record = described(body, content_type)
        assert [problem.code for problem in record.problems] == [code]


def test_frames_behind_stray_bytes_of_a_gif_are_counted() -> None:
    whole = gif_of(3)
    frame = whole.rindex(b"\x2c")
    record = described(whole[:frame] + b"\0\0" + whole[frame:], "image/gif")
    assert record.image is not None
    assert (record.image.frame_count, record.image.is_animated) == (3, True)
