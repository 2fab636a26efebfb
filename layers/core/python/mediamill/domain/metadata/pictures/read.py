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
from mediamill.domain.metadata.pictures.containers.netpbm import read_netpbm
from mediamill.domain.metadata.pictures.containers.png import read_png
from mediamill.domain.metadata.pictures.containers.short import (
    read_bmp,
    read_dds,
    read_ico,
    read_pcx,
    read_psd,
    read_raf,
    read_sgi,
    read_tga,
    read_xpm,
)
from mediamill.domain.metadata.pictures.containers.svg import read_svg
from mediamill.domain.metadata.pictures.containers.tiffs import read_tiff
from mediamill.domain.metadata.pictures.containers.webp import read_webp
from mediamill.domain.metadata.reading.guard import MIB, GuardedFile
from mediamill.domain.metadata.reading.window import SeekableFile, Window
from mediamill.domain.signatures import MEDIA_TYPES, format_of
from mediamill.domain.wire import JSON

MOST_READ = 16 * MIB
# Through a file whose pages, frames or chunks are far apart: ranges, and blocks of 64 KB.
MOST_JUMPS = 12
MOST_BLOCKS = 24
HEAD = 65_536  # SVG may stand behind a long prologue

_TIFFS = {"tiff", "cr2", "orf", "rw2"}
_READERS: dict[str, Callable[[Window], PictureHeader]] = {
    "jpeg": read_jpeg,
    "png": read_png,
    "gif": read_gif,
    "webp": read_webp,
    **dict.fromkeys(("heic", "heif", "avif"), read_heif),
    "jp2": read_jp2,
    "j2c": read_codestream,
    "jxl": read_jxl,
    "bmp": read_bmp,
    **dict.fromkeys(("ico", "cur"), read_ico),
    "psd": read_psd,
    "tga": read_tga,
    **dict.fromkeys(("pbm", "pgm", "ppm", "pam", "pfm"), read_netpbm),
    **dict.fromkeys(("svg", "svgz"), read_svg),
    "raf": read_raf,
    "dds": read_dds,
    "pcx": read_pcx,
    "sgi": read_sgi,
    "xpm": read_xpm,
}

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
    unread: bool = False


def read_picture(file: SeekableFile, size: int) -> PictureFacts | None:
    """The facts of the picture in `file`, or None where its first bytes are of no known format.

    Raises OutOfBounds where the header asks for too much reading, and what the file raises.
    """
    guarded = GuardedFile(file, most=MOST_READ)
    window = Window(
        guarded,
        0,
        size,
        lambda: guarded.jumps < MOST_JUMPS and guarded.touched < MOST_BLOCKS,
    )
    name = format_of(window.at(0, HEAD))
    if name in _TIFFS:
        return _facts(*read_tiff(window))
    if name is None or name not in _READERS:
        # A format that is known has its name, and no facts.
        return PictureFacts(format=name, unread=True) if name in MEDIA_TYPES else None
    header = _READERS[name](window)
    return _facts(header, read_exif(header.exif))


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
