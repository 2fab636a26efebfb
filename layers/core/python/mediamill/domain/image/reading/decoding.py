"""Decoding: the pixels of an opened picture, at no more than the size that is needed."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log2

from PIL import Image, ImageFile

from mediamill.domain.errors import Broken
from mediamill.domain.image.describing import header_facts
from mediamill.domain.image.reading import svg
from mediamill.domain.image.reading.containers import Container
from mediamill.domain.image.reading.opening import Opened, guarded, open_picture
from mediamill.domain.image.shaping import colour, icc
from mediamill.domain.limits import Limits

# EXIF's interoperability directory, its index, and the index of Adobe RGB (DCF 2.0, 3.2.1).
_INTEROPERABILITY, _INDEX, _ADOBE_RGB = 0xA005, 0x0001, "R03"

# Colour primaries of ITU-T H.273, table 2, that are wider than sRGB's.
_WIDE = {9: ("BT.2020", icc.BT2020), 12: ("Display P3", icc.DISPLAY_P3)}


@dataclass(frozen=True, slots=True)
class Decoded:
    """Pixels as stored (8 bits: L, LA, RGB, RGBA or CMYK), and the ICC profile they are in."""

    picture: Image.Image
    icc_profile: bytes | None
    damaged: bool = False


def decode(opened: Opened, scale: float, limits: Limits) -> Decoded:
    """Decodes once, as small as the format can that still covers `scale` (1: full size).

    Raises Broken where nothing of the picture can be shown.
    """
    try:
        with guarded(limits):
            return _decode(opened, scale)
    except Broken:
        if opened.drawing is not None:
            raise
        return _decode_damaged(opened, scale, limits)


def _decode_damaged(opened: Opened, scale: float, limits: Limits) -> Decoded:
    """A second try that shows what is there; a single colour is nothing."""
    with guarded(limits, tolerant=True):
        again = open_picture(opened.source, limits, tolerant=True)
        decoded = _decode(again, scale)
        extrema = decoded.picture.getextrema()
        bands = extrema if isinstance(extrema[0], tuple) else (extrema,)
        if all(low == high for low, high in bands):
            raise Broken("Nothing of the picture can be decoded.", code="broken_image")
        return Decoded(decoded.picture, decoded.icc_profile, damaged=True)


def _decode(opened: Opened, scale: float) -> Decoded:
    width, height = (max(1, ceil(side * scale)) for side in (opened.width, opened.height))
    if opened.drawing is not None:
        return Decoded(svg.draw(opened.drawing, width, height), None)
    picture = opened.picture
    assert picture is not None
    icc_profile = icc_profile_of(opened)
    picture.draft(None, (width, height))  # JPEG: the cosine transform at 1/2, 1/4 or 1/8
    if opened.container is Container.JPEG2000:
        _leave_wavelets_out(picture, opened, scale)
    picture.load()
    eight = colour.to_eight_bits(picture)
    if eight.mode == "RGBA" and header_facts.color_space(picture, opened.source) == "Gray":
        eight = eight.convert("LA")  # Pillow reads 16-bit grey with alpha as RGBA
    return Decoded(eight, icc_profile)


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
