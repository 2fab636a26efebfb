"""How the formats that are read begin: one table, for the door, for pictures and for metadata.

A name of the table is the manifest's `format` where pictures are concerned; what libmagic tells
without help (text, archives, programs) is not here.
"""

from __future__ import annotations

import re
import struct
import zlib

GZIP = b"\x1f\x8b\x08"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

MEDIA_TYPES = {
    # Pictures that are decoded, or whose header is read.
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "tiff": "image/tiff",
    "bmp": "image/bmp",
    "ico": "image/vnd.microsoft.icon",
    "psd": "image/vnd.adobe.photoshop",
    "jp2": "image/jp2",
    "j2c": "image/j2c",
    "jxl": "image/jxl",
    "avif": "image/avif",
    "heic": "image/heic",
    "heif": "image/heif",
    "svg": "image/svg+xml",
    "svgz": "image/svg+xml",
    "pbm": "image/x-portable-bitmap",
    "pgm": "image/x-portable-graymap",
    "ppm": "image/x-portable-pixmap",
    "tga": "image/x-tga",
    "cr2": "image/x-canon-cr2",
    "orf": "image/x-olympus-orf",
    "rw2": "image/x-panasonic-rw2",
    "raf": "image/x-fuji-raf",
    # Pictures that are known, and left out.
    "cr3": "image/x-canon-cr3",
    "psb": "image/vnd.adobe.photoshop",
    "pam": "image/x-portable-arbitrarymap",
    "pfm": "image/x-portable-floatmap",
    "cur": "image/x-win-cursor",
    "eps": "application/postscript",
    "bpg": "image/bpg",
    "fits": "image/fits",
    "wmf": "image/wmf",
    "emf": "image/emf",
    "exr": "image/x-exr",
    "hdr": "image/vnd.radiance",
    "dds": "image/vnd.ms-dds",
    "pcx": "image/x-pcx",
    "sgi": "image/x-sgi",
    "xpm": "image/x-xpixmap",
    "qoi": "image/qoi",
    "icns": "image/x-icns",
    "dicom": "application/dicom",
    # Sound and video.
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "m4a": "audio/mp4",
    "3gp": "video/3gpp",
    "3g2": "video/3gpp2",
    "f4v": "video/x-f4v",
    "mj2": "video/mj2",
    "mkv": "video/x-matroska",
    "webm": "video/webm",
    "mpegts": "video/mp2t",
    "dv": "video/x-dv",
    "ivf": "video/x-ivf",
    "y4m": "video/x-yuv4mpeg",
    "mxf": "application/mxf",
    "caf": "audio/x-caf",
    "wavpack": "audio/x-wavpack",
    "ape": "audio/x-ape",
    "tta": "audio/x-tta",
    "tak": "audio/x-tak",
    "dsf": "audio/x-dsf",
    "dff": "audio/x-dff",
    "amr": "audio/amr",
    "amr-wb": "audio/amr-wb",
    "au": "audio/basic",
    "w64": "audio/x-w64",
    "rf64": "audio/wav",
    "ac3": "audio/ac3",
    "dts": "audio/vnd.dts",
    "mpc": "audio/x-musepack",
}

WEAK = {"tga": ("tga", "icb", "vda", "vst"), "pcx": ("pcx",)}
"""Formats whose signature noise has too, with the extensions that have to agree with it."""

_MAGIC = (
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (8, b"WEBPVP8", "webp"),
    (0, b"II+\0", "tiff"),
    (0, b"MM\0+", "tiff"),
    (0, b"\0\0\x01\0", "ico"),
    (0, b"8BPS\0\x01", "psd"),
    (0, b"8BPS\0\x02", "psb"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (0, b"\xff\x4f\xff\x51", "j2c"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (0, b"\xff\x0a", "jxl"),
    # Camera raw that is TIFF but for its magic (Olympus, Panasonic), and Fujifilm's own.
    (0, b"IIRO", "orf"),
    (0, b"IIRS", "orf"),
    (0, b"MMOR", "orf"),
    (0, b"IIU\0", "rw2"),
    (0, b"FUJIFILMCCD-RAW", "raf"),
    (0, b"\xc5\xd0\xd3\xc6", "eps"),
    (0, b"BPG\xfb", "bpg"),
    (0, b"SIMPLE  =", "fits"),
    (0, b"\xd7\xcd\xc6\x9a", "wmf"),
    (40, b" EMF", "emf"),
    (0, b"v/1\x01", "exr"),
    (0, b"#?RADIANCE", "hdr"),
    (0, b"#?RGBE", "hdr"),
    (0, b"DDS |\0\0\0", "dds"),
    # The version, run lengths, bits of a plane; run lengths or none, bytes of a channel.
    *(
        (0, bytes((10, version, 1, bits)), "pcx")
        for version in (0, 2, 3, 5)
        for bits in (1, 2, 4, 8)
    ),
    *((0, bytes((1, 218, runs, size)), "sgi") for runs in (0, 1) for size in (1, 2)),
    (0, b"/* XPM */", "xpm"),
    (0, b"qoif", "qoi"),
    (0, b"icns", "icns"),
    (128, b"DICM", "dicom"),
    (0, b"\x1f\x07\x00", "dv"),
    (0, b"DKIF\0\0\x20\0", "ivf"),
    (0, b"YUV4MPEG2 ", "y4m"),
    (0, b"caff\0\x01", "caf"),
    (0, b"wvpk", "wavpack"),
    (0, b"MAC ", "ape"),
    (0, b"TTA1", "tta"),
    (0, b"TTA2", "tta"),
    (0, b"tBaK", "tak"),
    (0, b"DSD \x1c\0\0\0\0\0\0\0", "dsf"),
    (12, b"DSD ", "dff"),
    (0, b"#!AMR-WB", "amr-wb"),
    (0, b"#!AMR", "amr"),
    (0, b".snd\0\0", "au"),
    (0, b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb", "w64"),
    (8, b"WAVEds64", "rf64"),
    (0, b"\x7f\xfe\x80\x01", "dts"),
    (0, b"MPCK", "mpc"),
    (0, b"MP+", "mpc"),
)

# Brands of the ISO base media file format (ISO/IEC 14496-12, 4.3; mp4ra.org). A picture's brand
# decides wherever it stands among the compatible ones; a film's only as the major brand.
_AVIF = frozenset({b"avif", b"avis"})
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_HEIF = frozenset({b"mif1", b"msf1", b"mif2", b"miaf"})
_BRANDS = {
    b"qt  ": "mov",
    b"M4A ": "m4a",
    b"M4B ": "m4a",
    b"M4P ": "m4a",
    b"F4A ": "m4a",
    b"F4B ": "m4a",
    b"F4V ": "f4v",
    b"f4v ": "f4v",
    b"F4P ": "f4v",
    b"mjp2": "mj2",
    b"mj2s": "mj2",
    b"crx ": "cr3",
}
_BITMAP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
_NETPBM = {
    b"P1": "pbm",
    b"P2": "pgm",
    b"P3": "ppm",
    b"P4": "pbm",
    b"P5": "pgm",
    b"P6": "ppm",
    b"P7": "pam",
    b"PF": "pfm",
    b"Pf": "pfm",
}


def format_of(head: bytes) -> str | None:
    """The name of the format that `head`, a file's first bytes, begins like; None for no other.

    A few kilobytes are enough but for SVG behind a long prologue and for MXF behind a run-in.
    The names in WEAK need an extension that agrees before a file of unknown kind is one.

    >>> format_of(b"GIF89a"), MEDIA_TYPES["gif"]
    ('gif', 'image/gif')
    """
    for offset, signature, name in _MAGIC:
        if head.startswith(signature, offset) and (name != "dff" or head.startswith(b"FRM8")):
            return name
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "cr2" if head[8:10] == b"CR" else "tiff"
    if head[:2] == b"BM" and len(head) > 18:
        # OS/2's may end after any of their fields; one plane says that it is none by chance.
        cut = 16 <= head[14] <= 64 and head[15:18] == bytes(3) and head[26:28] == b"\1\0"
        return "bmp" if cut or head[14] in _BITMAP_HEADERS else None
    if head[:2] in _NETPBM and head[2:3].isspace():
        return _NETPBM[head[:2]]
    if head[:4] == b"\0\0\x02\0" and len(head) > 8 and head[4] and not head[5]:
        return "cur"
    if head[:4] == b"%!PS" and b"EPSF" in head[:30]:
        return "eps"
    if head[:4] == b"\x1a\x45\xdf\xa3":  # EBML, whose header names the type of document
        return {b"webm": "webm", b"matroska": "mkv"}.get(_document_type(head))
    if head[:2] == b"\x0b\x77" and len(head) > 5 and head[5] >> 3 <= 10:
        return "ac3"
    return _by_structure(head)


# EBML's DocType (RFC 8794, 11.2.6) behind its length, in as many bytes as the writer chose.
_DOCUMENT_TYPE = re.compile(
    rb"\x42\x82(?:[\x80-\xff]|\x40.|\x10...|\x01.{7})(webm|matroska)", re.DOTALL
)


def _document_type(head: bytes) -> bytes:
    found = _DOCUMENT_TYPE.search(head[:256])
    return found[1] if found else b""


def brands_of(head: bytes) -> tuple[bytes, ...]:
    """The major brand of an ISO base media file, then those that it is compatible with."""
    size = min(int.from_bytes(head[:4]), len(head), 1024)
    return (head[8:12], *(head[at : at + 4] for at in range(16, size - 3, 4)))


def svg_root(head: bytes) -> str | None:
    """The text from the `svg` element on that XML opens with, after any prologue, comments and
    doctype; None where it opens with another. What is compressed is unpacked.
    """
    if head.startswith(GZIP):
        head = _inflated(head)
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head[: len(head) & ~1].decode("utf-16", "replace")
    else:
        text = head.decode("utf-8", "replace")
    at = len(text) - len(text.lstrip("\ufeff \t\r\n"))
    while match := _BEFORE_ROOT.match(text, at):
        at = match.end()
    return text[at:] if _SVG_ROOT.match(text, at) else None


# A declaration or processing instruction, a comment, or a doctype with what it declares.
_BEFORE_ROOT = re.compile(
    r"(?:<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>)\s*", re.DOTALL | re.IGNORECASE
)
_SVG_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?svg[\s/>]")


def _by_structure(head: bytes) -> str | None:
    """Formats without a signature, by what has to follow what in them."""
    if _is_transport_stream(head):
        return "mpegts"
    if _is_mxf(head):
        return "mxf"
    if head.startswith(GZIP):
        return "svgz" if svg_root(head) else None
    if svg_root(head):
        return "svg"
    return "tga" if _is_tga(head) else None


def _of_brands(head: bytes) -> str:
    """ISO/IEC 23008-12, 10, for pictures: a generic brand with a codec's beside it is that."""
    major, *compatible = brands_of(head)
    brands = {major, *compatible}
    if major in _AVIF or (brands & _AVIF and major in _HEIF):
        return "avif"
    if major in _HEIC or (brands & _HEIC and major in _HEIF):
        return "heic"
    if major in _HEIF:
        return "heif"
    if major in _BRANDS:
        return _BRANDS[major]
    if major[:3] in (b"3gp", b"3ge", b"3gg", b"3gr", b"3gs"):
        return "3gp"
    if major[:3] == b"3g2":
        return "3g2"
    for pictures, name in ((_AVIF, "avif"), (_HEIC, "heic"), (_HEIF, "heif")):
        if brands & pictures and major not in _FILMS:
            return name
    return "mp4"


_FILMS = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash"}
)


def _is_transport_stream(head: bytes) -> bool:
    """A sync byte every 188 bytes, or every 192 behind a time stamp (Blu-ray), 204 with parity."""
    for each, first in ((188, 0), (192, 4), (204, 0)):
        syncs = head[first : first + 5 * each : each]
        if len(syncs) >= min(5, max(2, len(head) // each)) and not syncs.strip(b"\x47"):
            return True
    return False


_PARTITION = bytes.fromhex("060e2b34020501010d0102010102")


def _is_mxf(head: bytes) -> bool:
    """A header partition pack, behind a run-in of up to 64 KB (SMPTE ST 377-1, 6.5)."""
    at = head[: 65_536 + 14].find(_PARTITION)
    return at == 0 or (at > 0 and head[at + 14 : at + 15] in (b"\1", b"\2", b"\3", b"\4"))


def _inflated(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, 65_536)
    except zlib.error:
        return b""


# Image type → whether it needs a colour map (Truevision TGA 2.0, table 1).
_TGA_TYPES = {1: True, 2: False, 3: False, 9: True, 10: False, 11: False}
_TGA_DEPTHS = {1: {8}, 2: {16, 24, 32}, 3: {8, 16}, 9: {8}, 10: {16, 24, 32}, 11: {8, 16}}


def _is_tga(head: bytes) -> bool:
    """TGA has no magic: every field of its 18-byte header must be one that the format defines."""
    if len(head) < 18:
        return False
    _, mapped, kind, _, length, map_bits, _, _, width, height, depth, flags = struct.unpack(
        "<BBBHHBHHHHBB", head[:18]
    )
    if kind not in _TGA_TYPES or depth not in _TGA_DEPTHS[kind] or not (width and height):
        return False
    if _TGA_TYPES[kind]:
        return bool(mapped == 1 and length and map_bits in (15, 16, 24, 32) and flags < 64)
    return bool(mapped == 0 and length == 0 and map_bits == 0 and flags < 64)
