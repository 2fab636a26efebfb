"""BMP in the variants that browsers show and Pillow does not, made into one that it does.

Masks of any width and place, with and without alpha; OS/2 headers of any length; four colours;
palettes that are longer than their pixels can use. Only bytes that are there are moved.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

_CORE, _OS2_SHORTEST, _INFO = 12, 16, 40  # bytes of BITMAPCOREHEADER, OS22X…, BITMAPINFOHEADER
_PILLOW_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_RAW, _RLE8, _RLE4, _BITFIELDS, _ALPHABITFIELDS = 0, 1, 2, 3, 6

# Red, green, blue, alpha: whole bytes, or what 16 bits of Windows are; these are left to Pillow.
_USUAL_MASKS = {
    (32, 0xFF0000, 0xFF00, 0xFF, 0),
    (32, 0xFF0000, 0xFF00, 0xFF, 0xFF000000),
    (16, 0xF800, 0x7E0, 0x1F, 0),
    (16, 0x7C00, 0x3E0, 0x1F, 0),
}


@dataclass(frozen=True, slots=True)
class _Header:
    """The fields that matter; `height` is negative where the first row is the upper one."""

    size: int
    width: int
    height: int
    bits: int
    compression: int
    colours: int

    @property
    def is_os2(self) -> bool:
        """Headers of OS/2 2 may be cut anywhere after the first 16 bytes; 40 are Windows's too."""
        return _OS2_SHORTEST <= self.size <= 64 and self.size not in (_INFO, 52, 56)

    @property
    def stride(self) -> int:
        """Bytes of a row, which ends on a multiple of four."""
        return (self.width * self.bits + 31) // 32 * 4


def size(original: bytes) -> tuple[int, int] | None:
    """The pixels that the header announces; None for a header that is not understood."""
    head = _header(original)
    return (head.width, abs(head.height)) if head else None


def plain(original: bytes) -> bytes:
    """The same picture as Pillow reads it: the original where that is so already."""
    head = _header(original)
    if head is None or not 0 < head.width < 1 << 24:
        return original
    (at,) = struct.unpack_from("<I", original, 10)
    if head.compression in (_BITFIELDS, _ALPHABITFIELDS) and not head.is_os2:
        masks = _masks(original, head)
        usual = head.compression == _BITFIELDS and masks and (head.bits, *masks) in _USUAL_MASKS
        if masks is None or usual:
            return original
        return _unmasked(original[at:], head, masks)
    if head.bits > 8 or head.compression not in (_RAW, _RLE8, _RLE4):
        return original
    if head.size in _PILLOW_HEADERS and head.bits != 2 and head.colours <= 1 << head.bits:
        return original
    return _with_palette(original, at, head)


def _header(original: bytes) -> _Header | None:
    if len(original) < 14 + _CORE:
        return None
    (size,) = struct.unpack_from("<I", original, 14)
    if size == _CORE:
        width, height, _, bits = struct.unpack_from("<4H", original, 18)
        return _Header(size, width, height, bits, _RAW, 0)
    if not _OS2_SHORTEST <= size <= 124 or len(original) < 14 + size:
        return None
    fields = original[18 : 14 + size].ljust(36, b"\0")  # what is cut off is zero
    width, height, _, bits, compression, _, _, _, colours = struct.unpack_from("<iiHHIIiiI", fields)
    return _Header(size, width, height, bits, compression, colours)


def _masks(original: bytes, head: _Header) -> tuple[int, int, int, int] | None:
    """Behind a header of 40 bytes, inside of any longer one; a fourth only where it is said."""
    has_alpha = head.compression == _ALPHABITFIELDS or head.size >= 56
    count = 4 if has_alpha else 3
    if head.bits not in (16, 32) or len(original) < 54 + 4 * count:
        return None
    masks = [*struct.unpack_from(f"<{count}I", original, 54), 0]
    return masks[0], masks[1], masks[2], masks[3]


def _unmasked(rows: bytes, head: _Header, masks: tuple[int, int, int, int]) -> bytes:
    """32 bits a pixel, a byte for each channel."""
    step, height = head.bits // 8, abs(head.height)
    used = head.width * step
    rows = rows[: head.stride * height]
    if used != head.stride:
        starts = range(0, len(rows), head.stride)
        rows = b"".join(rows[start : start + used] for start in starts)
    rows = rows[: len(rows) // step * step]
    pixels = bytearray(len(rows) // step * 4)
    red, green, blue, alpha = masks
    for place, mask in enumerate((blue, green, red, alpha)):
        pixels[place::4] = _channel(rows, step, mask) if mask else b"\xff" * (len(rows) // step)
    masks_v4 = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000 if alpha else 0)
    fields = struct.pack(
        "<IiiHHIIiiII", 108, head.width, head.height, 1, 32, _BITFIELDS, len(pixels), 0, 0, 0, 0
    )
    return _file(fields + masks_v4 + b"BGRs" + bytes(48), bytes(pixels))


def _channel(rows: bytes, step: int, mask: int) -> bytes:
    """The channel's values, scaled to 255; it lies within two neighbouring bytes of a pixel."""
    shift = (mask & -mask).bit_length() - 1
    width = (mask >> shift).bit_length()
    if width > 8:  # the upper eight say it
        shift, width = shift + width - 8, 8
    first = shift // 8
    most = (1 << width) - 1
    low, high = rows[first::step], rows[first + 1 :: step] if first + 1 < step else b""
    shift -= first * 8
    # Of two bytes each adds its own bits, so that two tables of 256 do for all of their pairs.
    lower = bytes(_scaled((value >> shift) & most, most) for value in range(256))
    if shift + width <= 8 or not high:
        return low.translate(lower)
    below = 8 - shift
    parts = [bytes((value >> shift) & most for value in range(256))]
    parts.append(bytes((value << below) & most for value in range(256)))
    summed = int.from_bytes(low.translate(parts[0]), "little") | int.from_bytes(
        high.translate(parts[1]), "little"
    )
    values = summed.to_bytes(len(low), "little")
    return values.translate(bytes(_scaled(min(value, most), most) for value in range(256)))


def _scaled(value: int, most: int) -> int:
    return (value * 255 + most // 2) // most


def _with_palette(original: bytes, at: int, head: _Header) -> bytes:
    """Up to 256 colours of four bytes behind a header of 40; four colours become 256."""
    entry = 3 if head.size == _CORE else 4
    start = 14 + head.size
    most = 1 << head.bits
    count = max(0, min(head.colours or most, most, (at - start) // entry))
    entries = [
        original[start + entry * number : start + entry * number + 3] + b"\0"
        for number in range(count)
    ]
    bits, rows = head.bits, original[at:]
    if bits == 2:
        bits, rows = 8, _four_to_256(rows, head)
    fields = struct.pack(
        "<IiiHHIIiiII",
        _INFO,
        head.width,
        head.height,
        1,
        bits,
        head.compression,
        len(rows),
        *(0, 0),
        len(entries),
        0,
    )
    return _file(fields + b"".join(entries), rows)


def _four_to_256(rows: bytes, head: _Header) -> bytes:
    """Two bits a pixel to eight."""
    wide = bytearray(4 * len(rows))
    for place in range(4):
        wide[place::4] = rows.translate(bytes(value >> 6 - 2 * place & 3 for value in range(256)))
    used, padding = head.width, b"\0" * (-head.width % 4)
    starts = range(0, len(wide) - used + 1, head.stride * 4)
    return b"".join(bytes(wide[start : start + used]) + padding for start in starts)


def _file(header: bytes, rows: bytes) -> bytes:
    at = 14 + len(header)
    return b"BM" + struct.pack("<IHHI", at + len(rows), 0, 0, at) + header + rows
