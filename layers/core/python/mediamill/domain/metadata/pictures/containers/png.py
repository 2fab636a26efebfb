"""PNG and APNG: the chunks (PNG, third edition), with ImageMagick's raw profiles."""

from __future__ import annotations

import re
import struct
import zlib

from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.pictures.containers.photoshop import read_resources
from mediamill.domain.metadata.reading.text import clean
from mediamill.domain.metadata.reading.window import Window

_SPACES = {0: "gray", 2: "rgb", 3: "rgb", 4: "gray", 6: "rgb"}
_WANTED = {b"IHDR", b"iCCP", b"eXIf", b"tEXt", b"zTXt", b"iTXt", b"acTL"}
_XMP = b"XML:com.adobe.xmp"
# Each IDAT's header costs a block of a remote file; pictures with more come from fast writers
# that put their metadata first.
MOST_DATA_CHUNKS = 64
MOST_CHUNKS = 1_000
LONGEST_CHUNK = 4 * 1024 * 1024
LONGEST_INFLATED = 8 * 1024 * 1024
TAIL = 64 * 1024


def read_png(window: Window) -> PictureHeader:
    """The header of a PNG: chunks before the pixels, and after them where that is near."""
    header = PictureHeader("png", has_alpha=False, is_animated=False, frame_count=1)
    at, data_chunks = 8, 0
    for _ in range(MOST_CHUNKS):
        head = window.at(at, 8)
        if len(head) < 8:
            header.truncated = True
            break
        length, name = int.from_bytes(head[:4]), head[4:]
        if name == b"IEND":
            break
        if name in (b"IDAT", b"fdAT"):
            data_chunks += 1
            if data_chunks > MOST_DATA_CHUNKS or not window.affordable:
                at = _behind_pixels(window, at)
                if not at:
                    header.cut_short = True
                    break
                continue
        elif name == b"tRNS":
            header.has_alpha = True
        elif name in _WANTED and length <= LONGEST_CHUNK:
            _chunk(name, window.at(at + 8, length), header)
        at += 12 + length
    return header


def _behind_pixels(window: Window, at: int) -> int:
    """Where the chunks behind the last IDAT begin, if they fit the file's last bytes; else 0."""
    start = max(at, window.length - TAIL)
    tail = window.at(start, TAIL)
    match = re.search(rb"....(tEXt|zTXt|iTXt|eXIf|tIME|IEND)", tail, re.DOTALL)
    while match:
        # A name among compressed pixels is followed by no chunk that ends where another begins.
        here = start + match.start()
        length = int.from_bytes(tail[match.start() : match.start() + 4])
        following = window.at(here + 12 + length, 8)
        if match[1] == b"IEND" and length == 0 and not following:
            return here
        if len(following) == 8 and following[4:].isalpha():
            return here
        match = re.compile(rb"....(tEXt|zTXt|iTXt|eXIf|tIME|IEND)", re.DOTALL).search(
            tail, match.start() + 1
        )
    return 0


def _chunk(name: bytes, body: bytes, header: PictureHeader) -> None:
    if name == b"IHDR" and len(body) >= 13:
        width, height, depth, kind = struct.unpack(">IIBB", body[:10])
        header.width, header.height, header.bit_depth = width, height, depth
        header.color_space = _SPACES.get(kind)
        header.has_alpha = kind in (4, 6)
    elif name == b"eXIf":
        header.exif = body
    elif name == b"acTL" and len(body) >= 8:
        header.frame_count = max(1, int.from_bytes(body[:4]))
        header.is_animated = header.frame_count > 1
    elif name == b"iCCP":
        _, _, rest = body.partition(b"\0")
        header.icc = _inflate(rest[1:])
    elif name == b"tEXt":
        keyword, _, text = body.partition(b"\0")
        _text(keyword, text, header)
    elif name == b"zTXt":
        keyword, _, rest = body.partition(b"\0")
        _text(keyword, _inflate(rest[1:]), header)
    elif name == b"iTXt":
        keyword, _, rest = body.partition(b"\0")
        compressed = rest[:1] == b"\1"
        text = rest[2:].split(b"\0", 2)[-1]
        _text(keyword, _inflate(text) if compressed else text, header)


def _text(keyword: bytes, text: bytes, header: PictureHeader) -> None:
    if keyword == _XMP:
        header.xmp.append(text)
    elif keyword.startswith(b"Raw profile type "):
        _raw_profile(keyword.rpartition(b" ")[2], text, header)
    elif (name := clean(keyword, 79)) and len(header.texts) < 100 and (value := clean(text)):
        header.texts.setdefault(name, value)


def _raw_profile(kind: bytes, text: bytes, header: PictureHeader) -> None:
    """ImageMagick's way to keep EXIF, IPTC and XMP: name, length, and hexadecimal digits."""
    parts = text.strip().split(b"\n", 2)
    try:
        body = bytes.fromhex("".join(parts[2].decode("ascii").split()))
    except (IndexError, ValueError):
        return
    if kind in (b"exif", b"APP1") and body.startswith(b"Exif\0"):
        header.exif = header.exif or body[6:]
    elif kind == b"iptc" and body[:1] == b"\x1c":  # the datasets alone
        header.iptc = header.iptc or body
    elif kind in (b"iptc", b"8bim"):
        read_resources(body, header)
    elif kind == b"xmp":
        header.xmp.append(body)
    elif kind in (b"icc", b"icm"):
        header.icc = header.icc or body


def _inflate(body: bytes) -> bytes:
    """What zlib makes of `body`, up to a bound; what came before a fault still counts."""
    inflater = zlib.decompressobj()
    try:
        return inflater.decompress(body, LONGEST_INFLATED)
    except zlib.error:
        return b""
