"""Sound without an index: how long MPEG audio, ADTS, AU and CAF play, from their own headers.

MediaInfo counts what it has read of them, or takes a codec's default; the frames and the headers
say it exactly (ISO/IEC 11172-3, 2.4.2.3; ISO/IEC 13818-7, 6.2; Apple's Core Audio Format 1.0).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from mediamill.domain.metadata.reading.window import Window

HEAD = 64 * 1024
LONGEST_NOTE = 8_192
ADTS = (b"\xff\xf1", b"\xff\xf9", b"\xff\xf0", b"\xff\xf8")


@dataclass(frozen=True, slots=True)
class SoundFacts:
    """Seconds, bits per second of the stream, and the codec where the reader knows it better.

    `tags` are what AU's annotation says as `name=value`, as FFmpeg writes it.
    """

    duration: float
    bitrate: int | None = None
    codec: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


def read_plain(window: Window) -> SoundFacts | None:
    """What the sound in `window`, without any tags, says of itself; None for another format."""
    head = window.at(0, HEAD)
    if head[:4] == b".snd":
        return _au(head, window.length)
    if head[:4] == b"caff":
        return _caf(window)
    if head[:2] in ADTS:
        return _adts(head, window.length)
    return _mpeg(head, window.length)


# AU's encodings: bytes of a sample, and the codec where it is not plain PCM.
_AU = {1: (1, "pcm_mulaw"), 2: (1, None), 3: (2, None), 4: (3, None), 5: (4, None)}
_AU |= {6: (4, None), 7: (8, None), 27: (1, "pcm_alaw")}


def _au(head: bytes, length: int) -> SoundFacts | None:
    if len(head) < 24:
        return None
    start, size, encoding, rate, channels = struct.unpack_from(">5I", head, 4)
    if encoding not in _AU or not rate or not 0 < channels <= 256:
        return None
    each, codec = _AU[encoding]
    size = min(size, length - start) if size != 0xFFFFFFFF else length - start
    duration = max(0, size) / (each * channels * rate)
    notes = head[24 : min(start, LONGEST_NOTE)].split(b"\0")[0].decode("utf-8", "replace")
    lines = (line.partition("=") for line in notes.splitlines())
    tags = {name.strip().lower(): value for name, _, value in lines if value}
    return SoundFacts(round(duration, 3), each * channels * rate * 8, codec or "pcm", tags)


_MOST_CHUNKS = 64


def _caf(window: Window) -> SoundFacts | None:
    """The description, and then the packet table's frames or the data's bytes."""
    at, rate, packet, frames, data = 8, 0.0, 0, 0, None
    for _ in range(_MOST_CHUNKS):
        head = window.at(at, 12)
        if len(head) < 12:
            break
        kind, size = head[:4], int.from_bytes(head[4:], signed=True)
        if size < 0:  # the data chunk of a recording that nobody closed
            size = window.length - at - 12
        if kind == b"desc":
            body = window.at(at + 12, 32)
            if len(body) < 32:
                return None
            rate, _, _, packet, frames = struct.unpack_from(">d4sIII", body)
        elif kind == b"pakt" and len(table := window.at(at + 12, 16)) == 16:
            valid = int.from_bytes(table[8:16])
            if rate > 0 and 0 < valid < 2**48:
                return SoundFacts(round(valid / rate, 3))
        elif kind == b"data":
            data = min(size, window.length - at - 12) - 4
        at += 12 + size
    if not (rate > 0 and packet and frames and data and data > 0):
        return None
    duration = data / packet * frames / rate
    return SoundFacts(round(duration, 3), round(data * 8 / duration))


_ADTS_RATES = (96, 88.2, 64, 48, 44.1, 32, 24, 22.05, 16, 12, 11.025, 8, 7.35)


def _adts(head: bytes, length: int) -> SoundFacts | None:
    """The frames at the beginning; for a longer stream they stand for the others."""
    at, blocks, rate = 0, 0, 0.0
    while at + 7 <= len(head) and head[at] == 0xFF and head[at + 1] & 0xF6 == 0xF0:
        index = head[at + 2] >> 2 & 15
        size = (head[at + 3] & 3) << 11 | head[at + 4] << 3 | head[at + 5] >> 5
        if index >= len(_ADTS_RATES) or size < 7:
            break
        rate = _ADTS_RATES[index] * 1000
        blocks += 1 + (head[at + 6] & 3)
        at += size
    if blocks < 2:
        return None
    seen = blocks * 1024 / rate
    return SoundFacts(round(seen * length / at, 3), round(at * 8 / seen))


# Bit rates in kbit/s by version and layer (tables of ISO/IEC 11172-3 and 13818-3).
_RATES = {
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLE_RATES = (44_100, 48_000, 32_000)


@dataclass(frozen=True, slots=True)
class _Frame:
    size: int
    samples: int
    sample_rate: int
    bitrate: int
    side: int  # where a Xing header stands


def _frame(head: bytes, at: int) -> _Frame | None:
    if at + 4 > len(head) or head[at] != 0xFF or head[at + 1] & 0xE0 != 0xE0:
        return None
    second, third, fourth = head[at + 1], head[at + 2], head[at + 3]
    version = {3: 1, 2: 2, 0: 4}.get(second >> 3 & 3)  # 4 is MPEG 2.5
    layer = 4 - (second >> 1 & 3)
    rate, sampling = third >> 4, third >> 2 & 3
    if version is None or layer == 4 or rate in (0, 15) or sampling == 3:
        return None
    bitrate = _RATES[min(version, 2), layer][rate - 1] * 1000
    sample_rate = _SAMPLE_RATES[sampling] // version
    samples = 384 if layer == 1 else 1152 if layer == 2 or version == 1 else 576
    padding = (third >> 1 & 1) * (4 if layer == 1 else 1)
    unit = 4 if layer == 1 else 1
    size = samples // 8 // unit * bitrate // sample_rate * unit + padding
    mono = fourth >> 6 == 3
    side = (17 if mono else 32) if version == 1 else (9 if mono else 17)
    return _Frame(size, samples, sample_rate, bitrate, 4 + side)


def _mpeg(head: bytes, length: int) -> SoundFacts | None:
    """A header of all frames (Xing, Info, VBRI), or frames of one bit rate to the end."""
    start = head.find(b"\xff")
    while 0 <= start < len(head) - 4:
        frame = _frame(head, start)
        if frame and (_frame(head, start + frame.size) or start + frame.size == length):
            return _from_first(head, start, frame, length)
        start = head.find(b"\xff", start + 1)
    return None


def _from_first(head: bytes, start: int, first: _Frame, length: int) -> SoundFacts | None:
    """By the first frame, where that is a header of all; else by the frames that follow it."""
    frames, stated = _counted(head, start, first)
    if frames:
        duration = frames * first.samples / first.sample_rate
        following = _frame(head, start + first.size)
        if following and head[start + first.side :][:4] == b"Info":  # all frames have one rate
            return SoundFacts(round(duration, 3), following.bitrate)
        size = stated or length - start
        return SoundFacts(round(duration, 3), round(size * 8 / duration))
    at, rates = start, set[int]()
    while (frame := _frame(head, at)) is not None:
        rates.add(frame.bitrate)
        at += frame.size
    if len(rates) > 1:  # variable, and nobody counted: the frames seen stand for the others
        return None
    return SoundFacts(round((length - start) * 8 / first.bitrate, 3), first.bitrate)


def _counted(head: bytes, start: int, first: _Frame) -> tuple[int, int]:
    """How many frames an encoder says there are, and of how many bytes; zeros where it does not."""
    at = start + first.side
    if head[at : at + 4] in (b"Xing", b"Info") and len(head) >= at + 16:
        flags = int.from_bytes(head[at + 4 : at + 8])
        frames = int.from_bytes(head[at + 8 : at + 12]) if flags & 1 else 0
        size = int.from_bytes(head[at + 12 : at + 16]) if flags & 3 == 3 else 0
        return frames, size
    at = start + 36
    if head[at : at + 4] == b"VBRI" and len(head) >= at + 18:
        return int.from_bytes(head[at + 14 : at + 18]), int.from_bytes(head[at + 10 : at + 14])
    return 0, 0
