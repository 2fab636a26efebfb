"""Sound files written by hand, frame by frame, for what encoders seldom or never write."""

from __future__ import annotations

import struct

MPEG1_LAYER3_128 = b"\xff\xfb\x90\xc4"  # 44.1 kHz, mono
FRAME = 417  # bytes of it: 144 × 128,000 / 44,100


def mp3(frames: int, *, header: bytes = MPEG1_LAYER3_128, size: int = FRAME) -> bytes:
    """So many frames of silence of one bit rate, without an encoder's own header."""
    return (header + bytes(size - 4)) * frames


def text_frame(name: str, text: str, version: int = 3) -> bytes:
    """A text frame of ID3v2."""
    body = b"\x03" + text.encode() if version == 4 else b"\x01" + text.encode("utf-16")
    return frame(name, body, version)


def frame(name: str, body: bytes, version: int = 3) -> bytes:
    """A frame of ID3v2.3 or 2.4."""
    size = sync_safe(len(body)) if version == 4 else struct.pack(">I", len(body))
    return name.encode() + size + b"\0\0" + body


def id3(*frames: bytes, version: int = 3, padding: int = 0) -> bytes:
    """An ID3v2 tag of these frames."""
    body = b"".join(frames) + bytes(padding)
    return b"ID3" + bytes([version, 0, 0]) + sync_safe(len(body)) + body


def id3v1(title: str, artist: str, *, track: int = 0, genre: int = 17) -> bytes:
    """An ID3v1.1 tag."""
    return (
        b"TAG"
        + title.encode("latin-1").ljust(30, b"\0")
        + artist.encode("latin-1").ljust(30, b"\0")
        + bytes(30)
        + b"1999"
        + bytes(28)
        + bytes([0, track, genre])
    )


def sync_safe(number: int) -> bytes:
    """Four bytes of seven bits."""
    return bytes(number >> 7 * place & 127 for place in (3, 2, 1, 0))


def adts(frames: int) -> bytes:
    """AAC frames of 200 bytes, 44.1 kHz, mono."""
    size = 200
    header = bytes(
        [0xFF, 0xF1, 0x50, 0x40 | size >> 11, size >> 3 & 255, (size & 7) << 5 | 0x1F, 0xFC]
    )
    return (header + bytes(size - 7)) * frames


def au(encoding: int, each: int, seconds: int) -> bytes:
    """A Sun sound of 8 kHz, mono; `each` is bytes of a sample."""
    data = bytes(8_000 * each * seconds)
    return b".snd" + struct.pack(">5I", 24, len(data), encoding, 8_000, 1) + data


def caf(seconds: int) -> bytes:
    """16-bit PCM of 44.1 kHz, mono, in Apple's container."""
    data = bytes(4) + bytes(88_200 * seconds)
    description = struct.pack(">d4sIIIII", 44_100, b"lpcm", 0, 2, 1, 1, 16)
    chunks = ((b"desc", description), (b"free", bytes(500)), (b"data", data))
    return b"caff\0\1\0\0" + b"".join(n + struct.pack(">q", len(b)) + b for n, b in chunks)


def riff(kind: bytes, info: dict[str, str]) -> bytes:
    """A WAV of a second of silence, with an INFO list behind its data."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)

    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8_000, 8_000, 1, 8))
    texts = b"".join(chunk(name.encode(), text.encode() + b"\0") for name, text in info.items())
    body = kind + form + chunk(b"data", bytes(8_000)) + chunk(b"LIST", b"INFO" + texts)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def ogg(*packets: bytes) -> bytes:
    """Packets of one Ogg stream, a page each."""
    pages = []
    for number, packet in enumerate(packets):
        lacing = bytes([255] * (len(packet) // 255) + [len(packet) % 255])
        flags = 2 if number == 0 else 0
        head = b"OggS\0" + bytes([flags]) + bytes(8) + b"\x07\0\0\0" + struct.pack("<I", number)
        pages.append(head + bytes(4) + bytes([len(lacing)]) + lacing + packet)
    return b"".join(pages)


def comments(vendor: str, *entries: str) -> bytes:
    """Vorbis comments without their framing."""
    body = struct.pack("<I", len(vendor)) + vendor.encode() + struct.pack("<I", len(entries))
    return body + b"".join(struct.pack("<I", len(e.encode())) + e.encode() for e in entries)
