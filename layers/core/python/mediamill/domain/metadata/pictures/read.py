"""Pictures without their pixels: the header, EXIF, IPTC, XMP and the profile's name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mediamill.domain.facts import CaptureSource, GpsFacts, ImageBlock
from mediamill.domain.metadata.blocks import icc
from mediamill.domain.metadata.blocks.exif import ExifFacts, read_exif
from mediamill.domain.metadata.blocks.iptc import read_iptc
from mediamill.domain.metadata.blocks.places import place_of
from mediamill.domain.metadata.blocks.xmp import read_xmp
from mediamill.domain.metadata.captured import XMP_DATES
from mediamill.domain.metadata.pictures.containers.gif import read_gif
from mediamill.domain.metadata.pictures.containers.header import PictureHeader
from mediamill.domain.metadata.pictures.containers.heif import read_heif
from mediamill.domain.metadata.pictures.containers.jpeg import read_jpeg
from mediamill.domain.metadata.pictures.containers.jpeg2000 import (
    read_codestream,
    read_jp2,
    read_jxl,
)
from mediamill.domain.metadata.pictures.containers.png import read_png
from mediamill.domain.metadata.pictures.containers.short import read_bmp, read_ico, read_psd
from mediamill.domain.metadata.pictures.containers.tiffs import read_tiff
from mediamill.domain.metadata.pictures.containers.webp import read_webp
from mediamill.domain.metadata.reading.guard import MIB, GuardedFile
from mediamill.domain.metadata.reading.window import SeekableFile, Window
from mediamill.domain.wire import JSON

MOST_READ = 16 * MIB
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF_BRANDS = (b"avif", b"avis")

# PNG's own keywords: ours.
_TEXTS = {
    "Title": "title",
    "Author": "artist",
    "Description": "description",
    "Copyright": "copyright",
    "Comment": "comment",
    "Software": "software",
    "Source": "source",
}


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What the container says: `width` and `height` are pixels as displayed."""

    format: str
    width: int | None = None
    height: int | None = None
    orientation: int | None = None
    image: ImageBlock | None = None
    exif: dict[str, JSON] = field(default_factory=dict)
    exif_text: dict[str, str] = field(default_factory=dict)
    iptc: dict[str, JSON] = field(default_factory=dict)
    xmp: dict[str, JSON] = field(default_factory=dict)
    gps: GpsFacts | None = None
    tags: dict[str, JSON] = field(default_factory=dict)
    dates: tuple[tuple[CaptureSource, object], ...] = ()
    truncated: bool = False
    cut_short: bool = False


def read_picture(file: SeekableFile, size: int) -> PictureFacts | None:
    """The facts of the picture in `file`, or None where its first bytes are of no known format.

    Raises OutOfBounds where the header asks for too much reading, and what the file raises.
    """
    guarded = GuardedFile(file, most=MOST_READ)
    window = Window(guarded, 0, size)
    head = window.at(0, 64)
    if head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"IIU\0"):
        return _facts(*read_tiff(window))
    reader = _reader(head)
    if reader is None:
        return None
    header = reader(window)
    return _facts(header, read_exif(header.exif))


def _reader(head: bytes) -> Callable[[Window], PictureHeader] | None:
    if head[4:8] == b"ftyp":
        brands = (head[8:12], *(head[at : at + 4] for at in range(16, len(head) - 3, 4)))
        known = any(brand in _HEIF_BRANDS + _AVIF_BRANDS for brand in brands)
        return read_heif if known else None
    if head[:4] == b"RIFF":
        return read_webp if head[8:12] == b"WEBP" else None
    for magic, reader in (
        (b"\xff\xd8\xff", read_jpeg),
        (b"\x89PNG\r\n\x1a\n", read_png),
        (b"GIF87a", read_gif),
        (b"GIF89a", read_gif),
        (b"\0\0\0\x0cjP  ", read_jp2),
        (b"\xff\x4f\xff\x51", read_codestream),
        (b"\0\0\0\x0cJXL ", read_jxl),
        (b"\xff\x0a", read_jxl),
        (b"BM", read_bmp),
        (b"\0\0\1\0", read_ico),
        (b"8BPS\0\1", read_psd),
    ):
        if head.startswith(magic):
            return reader
    return None


def _facts(header: PictureHeader, exif: ExifFacts) -> PictureFacts:
    xmp: dict[str, JSON] = {}
    for packet in header.xmp[:8]:
        xmp = {**read_xmp(packet), **xmp}
    xmp.pop("xmpNote:HasExtendedXMP", None)
    orientation = exif.orientation
    width, height = header.width, header.height
    if orientation and orientation > 4 and not header.rotates_itself:
        width, height = height, width
    iptc = read_iptc(header.iptc)
    return PictureFacts(
        format=header.format,
        width=width,
        height=height,
        orientation=orientation,
        image=ImageBlock(
            has_alpha=header.has_alpha,
            is_animated=header.is_animated,
            frame_count=header.frame_count,
            page_count=header.page_count,
            bit_depth=header.bit_depth,
            color_space=icc.color_space(header.icc) or header.color_space,
            icc_profile=icc.profile_name(header.icc),
            truncated=header.truncated or None,
        ),
        exif=exif.values,
        exif_text=exif.words,
        iptc=iptc,
        xmp=xmp,
        gps=exif.gps or place_of(xmp),
        tags={_TEXTS[name]: text for name, text in header.texts.items() if name in _TEXTS},
        dates=_dates(exif, xmp, iptc),
        truncated=header.truncated,
        cut_short=header.cut_short,
    )


def _dates(
    exif: ExifFacts, xmp: dict[str, JSON], iptc: dict[str, JSON]
) -> tuple[tuple[CaptureSource, object], ...]:
    """Every date of its taking, the camera's own first."""
    return (
        (CaptureSource.EXIF, exif.values.get("DateTimeOriginal")),
        (CaptureSource.EXIF, exif.values.get("DateTimeDigitized")),
        *((CaptureSource.XMP, xmp.get(name)) for name in XMP_DATES),
        (CaptureSource.IPTC, iptc.get("DateCreated")),
        (CaptureSource.GPS, exif.gps.time if exif.gps else None),
    )
