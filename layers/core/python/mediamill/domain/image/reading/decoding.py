"""Decoding: the pixels of an opened picture, at no more than the size that is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import floor, log2

from PIL import Image, ImageFile

from mediamill.domain.errors import Broken
from mediamill.domain.image.describing import header_facts
from mediamill.domain.image.reading import gif, libvips, svg
from mediamill.domain.image.reading.containers import Container
from mediamill.domain.image.reading.cost import within_memory
from mediamill.domain.image.reading.header import BROKEN_IMAGE
from mediamill.domain.image.reading.opening import Opened, guarded, open_picture
from mediamill.domain.image.reading.sampling import sample_tiles
from mediamill.domain.image.shaping import colour, icc
from mediamill.domain.limits import Limits

# EXIF's interoperability directory, its index, and the index of Adobe RGB (DCF 2.0, 3.2.1).
_INTEROPERABILITY, _INDEX, _ADOBE_RGB = 0xA005, 0x0001, "R03"

# Colour primaries of ITU-T H.273, table 2, that are wider than sRGB's.
_WIDE = {9: ("BT.2020", icc.BT2020), 12: ("Display P3", icc.DISPLAY_P3)}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels as stored (8 bits: L, LA, RGB, RGBA or CMYK), and the ICC profile they are in.

    `tiles` are samples of its pixels before anything was shrunk.
    """

    picture: Image.Image
    icc_profile: bytes | None
    damaged: bool = False
    tiles: tuple[Image.Image, ...] = ()


def decode(opened: Opened, size: tuple[int, int], limits: Limits) -> Decoded:
    """Decodes once, as small as the format can that still covers `size` (stored pixels).

    What libvips reads has exactly that size. Raises Broken where nothing of the picture can be
    shown.
    """
    with within_memory(limits):
        decoded = _decode_somehow(opened, size, limits)
    return _shown(replace(decoded, damaged=True) if opened.is_cut else decoded)


def _decode_somehow(opened: Opened, size: tuple[int, int], limits: Limits) -> Decoded:
    """By the decoder that is best for it, else by the one that shows most of it."""
    if _is_for_libvips(opened):
        try:
            with guarded(limits):
                return _shrunk(opened, size)
        except libvips.CannotRead:
            pass
    try:
        with guarded(limits):
            return _decode(opened, size)
    except Broken:
        if opened.drawing is not None:
            raise
        return _decode_damaged(opened, size, limits)


def _is_for_libvips(opened: Opened) -> bool:
    """Stills of its three formats; CMYK stays with Pillow, which knows how Adobe inverts it."""
    picture = opened.picture
    still = opened.frames == 1 or opened.truncated
    if picture is None or not still or picture.mode == "CMYK":
        return False
    return libvips.reads(_container_of(opened))


def _container_of(opened: Opened) -> Container:
    """That of the bytes that are decoded: a raw's preview is a JPEG."""
    return Container.JPEG if opened.container is Container.RAW else opened.container


def _shrunk(opened: Opened, size: tuple[int, int]) -> Decoded:
    shrunk = libvips.shrink(opened.source, _container_of(opened), size)
    return Decoded(shrunk.picture, icc_profile_of(opened), shrunk.damaged, shrunk.tiles)


def _decode_damaged(opened: Opened, size: tuple[int, int], limits: Limits) -> Decoded:
    """A second try that shows what is there."""
    with guarded(limits, tolerant=True):
        again = open_picture(opened.source, limits, tolerant=True)
        return replace(_decode(again, size), damaged=True)


def _shown(decoded: Decoded) -> Decoded:
    """The same, unless it is damaged down to a single colour: that is nothing."""
    if decoded.damaged:
        extrema = decoded.picture.getextrema()
        bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
        if all(low == high for low, high in bands):
            raise Broken("Nothing of the picture can be decoded.", code=BROKEN_IMAGE)
    return decoded


def _decode(opened: Opened, size: tuple[int, int]) -> Decoded:
    if opened.drawing is not None:
        drawn = svg.draw(opened.drawing, *size)
        return Decoded(drawn, None, tiles=sample_tiles(drawn))
    picture = opened.picture
    assert picture is not None
    icc_profile = icc_profile_of(opened)
    picture.draft(None, size)  # JPEG: the cosine transform at 1/2, 1/4 or 1/8
    if opened.container is Container.JPEG2000:
        _leave_wavelets_out(picture, opened, max(size[0] / opened.width, size[1] / opened.height))
    eight = _first_of_gif(opened) if opened.container is Container.GIF else _loaded(picture)
    if eight.mode == "RGBA" and header_facts.color_space(picture, opened.source) == "Gray":
        eight = eight.convert("LA")  # Pillow reads 16-bit grey with alpha as RGBA
    return Decoded(eight, icc_profile, tiles=sample_tiles(eight))


def _loaded(picture: ImageFile.ImageFile) -> Image.Image:
    picture.load()
    return colour.to_eight_bits(picture)


def _first_of_gif(opened: Opened) -> Image.Image:
    """The first frame on its canvas; with alpha where a colour is transparent or canvas shows."""
    assert opened.picture is not None
    first = next(gif.composed(opened.source, opened.picture.size), None)
    if first is None:
        raise Broken("The GIF holds no picture.", code=BROKEN_IMAGE)
    transparent = "transparency" in opened.picture.info
    return first[0] if transparent else colour.without_idle_alpha(first[0])


def _leave_wavelets_out(picture: ImageFile.ImageFile, opened: Opened, scale: float) -> None:
    """JPEG 2000 is halved by every level of wavelets that is not decoded."""
    wanted = max(0, floor(-log2(min(1.0, scale)))) if scale > 0 else 0
    levels = min(wanted, header_facts.wavelet_levels(opened.source))
    if levels:
        picture.reduce = levels  # type: ignore[method-assign, assignment]


def icc_profile_of(opened: Opened) -> bytes | None:
    """The embedded ICC profile, or one made from what the file says instead of embedding."""
    picture = opened.picture
    if picture is None:
        return None
    embedded = picture.info.get("icc_profile")
    if isinstance(embedded, bytes) and embedded:
        return embedded
    if opened.container is Container.HEIF:
        signalled = (picture.info.get("nclx_profile") or {}).get("color_primaries")
        if signalled in _WIDE:
            return icc.matrix_profile(*_WIDE[signalled], None)
    if opened.container in (Container.JPEG, Container.RAW) and picture.mode == "RGB":
        try:
            index = picture.getexif().get_ifd(_INTEROPERABILITY).get(_INDEX)
        except Exception:  # EXIF is written by anything; a picture is shown without it
            index = None
        if isinstance(index, str) and index.strip("\0 ") == _ADOBE_RGB:
            return icc.matrix_profile("Adobe RGB (1998)", icc.ADOBE_RGB, 563 / 256)
    return None
