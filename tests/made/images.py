"""Pictures made for the tests: small, with colours that tell where up is."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence

from PIL import Image, ImageColor

from mediamill.domain.image import render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles

CORNERS = ("red", "lime", "blue", "black")  # left to right, top to bottom


def saved(picture: Image.Image, format_: str, **options: object) -> bytes:
    """The picture in a format, by Pillow and its plug-ins."""
    body = io.BytesIO()
    picture.save(body, format_, **options)
    return body.getvalue()


def opened(body: bytes) -> Image.Image:
    """What a rendition's bytes show."""
    picture = Image.open(io.BytesIO(body))
    picture.load()
    return picture


def shown(
    original: bytes, size: int = 10_000, format_: str = "png", *, background: str = "#ffffff"
) -> Image.Image:
    """The original as one rendition that fits into a square, PNG unless said otherwise."""
    profiles = parse_profiles(f"one={size}", format_)
    (rendition,) = render(original, profiles, Limits(), background=background)
    return opened(rendition.body)


def corners(width: int = 60, height: int = 40) -> Image.Image:
    """Four colours, one in each quarter."""
    picture = Image.new("RGB", (width, height))
    half = (width // 2, height // 2)
    for number, colour in enumerate(CORNERS):
        picture.paste(colour, (number % 2 * half[0], number // 2 * half[1], width, height))
    return picture


def rainbow(width: int = 96, height: int = 64) -> Image.Image:
    """Every hue across, from pale through full to dark down."""
    hue = Image.linear_gradient("L").rotate(90).resize((width, height))
    down = Image.linear_gradient("L").resize((width, height))
    saturation = down.point(lambda value: min(255, value * 2))
    brightness = down.point(lambda value: min(255, 2 * (255 - value) + 40))
    return Image.merge("HSV", (hue, saturation, brightness)).convert("RGB")


def photo(width: int = 640, height: int = 480, seed: int = 3) -> Image.Image:
    """Soft shapes with a sensor's noise: what a photograph is to an encoder."""
    soft = Image.effect_noise((max(2, width // 40), max(2, height // 40)), 120 + seed)
    base = rainbow(width, height)
    light = soft.resize((width, height), Image.Resampling.BICUBIC)
    shaded = Image.blend(base, Image.merge("RGB", (light, light, light)), 0.5)
    noise = Image.effect_noise((width, height), 12)
    return Image.blend(shaded, Image.merge("RGB", (noise, noise, noise)), 0.08)


def png_announcing(width: int, height: int) -> bytes:
    """A PNG that promises pixels it does not have."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def gif_of(frames: int, side: int = 500) -> bytes:
    """A GIF with many frames of one pixel each on a large canvas."""
    head = b"GIF89a" + struct.pack("<HH", side, side) + b"\x80\0\0" + b"\0\0\0\xff\xff\xff"
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, 1, 1) + b"\0\x02\x02\x44\x01\0"
    return head + frame * frames + b"\x3b"


def gif_blocks(
    screen: tuple[int, int],
    palette: Sequence[str],
    blocks: Sequence[tuple[tuple[int, int, int, int], int, int]],
) -> bytes:
    """A GIF of flat (left, top, width, height), colour number, disposal; nothing transparent."""
    table = b"".join(bytes(ImageColor.getrgb(name)) for name in palette).ljust(12, b"\0")
    body = b"GIF89a" + struct.pack("<HHBBB", *screen, 0x91, 0, 0) + table
    for box, colour, disposal in blocks:
        body += b"!\xf9\x04" + struct.pack("<BHBB", disposal << 2, 10, 0, 0)
        body += b"," + struct.pack("<HHHHB", *box, 0) + _flat_lzw(colour, box[2] * box[3])
    return body + b";"


def _flat_lzw(colour: int, count: int) -> bytes:
    """Pixels of 2 bits as codes of 3, cleared often enough that they stay so short."""
    codes = [code for at in range(count) for code in ([4, colour] if at % 2 == 0 else [colour])]
    bits = sum(code << 3 * at for at, code in enumerate([*codes, 5]))
    packed = bits.to_bytes((3 * len(codes) + 10) // 8, "little")
    parts = (packed[at : at + 255] for at in range(0, len(packed), 255))
    return b"\x02" + b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def tiff(tags: Sequence[tuple[int, int, int, int]], body: bytes, at: int = 256) -> bytes:
    """One little-endian directory of (tag, type, count, value), and a body at `at`."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + b"\0\0\0\0"
    return head.ljust(at, b"\0") + body
