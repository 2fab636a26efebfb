"""JPEG, PNG and WebP by libvips: decoded and shrunk in one stream, and told where they are damaged.

Only their loaders and TIFF's may run; Pillow reads everything else (ADR 15 has the measurements).
"""

from __future__ import annotations

import logging
import os
import re
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from PIL import Image

from mediamill.domain.image.reading.containers import Container
from mediamill.domain.image.reading.sampling import sample_boxes
from mediamill.domain.image.shaping import placing
from mediamill.domain.image.shaping.placing import Box

if TYPE_CHECKING:
    import pyvips

_LOADERS = {Container.JPEG: "jpegload", Container.PNG: "pngload", Container.WEBP: "webpload"}
# TIFF's only where Pillow gives up: deep_tiff.py.
_CLASSES = (
    "VipsForeignLoadJpeg",
    "VipsForeignLoadPng",
    "VipsForeignLoadWebp",
    "VipsForeignLoadTiff",
)

_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}

# libjpeg shrinks by these in its cosine transform. At least twofold is left to the better filter,
# as libvips' own thumbnails do: what the transform shrinks on its own is too sharp.
_JPEG_SHRINKS = (8, 4, 2)
_LEFT_TO_RESIZE = 2

# Of libjpeg's warnings (jerror.h) those after which pixels are wrong. Stray bytes between the
# header's segments do no harm, before a scan's end or next part (SOS, RSTn, EOI, DHT) they do.
_JPEG_DAMAGE = re.compile(
    r"premature end|bad Huffman code|found marker|Inconsistent progression"
    r"|extraneous bytes before marker 0x(?:da|d[0-7]|d9|c4)",
    re.IGNORECASE,
)


class CannotRead(Exception):
    """libvips cannot read this picture; another decoder may."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """8-bit pixels as stored, in the file's colours: L, LA, RGB or RGBA.

    `tiles` are samples of it at its own size, where the container keeps pixels exactly.
    """

    picture: Image.Image
    damaged: bool
    tiles: tuple[Image.Image, ...] = ()


def reads(container: Container) -> bool:
    """Whether this container's stills are for libvips."""
    return container in _LOADERS


def shrink(original: bytes, container: Container, size: tuple[int, int]) -> Shrunk:
    """The picture at `size` (stored pixels, not larger than it is). Raises CannotRead.

    libjpeg goes on past damage and notes it; the others are asked to stop there, and then again
    for what there is.
    """
    vips = engine()
    try:
        if container is Container.JPEG:
            return _stream(vips, original, container, size, "none")
        try:
            return _stream(vips, original, container, size, "truncated")
        except vips.Error:
            return replace(_stream(vips, original, container, size, "none"), damaged=True)
    except vips.Error as error:
        raise CannotRead(str(error)) from error


def _stream(
    vips: Any, original: bytes, container: Container, size: tuple[int, int], fail_on: str
) -> Shrunk:
    """One walk through the file, and what libjpeg noted on the way."""
    vips.vips_lib.vips_error_clear()
    picture, tiles = _pixels(vips, original, container, size, fail_on)
    noted = vips.ffi.string(vips.vips_lib.vips_error_buffer()).decode("utf-8", "replace")
    vips.vips_lib.vips_error_clear()
    damaged = container is Container.JPEG and bool(_JPEG_DAMAGE.search(noted))
    return Shrunk(picture, damaged, tiles)


def _pixels(
    vips: Any, original: bytes, container: Container, size: tuple[int, int], fail_on: str
) -> tuple[Image.Image, tuple[Image.Image, ...]]:
    """The pixels; every libvips image is let go on the way out, so that all is noted by then."""
    load = getattr(vips.Image, f"{_LOADERS[container]}_buffer")
    options: dict[str, Any] = {"access": "sequential", "fail_on": fail_on}
    stored = load(original, **options)
    factor = min(stored.width / size[0], stored.height / size[1])
    if container is Container.JPEG:
        for by in _JPEG_SHRINKS:
            if factor >= by * _LEFT_TO_RESIZE:
                stored = load(original, shrink=by, **options)
                break
    elif container is Container.WEBP and factor > 1:
        stored = load(original, scale=1 / factor, **options)
    if stored.bands not in _MODES or stored.format not in ("uchar", "ushort"):
        raise CannotRead(f"{stored.bands} bands of {stored.format}")
    tiles: list[Image.Image] = []
    if container is Container.PNG:
        stored = stored.copy_memory()  # tiles are anywhere; a stream is read once, from the top
        boxes = sample_boxes(stored.width, stored.height)
        tiles = [_to_pillow(_eight_bits(stored.crop(*box))) for box in boxes]
    pixels = _resized(stored, size).write_to_memory()
    mode = _MODES[stored.bands]
    picture = _as_picture(mode, size, pixels)
    _LAST.hold(picture, pixels)
    return picture, tuple(tiles)


def resize(
    picture: Image.Image, size: tuple[int, int], box: Box, filter_: Image.Resampling
) -> Image.Image:
    """What `placing.resize` does, in a third of the time where all of a large picture shrinks."""
    whole = box[0] <= 0 and box[1] <= 0 and box[2] >= picture.width and box[3] >= picture.height
    shrinks = size[0] < picture.width and size[1] < picture.height
    bands = len(picture.getbands())
    known = picture.mode == "CMYK" or picture.mode == _MODES.get(bands)
    if not (whole and shrinks and known and picture.width * picture.height > _WORTH_IT):
        return placing.resize(picture, size, box, filter_)
    stored = engine().Image.new_from_memory(_LAST.pixels(picture), *picture.size, bands, "uchar")
    kind = "cmyk" if picture.mode == "CMYK" else "srgb" if bands > 2 else "b-w"
    small = _resized(stored.copy(interpretation=kind), size)
    return _as_picture(picture.mode, size, small.write_to_memory())


ENOUGH = 4.5  # for `Pyramid`: this engine is quick enough to go back to larger pictures
_WORTH_IT = 500_000  # pixels; below, the way there and back takes what the resizing saves


class _Last:
    """The bytes of the picture that was decoded or resized last, for as long as it lives.

    Several renditions are made of one picture, and Pillow would copy its pixels out for each. No
    picture of the pyramid is changed in place.
    """

    _MOST = 16_000_000  # pixels; larger ones are too much memory to hold twice

    def __init__(self) -> None:
        self._picture: Callable[[], Image.Image | None] = lambda: None
        self._pixels: Any = b""

    def hold(self, picture: Image.Image, pixels: Any) -> None:
        """Keeps a picture's bytes until it is gone, or another one is held."""
        if picture.width * picture.height <= self._MOST:
            self._pixels = pixels
            self._picture = weakref.ref(picture, self._let_go)

    def pixels(self, picture: Image.Image) -> Any:
        """All bytes of the picture, row by row."""
        if self._picture() is not picture:
            pixels = picture.tobytes()
            self.hold(picture, pixels)
            return pixels
        return self._pixels

    def _let_go(self, gone: weakref.ref[Image.Image]) -> None:
        if gone is self._picture:
            self._pixels = b""


_LAST = _Last()


def _resized(picture: pyvips.Image, size: tuple[int, int]) -> pyvips.Image:
    """At the size, eight bits; colours are weighted by their alpha where they are blended."""
    across, down = size[0] / picture.width, size[1] / picture.height
    if across != 1 or down != 1:
        alpha = picture.bands in (2, 4) and picture.interpretation != "cmyk"
        format_ = picture.format
        if alpha:
            picture = picture.premultiply().cast(format_)
        picture = picture.resize(across, vscale=down, kernel="lanczos3")
        if alpha:
            picture = picture.unpremultiply().cast(format_)
    return _eight_bits(picture)


def _eight_bits(picture: pyvips.Image) -> pyvips.Image:
    """Scaled and rounded, not cut: 65,535 becomes 255."""
    return picture if picture.format == "uchar" else (picture / 257).rint().cast("uchar")


def _to_pillow(picture: pyvips.Image) -> Image.Image:
    """The same pixels."""
    size = picture.width, picture.height
    return _as_picture(_MODES[picture.bands], size, picture.write_to_memory())


def _as_picture(mode: str, size: tuple[int, int], pixels: Any) -> Image.Image:
    """Pillow's picture of these pixels. `Image.frombytes` would blacken it first."""
    picture = Image.new(mode, size, None)
    picture.frombytes(pixels)
    return picture


def ready() -> None:
    """Have it imported and set up."""
    engine()


@cache
def engine() -> Any:
    """pyvips, told to keep nothing, to load nothing else, and to use the processors there are."""
    logging.getLogger("pyvips").setLevel(logging.CRITICAL)  # what it warns of is in the facts
    import pyvips

    pyvips.cache_set_max(0)
    pyvips.vips_lib.vips_concurrency_set(processors())
    pyvips.operation_block_set("VipsForeignLoad", True)
    for name in _CLASSES:
        pyvips.operation_block_set(name, False)
    return pyvips


def processors() -> int:
    """The processors this process may use; threads beyond them only cost."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1
