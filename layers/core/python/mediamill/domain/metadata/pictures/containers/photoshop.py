"""Photoshop's image resources: where IPTC stands in JPEG, TIFF and PSD."""

from __future__ import annotations

from mediamill.domain.metadata.pictures.containers.header import PictureHeader

_IPTC, _ICC, _EXIF, _XMP = 0x0404, 0x040F, 0x0422, 0x0424
MOST_RESOURCES = 500


def read_resources(block: bytes, header: PictureHeader) -> None:
    """Put the IPTC datasets, and what else `header` lacks, from a run of resources into it."""
    at = 0
    for _ in range(MOST_RESOURCES):
        if block[at : at + 4] not in (b"8BIM", b"MeSa") or len(block) < at + 12:
            break
        number = int.from_bytes(block[at + 4 : at + 6])
        name = block[at + 6] + 1
        at += 6 + name + name % 2
        size = int.from_bytes(block[at : at + 4])
        body = block[at + 4 : at + 4 + size]
        at += 4 + size + size % 2
        if number == _IPTC:
            header.iptc = header.iptc or body
        elif number == _ICC:
            header.icc = header.icc or body
        elif number == _EXIF:
            header.exif = header.exif or body
        elif number == _XMP and not header.xmp:
            header.xmp.append(body)
