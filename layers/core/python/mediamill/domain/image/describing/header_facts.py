"""What a header says of a picture's numbers: bits a channel and colour space."""

from __future__ import annotations

from PIL import Image, ImageFile

from mediamill.domain.image.reading.containers import Container

_SPACES = {"L": "Gray", "LA": "Gray", "1": "Gray", "I": "Gray", "F": "Gray", "La": "Gray"}
_SPACES |= {"CMYK": "CMYK", "LAB": "Lab"}

_EIGHT = {Container.WEBP, Container.GIF, Container.JPEG, Container.RAW, Container.SVG}


_PNG = b"\x89PNG"
_PNG_GREY = {0, 4}  # colour types, with alpha and without


def color_space(picture: Image.Image, original: bytes) -> str:
    """`RGB` (palettes too), `Gray`, `CMYK` or `Lab`, as the file stores it."""
    if original.startswith(_PNG) and len(original) > 25 and original[25] in _PNG_GREY:
        return "Gray"
    if "color_space" in picture.info:  # of a TIFF that was converted to be opened
        return str(picture.info["color_space"])
    return "Gray" if picture.mode.startswith("I;16") else _SPACES.get(picture.mode, "RGB")


def bit_depth(picture: ImageFile.ImageFile, container: Container, original: bytes) -> int | None:
    """Bits per channel (of the palette's index, where there is one); None where no header says."""
    match container:
        case Container.PNG:
            return original[24]
        case Container.TIFF if "bit_depth" in picture.info:
            return int(picture.info["bit_depth"])
        case Container.TIFF:
            bits = picture.tag_v2.get(258, (1,))  # type: ignore[attr-defined]
            return int(bits[0]) if isinstance(bits, tuple) else int(bits)
        case Container.PPM if picture.mode == "I":
            return 16  # Pillow has no grey of 16 bits there, and scales to them
        case Container.SGI:
            return 8 * original[3]  # bytes of a channel
        case Container.HEIF:
            return int(picture.info.get("bit_depth", 8))
        case Container.PSD:
            return int.from_bytes(original[22:24], "big")
        case Container.AVIF:
            return _av1_depth(original)
        case Container.JPEG2000:
            return _jpeg2000_depth(original)
        case _ if container in _EIGHT:
            return 8
        case _:
            if picture.mode == "1":
                return 1
            return 16 if picture.mode.startswith("I;16") else 32 if picture.mode in "IF" else 8


def _av1_depth(original: bytes) -> int | None:
    """From the `av1C` box: high_bitdepth and twelve_bit (AV1 in ISOBMFF, 2.3)."""
    at = original[:65_536].find(b"av1C")
    if at < 0 or at + 7 > len(original):
        return None
    flags = original[at + 6]
    return (12 if flags & 0x20 else 10) if flags & 0x40 else 8


def _jpeg2000_depth(original: bytes) -> int | None:
    """From the codestream's SIZ marker (ISO/IEC 15444-1, A.5.1)."""
    at = original[:65_536].find(b"\xff\x4f\xff\x51")
    return (original[at + 42] & 0x7F) + 1 if 0 <= at < len(original) - 42 else None


def wavelet_levels(original: bytes) -> int:
    """How often a JPEG 2000 can be halved: the levels of the COD marker, 0 where none is found."""
    start = original[:65_536].find(b"\xff\x4f\xff\x51")
    at = original.find(b"\xff\x52", start, start + 65_536) if start >= 0 else -1
    # A component of its own (COC) may have fewer: such files are decoded whole.
    if at < 0 or at + 10 > len(original) or b"\xff\x53" in original[start : at + 64]:
        return 0
    return original[at + 9] if original[at + 9] <= 32 else 0
