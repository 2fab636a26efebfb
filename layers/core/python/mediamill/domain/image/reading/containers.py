"""What a picture's bytes are, decided by content alone: the allow-list of decoders.

A file reaches a decoder only through a `Container` that `detect` returned, and each container is
tied to exactly one decoder in `opening.py`.
"""

from __future__ import annotations

from enum import StrEnum

from mediamill.domain.signatures import format_of


class Container(StrEnum):
    """The formats that are decoded, each by one decoder."""

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
    CUR = "cur"
    DDS = "dds"
    PCX = "pcx"
    SGI = "sgi"
    XPM = "xpm"
    SVG = "svg"
    RAW = "raw"


# The formats of `domain/signatures.py` that a decoder is kept for.
_DECODED = {
    **{container.value: container for container in Container},
    "heic": Container.HEIF,
    "j2c": Container.JPEG2000,
    "svgz": Container.SVG,
    "pbm": Container.PPM,
    "pgm": Container.PPM,
    **dict.fromkeys(("cr2", "orf", "rw2", "raf"), Container.RAW),
}
_HEAD = 65_536  # bytes that say it all


def detect(original: bytes) -> Container | None:
    """The container that the bytes announce, or None where no allowed decoder can read them."""
    return _DECODED.get(format_of(original[:_HEAD]) or "")


def format_name(original: bytes) -> str:
    """The manifest's `format`: as the metadata step has it, whichever decoder reads the bytes."""
    name = format_of(original[:_HEAD]) or ""
    return name if name in _MEMBERS else _DECODED[name].value


# Those of one decoder's formats that have a name, and a media type, of their own.
_MEMBERS = frozenset({"heic", "pbm", "pgm", "cr2", "orf", "rw2", "raf"})
