"""Opening a picture: the one decoder its content names, the header checked, nothing decoded."""

from __future__ import annotations

import importlib
import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from PIL import Image, ImageFile, UnidentifiedImageError

from mediamill.domain.errors import Broken, TooManyPixels, Unprocessable, Unsupported
from mediamill.domain.image.reading import bmp, camera_raw, cut, deep_tiff, header, png, svg
from mediamill.domain.image.reading.containers import Container, detect, format_name
from mediamill.domain.image.reading.cost import check_memory, fits, memory_of, within_memory
from mediamill.domain.image.reading.header import BROKEN_IMAGE, Announced
from mediamill.domain.image.reading.libvips import CannotRead, processors
from mediamill.domain.image.shaping import orientation
from mediamill.domain.limits import Limits

# Container → Pillow's name of its decoder, and the module that registers it.
_DECODERS = {
    Container.JPEG: ("JPEG", "PIL.JpegImagePlugin"),
    Container.PNG: ("PNG", "PIL.PngImagePlugin"),
    Container.GIF: ("GIF", "PIL.GifImagePlugin"),
    Container.WEBP: ("WEBP", "PIL.WebPImagePlugin"),
    Container.TIFF: ("TIFF", "PIL.TiffImagePlugin"),
    Container.BMP: ("BMP", "PIL.BmpImagePlugin"),
    Container.ICO: ("ICO", "PIL.IcoImagePlugin"),
    Container.AVIF: ("AVIF", "PIL.AvifImagePlugin"),
    Container.HEIF: ("HEIF", "pillow_heif"),
    Container.JPEG2000: ("JPEG2000", "PIL.Jpeg2KImagePlugin"),
    Container.JXL: ("JXL", "pillow_jxl"),
    Container.PSD: ("PSD", "PIL.PsdImagePlugin"),
    Container.PPM: ("PPM", "PIL.PpmImagePlugin"),
    Container.TGA: ("TGA", "PIL.TgaImagePlugin"),
    Container.CUR: ("CUR", "PIL.CurImagePlugin"),
    Container.DDS: ("DDS", "PIL.DdsImagePlugin"),
    Container.PCX: ("PCX", "PIL.PcxImagePlugin"),
    Container.SGI: ("SGI", "PIL.SgiImagePlugin"),
    Container.XPM: ("XPM", "PIL.XpmImagePlugin"),
}

# What can move; multi-page TIFF, PSD layers, HEIF and MPO collections are not animations.
_ANIMATED = {Container.GIF, Container.WEBP, Container.PNG, Container.AVIF}


@dataclass(frozen=True, slots=True)
class Opened:
    """An opened picture whose pixels are not decoded yet.

    `width` and `height` are as stored; `orientation` is EXIF's value as found and `turn` what of
    it the decoder leaves to us; `frames` counts an animation's; `truncated` says that an
    animation is past the limits and only its first frame is to be shown, `is_cut` that the file
    ends before it says. An SVG has a `drawing`,
    everything else a `picture`; `source` is the bytes that were opened (a raw's are its preview),
    `format` the original's own, as the manifest names it.
    """

    container: Container
    source: bytes
    width: int
    height: int
    picture: ImageFile.ImageFile | None = None
    drawing: svg.Drawing | None = None
    frames: int = 1
    orientation: int = 1
    turn: int = 1
    pages: int | None = None
    truncated: bool = False
    is_cut: bool = False
    format: str = ""


@contextmanager
def guarded(limits: Limits, *, tolerant: bool = False) -> Iterator[None]:
    """Pillow's bomb warning as an error at our limit, and any decoder's error as Unprocessable.

    `tolerant` lets decoders show what a damaged file still holds.
    """
    most, truncated = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    Image.MAX_IMAGE_PIXELS = limits.pixels
    ImageFile.LOAD_TRUNCATED_IMAGES = tolerant
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Unprocessable, CannotRead):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise TooManyPixels(
            f"The picture has more than the {limits.pixels:,} pixels allowed."
        ) from error
    except MemoryError as error:
        raise TooManyPixels("The picture does not fit into memory.") from error
    except Exception as error:
        # Decoders raise OSError, SyntaxError, ValueError, struct.error, EOFError, IndexError,
        # KeyError … on hostile bytes; none of them would go away by trying again.
        raise Broken("No decoder can read the picture.", code=BROKEN_IMAGE) from error
    finally:
        Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES = most, truncated


def open_picture(original: bytes, limits: Limits, *, tolerant: bool = False) -> Opened:
    """Opens the picture and checks it against the limits.

    Raises Unsupported for what is not on the allow-list, Broken, TooLarge or TooManyPixels.
    """
    header.check_bytes(original, limits)
    container = detect(original)
    if container is None:
        raise Unsupported("This is not a picture in a format that is decoded.")
    with guarded(limits, tolerant=tolerant):
        return replace(_open_as(container, original, limits), format=format_name(original))


def _open_as(container: Container, original: bytes, limits: Limits) -> Opened:
    if container is Container.SVG:
        drawing = svg.read(original, limits)
        return Opened(container, original, drawing.width, drawing.height, drawing=drawing)
    if container in (Container.TIFF, Container.RAW):
        preview = camera_raw.find(original)
        if preview is not None:
            return _open_preview(original, preview, limits)
        if container is Container.RAW:
            raise Unsupported("This camera raw file has no preview.")
    return _open_raster(original, container, limits)


def _open_raster(original: bytes, container: Container, limits: Limits) -> Opened:
    """Any picture that Pillow or one of its plug-ins decodes."""
    announced = header.read(original, container)
    if announced is not None:
        header.check(announced, limits)
        check_memory(container, announced.width * announced.height, len(original), limits)
    is_cut = cut.is_cut(original, container)
    if is_cut and container is Container.WEBP and (announced is None or announced.frames == 1):
        original = cut.mended_webp(original) or original
    picture = _open(original, container, limits)
    frames = _frames(picture, container, announced)
    header.check(Announced(*picture.size, frames), limits)
    pixels = picture.width * picture.height
    check_memory(container, pixels, len(original), limits)
    moving = memory_of(container, pixels, len(original), frames)
    found = orientation.found(picture, container)
    applied = container is Container.TIFF  # by Pillow, while it loads; the size is turned too
    return Opened(
        container=container,
        source=original,
        width=picture.width,
        height=picture.height,
        picture=picture,
        frames=frames,
        orientation=found,
        turn=1 if applied else found,
        pages=_tiff_pages(original) if container is Container.TIFF else None,
        truncated=frames > limits.frames
        or (frames > 1 and (pixels * frames > limits.pixels or not fits(limits, moving))),
        is_cut=is_cut,
    )


def _open_preview(original: bytes, preview: camera_raw.Preview, limits: Limits) -> Opened:
    """A raw's JPEG; the raw's own orientation wins, as the preview's is often left out."""
    body = original[preview.start : preview.start + preview.length]
    opened = _open_raster(body, Container.JPEG, limits)
    turn = preview.orientation if preview.orientation != 1 else opened.turn
    return replace(opened, container=Container.RAW, orientation=turn, turn=turn)


def plug_in(container: Container) -> str:
    """Has the decoder of the container imported; Pillow's name of it."""
    name, module = _DECODERS[container]
    plugin = importlib.import_module(module)
    if container is Container.HEIF:
        plugin.options.DECODE_THREADS = processors()  # its default is four, wherever it runs
        if name not in Image.OPEN:
            plugin.register_heif_opener()
    return name


def _open(original: bytes, container: Container, limits: Limits) -> ImageFile.ImageFile:
    """Opens with the one decoder that belongs to the container."""
    name = plug_in(container)
    if container is Container.TIFF:
        return _open_tiff(original, name, limits)
    if container is Container.BMP:
        with within_memory(limits):
            original = bmp.plain(original)
    if container is not Container.PNG:
        return Image.open(io.BytesIO(original), formats=[name])
    picture = Image.open(io.BytesIO(png.without_oversized(original)), formats=[name])
    for key, value in png.beside_the_pixels(original).items():
        picture.info.setdefault(key, value)
    return picture


def _open_tiff(original: bytes, name: str, limits: Limits) -> ImageFile.ImageFile:
    """By Pillow, or, where that gives up before it looks at pixels, by way of libvips."""

    def check(announced: Announced) -> None:
        header.check(announced, limits)
        pixels = announced.width * announced.height
        check_memory(Container.TIFF, pixels, len(original), limits)

    try:
        return Image.open(io.BytesIO(original), formats=[name])
    except UnidentifiedImageError as error:
        try:
            with within_memory(limits):
                body, told = deep_tiff.plain(original, check)
        except CannotRead:
            raise error from None
        picture = Image.open(io.BytesIO(body), formats=[name])
        picture.info.update(told)
        return picture


def _frames(picture: ImageFile.ImageFile, container: Container, announced: Announced | None) -> int:
    """The frames of an animation, 1 for anything that stands still."""
    if container not in _ANIMATED:
        return 1
    if announced is not None:
        return announced.frames
    return int(getattr(picture, "n_frames", 1))


_MOST_PAGES = 10_000


def _tiff_pages(original: bytes) -> int:
    """The length of the chain of image file directories, read without their tags."""
    order = "<" if original[:2] == b"II" else ">"
    big = original[2:4] in (b"+\0", b"\0+")
    count, entry, offset = ("Q", 20, "Q") if big else ("H", 12, "I")
    start, seen = 8 if big else 4, set[int]()
    try:
        (at,) = struct.unpack_from(order + offset, original, start)
        while at and at not in seen and len(seen) < _MOST_PAGES:
            seen.add(at)
            (entries,) = struct.unpack_from(order + count, original, at)
            at += struct.calcsize(order + count) + entry * entries
            (at,) = struct.unpack_from(order + offset, original, at)
    except struct.error:
        pass  # the chain ends in nowhere: the pages before it are there
    return max(1, len(seen))
