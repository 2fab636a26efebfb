"""Files with a secret of its own in every field: `S3CRET-` and the field's name."""

from __future__ import annotations

import io
import re
import struct
import zipfile
from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

import av
import numpy as np

SECRET = re.compile(r"S3CRET-([\w:.-]+)")


def secret(name: object) -> str:
    """The secret of one field."""
    return f"S3CRET-{name}"


def secrets_in(text: str) -> set[str]:
    """The fields whose secrets a text tells."""
    return {name.rstrip(".-") for name in SECRET.findall(text)}


def directory(at: int, texts: Mapping[int, str], pointers: Mapping[int, int]) -> bytes:
    """A TIFF directory of texts that stands at `at`, with what its entries point to."""
    entries = sorted([*((tag, text.encode() + b"\0") for tag, text in texts.items())])
    count = len(entries) + len(pointers)
    data_at = at + 2 + 12 * count + 4
    rows, data = [], b""
    for tag, text in entries:
        rows.append(struct.pack("<HHII", tag, 2, len(text), data_at + len(data)))
        data += text + b"\0" * (len(text) % 2)
    rows += [struct.pack("<HHII", tag, 4, 1, place) for tag, place in pointers.items()]
    return struct.pack("<H", count) + b"".join(sorted(rows)) + bytes(4) + data


def exif(main: Mapping[int, str], photo: Mapping[int, str], gps: Mapping[int, str]) -> bytes:
    """An EXIF block whose three directories have these texts."""
    texts = [{tag: secret(name) for tag, name in names.items()} for names in (main, photo, gps)]
    photo_at = 8 + len(directory(8, texts[0], {0x8769: 0, 0x8825: 0}))
    gps_at = photo_at + len(directory(photo_at, texts[1], {}))
    return (
        b"II*\0\x08\0\0\0"
        + directory(8, texts[0], {0x8769: photo_at, 0x8825: gps_at})
        + directory(photo_at, texts[1], {})
        + directory(gps_at, texts[2], {})
    )


def iptc() -> bytes:
    """Every dataset of the application record."""
    return b"".join(
        b"\x1c\x02" + bytes([number]) + struct.pack(">H", len(text)) + text
        for number in range(256)
        for text in [secret(number).encode()]
    )


def jpeg(*segments: tuple[int, bytes]) -> bytes:
    """A JPEG of these marker segments, and a picture of 8 by 6 pixels that nobody drew."""
    frame = (0xC0, struct.pack(">BHHB", 8, 6, 8, 1) + b"\x01\x11\0")
    body = b"".join(
        struct.pack(">BBH", 0xFF, marker, len(part) + 2) + part
        for marker, part in (*segments, frame)
    )
    return b"\xff\xd8" + body + b"\xff\xda\0\x08\x01\x01\0\0?\0\xff\xd9"


def photoshop(datasets: bytes) -> bytes:
    """IPTC as a JPEG's segment has it."""
    return b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(datasets)) + datasets


def xmp(inside: str, namespaces: Mapping[str, str]) -> bytes:
    """A packet of these properties."""
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in namespaces.items())
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
        f' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description {declared}>'
        f"{inside}</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()


def sound(container: str, codec: str, tags: Iterable[str], **options: str) -> bytes:
    """A second of silence with a secret in each of these tags, and in one of the stream."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container, options=options) as out:
        stream = out.add_stream(codec, rate=48_000)
        assert isinstance(stream, av.AudioStream)
        for name in tags:
            out.metadata[name] = secret(name)
        stream.metadata["title"] = secret("stream-title")
        frame = av.AudioFrame.from_ndarray(
            np.zeros((1, 96_000 if stream.format.is_packed else 48_000), _type(stream)),
            format=stream.format.name,
            layout="stereo" if stream.format.is_packed else "mono",
        )
        frame.sample_rate = 48_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return buffer.getvalue()


def _type(stream: av.AudioStream) -> str:
    return {"s16": "i2", "s16p": "i2", "flt": "f4", "fltp": "f4", "s32": "i4", "s32p": "i4"}[
        stream.format.name
    ]


def package(parts: Mapping[str, str]) -> bytes:
    """A zip file of these XML parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return buffer.getvalue()


def element(name: str, namespace: str, fields: Iterable[str]) -> str:
    """An XML document whose fields each have a secret."""
    inside = "".join(f"<{field}>{escape(secret(field))}</{field}>" for field in fields)
    return f'<?xml version="1.0"?><{name} xmlns="{namespace}">{inside}</{name}>'
