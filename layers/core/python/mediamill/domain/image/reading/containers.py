"""What a picture's bytes are, decided by content alone: the allow-list of decoders.

A file reaches a decoder only through a `Container` that `detect` returned, and each container is
tied to exactly one decoder in `opening.py`.
"""

from __future__ import annotations

import struct
from enum import StrEnum

GZIP = b"\x1f\x8b\x08"


class Container(StrEnum):
    """The formats that are decoded; the values are the manifest's `format`."""

    JPEG = "jpeg"
    PNG = "png"
    GIF = "gif"
    WEBP = "webp"
    TIFF = "tiff"
    BMP = "bmp"
    ICO = "ico"
    AVIF = "avif"
    HEIF = "heif"
    JPEG2000 = "jp2"
    JXL = "jxl"
    PSD = "psd"
    PPM = "ppm"
    TGA = "tga"
    SVG = "svg"
    RAW = "raw"


_MAGIC = (
    (b"\xff\xd8\xff", Container.JPEG),
    (b"\x89PNG\r\n\x1a\n", Container.PNG),
    (b"GIF87a", Container.GIF),
    (b"GIF89a", Container.GIF),
    (b"II*\0", Container.TIFF),
    (b"MM\0*", Container.TIFF),
    (b"II+\0", Container.TIFF),
    (b"MM\0+", Container.TIFF),
    (b"\0\0\x01\0", Container.ICO),
    (b"8BPS\0\x01", Container.PSD),
    (b"\0\0\0\x0cjP  \r\n\x87\n", Container.JPEG2000),
    (b"\xff\x4f\xff\x51", Container.JPEG2000),
    (b"\0\0\0\x0cJXL \r\n\x87\n", Container.JXL),
    (b"\xff\x0a", Container.JXL),
    # Camera raw that is TIFF but for its magic (Olympus, Panasonic), and Fujifilm's own.
    (b"IIRO", Container.RAW),
    (b"IIRS", Container.RAW),
    (b"MMOR", Container.RAW),
    (b"IIU\0", Container.RAW),
    (b"FUJIFILMCCD-RAW", Container.RAW),
)

_AVIF_BRANDS = {b"avif", b"avis"}
_HEIF_BRANDS = {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs"}
_ANY_HEIF_BRANDS = {b"mif1", b"msf1", b"mif2", b"miaf"}

_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}


def detect(original: bytes) -> Container | None:
    """The container that the bytes announce, or None where no allowed decoder can read them."""
    for magic, container in _MAGIC:
        if original.startswith(magic):
            return container
    if original[:4] == b"RIFF" and original[8:12] == b"WEBP":
        return Container.WEBP
    if original[4:8] == b"ftyp":
        return _iso_container(original)
    if original[:2] == b"BM" and len(original) > 18:
        return Container.BMP if original[14] in _BMP_HEADERS else None
    if original[:1] == b"P" and original[1:2] in b"123456" and original[2:3].isspace():
        return Container.PPM
    if original.startswith(GZIP) or _looks_like_svg(original):
        return Container.SVG
    if _looks_like_tga(original):
        return Container.TGA
    return None


def _iso_container(original: bytes) -> Container | None:
    """AVIF or HEIF from the `ftyp` box's major and compatible brands (ISO/IEC 23008-12, 10)."""
    size = min(int.from_bytes(original[:4], "big"), 1024)
    major = original[8:12]
    brands = {major} | {original[at : at + 4] for at in range(16, size - 3, 4)}
    if major in _AVIF_BRANDS or (brands & _AVIF_BRANDS and major not in _HEIF_BRANDS):
        return Container.AVIF
    if brands & (_HEIF_BRANDS | _ANY_HEIF_BRANDS):
        return Container.HEIF
    return None


def _looks_like_svg(original: bytes) -> bool:
    """XML text that opens with an `svg` element, after any prolog, comments and doctype."""
    head = original[:4096]
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = head.decode("utf-16", "ignore")
    else:
        text = head.decode("utf-8", "ignore").lstrip("\ufeff")
    text = text.lstrip()
    return text.startswith("<") and "<svg" in text.replace("<svg:svg", "<svg")


# Image type → whether it needs a colour map (Truevision TGA 2.0, table 1).
_TGA_TYPES = {1: True, 2: False, 3: False, 9: True, 10: False, 11: False}
_TGA_DEPTHS = {1: {8}, 2: {16, 24, 32}, 3: {8, 16}, 9: {8}, 10: {16, 24, 32}, 11: {8, 16}}


def _looks_like_tga(original: bytes) -> bool:
    """TGA has no magic: every field of its 18-byte header must be one that the format defines."""
    if len(original) < 18:
        return False
    _, mapped, kind, _, length, map_bits, _, _, width, height, depth, flags = struct.unpack(
        "<BBBHHBHHHHBB", original[:18]
    )
    if kind not in _TGA_TYPES or depth not in _TGA_DEPTHS[kind] or not (width and height):
        return False
    if _TGA_TYPES[kind]:
        return bool(mapped == 1 and length and map_bits in (15, 16, 24, 32) and flags < 64)
    return bool(mapped == 0 and length == 0 and map_bits == 0 and flags < 64)
