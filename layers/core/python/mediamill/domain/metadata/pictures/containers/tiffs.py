"""TIFF as a picture, and the camera formats built on it: DNG, CR2, NEF, ARW."""

from __future__ import annotations

from collections.abc import Sequence

from mediamill.domain.metadata.blocks.exif import ExifFacts, facts_of
from mediamill.domain.metadata.blocks.tiff import Directory, Tiff
from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.pictures.containers.photoshop import read_resources
from mediamill.domain.metadata.reading.window import Window
from mediamill.domain.signatures import format_of

_PANASONIC_BORDERS = (4, 5, 6, 7)
_WIDTH, _HEIGHT, _DEPTH, _PHOTOMETRIC, _SAMPLES = 256, 257, 258, 262, 277
_SUB, _KIND, _EXTRA = 330, 254, 338
_XMP, _IPTC, _RESOURCES, _ICC = 700, 33723, 34377, 34675
_SPACES = {0: "gray", 1: "gray", 2: "rgb", 3: "rgb", 5: "cmyk", 6: "rgb", 8: "lab"}
_ALPHA = {1, 2}
MOST_COUNTED = 500


def read_tiff(window: Window) -> tuple[PictureHeader, ExifFacts]:
    """The header of the first full-size picture, the count of pages, and EXIF's facts."""
    name = format_of(window.at(0, 64))
    own = name if name in ("cr2", "orf", "rw2") else "tiff"
    header = PictureHeader(own, has_alpha=False, is_animated=False, frame_count=1)
    try:
        tiff = Tiff(window)
    except ValueError:
        header.truncated = True
        return header, ExifFacts()
    pages = 0
    for _ in tiff.chain():
        pages += 1
        if pages == MOST_COUNTED or not window.affordable:
            header.cut_short = True
            break
    header.page_count = None if header.cut_short else pages
    main = tiff.directory(tiff.first)
    if not main:
        header.truncated = True
        return header, ExifFacts()
    _describe(_full_size(tiff, main), header)
    header.truncated = tiff.truncated
    header.icc = _bytes(main, _ICC)
    header.iptc = _bytes(main, _IPTC)
    if packet := _bytes(main, _XMP):
        header.xmp.append(packet)
    read_resources(_bytes(main, _RESOURCES), header)
    return header, facts_of(tiff, main)


def _full_size(tiff: Tiff, main: Directory) -> Directory:
    """Cameras put a thumbnail first and the picture below it."""
    if _int(main, _KIND) != 1:
        return main
    for offset in _ints(main, _SUB)[:16]:
        below = tiff.directory(offset)
        if _int(below, _KIND) == 0 and _int(below, _WIDTH):
            return below
    return main


def _describe(picture: Directory, header: PictureHeader) -> None:
    header.width = _int(picture, _WIDTH)
    header.height = _int(picture, _HEIGHT)
    top, left, bottom, right = (_int(picture, tag) or 0 for tag in _PANASONIC_BORDERS)
    if header.format == "rw2" and right > left and bottom > top:
        header.width, header.height = right - left, bottom - top
    header.bit_depth = _int(picture, _DEPTH) or 1
    header.color_space = _SPACES.get(_int(picture, _PHOTOMETRIC) or 0)
    header.has_alpha = any(extra in _ALPHA for extra in _ints(picture, _EXTRA))


def _bytes(directory: Directory, tag: int) -> bytes:
    value = directory.get(tag, b"")
    if isinstance(value, bytes):
        return value
    # Some writers declare IPTC as 32-bit numbers; its bytes then stand in the file's order.
    return (
        b"".join(int(number or 0).to_bytes(4, "little") for number in value[:65_536])
        if all(isinstance(number, int) and 0 <= number < 2**32 for number in value)
        else b""
    )


def _ints(directory: Directory, tag: int) -> Sequence[int]:
    value = directory.get(tag, ())
    return [number for number in value if isinstance(number, int)]


def _int(directory: Directory, tag: int) -> int | None:
    numbers = _ints(directory, tag)
    return numbers[0] if numbers else None
