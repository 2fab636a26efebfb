"""Colour: every mode and profile to 8-bit sRGB, grey or RGB, with or without alpha."""

from __future__ import annotations

import io
from functools import lru_cache

from PIL import Image, ImageCms

from mediamill.domain.image.shaping import icc

# Perceptual, as sharp and browsers do; it differs from the others only for table-based (print)
# profiles, which map their whole range of lightness there.
_INTENT = ImageCms.Intent.PERCEPTUAL

# ICC's signature of a profile's colour space → the Pillow mode it can be applied to.
_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK"}

# A profile whose every colour lands this near to itself (levels of 255) is sRGB by another name.
_SAME = 2

_PROFILE_ERRORS = (ImageCms.PyCMSError, OSError, ValueError, TypeError)


def to_eight_bits(picture: Image.Image) -> Image.Image:
    """L, LA, RGB, RGBA or CMYK with the same look as the picture of any other mode."""
    match picture.mode:
        case "L" | "RGB":
            if "transparency" in picture.info:
                return picture.convert("LA" if picture.mode == "L" else "RGBA")
            return picture
        case "LA" | "RGBA" | "CMYK":
            return picture
        case "1":
            return picture.convert("L")
        case "P" | "PA":
            alpha = picture.mode == "PA" or "transparency" in picture.info
            return picture.convert("RGBA" if alpha else "RGB")
        case "I;16" | "I;16L" | "I;16B" | "I;16N":
            return picture.convert("I").point(_sixteen_to_eight(), "L")
        case "I":
            high = _highest(picture)
            if high <= 65_535:  # Pillow reads some 16-bit files as 32-bit integers
                return picture.point(_sixteen_to_eight(), "L")
            return _scaled(picture, 255 / high)
        case "F":
            high = _highest(picture)
            return _scaled(picture, 255 if high <= 1 else 1 if high <= 255 else 255 / high)
        case "La":
            return picture.convert("LA")
        case "RGBa":
            return picture.convert("RGBA")
        case "LAB":
            return _converted(picture, _lab()) or picture.convert("RGB")
        case _:
            return picture.convert("RGB")


@lru_cache(maxsize=1)
def _sixteen_to_eight() -> list[int]:
    """Scaled and rounded, not clipped: 65,535 becomes 255."""
    return [(value + 128) // 257 for value in range(65_536)]


def _highest(picture: Image.Image) -> float:
    high = picture.getextrema()[1]
    return high if isinstance(high, (int, float)) else 0.0


def _scaled(picture: Image.Image, scale: float) -> Image.Image:
    floats = picture if picture.mode == "F" else picture.convert("F")
    return floats.point(lambda value: value * scale + 0.5).convert("L")


# A space of primaries and curves takes less; tables of a printer or a monitor take megabytes.
_LARGEST_KEPT = 10_000


def as_kept(picture: Image.Image, icc_profile: bytes | None) -> bytes | None:
    """The profile that renditions of the decoded picture may stay in: RGB's, small, not sRGB."""
    if not icc_profile or len(icc_profile) > _LARGEST_KEPT or picture.mode not in ("RGB", "RGBA"):
        return None
    return icc_profile if _transform(icc_profile, "RGB") is not None else None


def from_srgb(picture: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """An sRGB picture (RGB or RGBA) in the colours of a profile that `as_kept` let through."""
    if not icc_profile:
        return picture
    target = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
    transform = ImageCms.buildTransform(_srgb(), target, "RGB", "RGB", _INTENT)
    converted = ImageCms.applyTransform(picture.convert("RGB"), transform)
    assert converted is not None
    if picture.mode == "RGBA":
        converted.putalpha(picture.getchannel("A"))
    return converted


def to_srgb(picture: Image.Image, icc_profile: bytes | None) -> Image.Image:
    """L, LA, RGB or RGBA in sRGB from an 8-bit picture and the ICC profile it came with.

    A profile that cannot be read, or is for another colour space, is as good as none: RGB and
    grey are taken as sRGB, CMYK as coated offset print.
    """
    colours = picture.convert(picture.mode[:-1]) if picture.mode in ("LA", "RGBA") else picture
    transform = _transform(icc_profile, colours.mode) if icc_profile else None
    if colours.mode == "CMYK":
        transform = transform or _transform(icc.default_cmyk(), "CMYK")
    if transform is None:
        return picture if picture.mode != "CMYK" else picture.convert("RGB")
    converted = _converted(colours, transform)
    if converted is None:
        return picture.convert("RGB")
    if colours is not picture:
        converted.putalpha(picture.getchannel("A"))
    return converted


def _converted(
    picture: Image.Image, transform: ImageCms.ImageCmsTransform | None
) -> Image.Image | None:
    return ImageCms.applyTransform(picture, transform) if transform is not None else None


@lru_cache(maxsize=8)
def _transform(icc_profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """LittleCMS's transform to sRGB, or None where there is nothing to do or the profile is bad."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(icc_profile))
        if _SPACES.get(source.profile.xcolor_space) != mode:
            return None
        transform = ImageCms.buildTransform(source, _srgb(), mode, "RGB", _INTENT)
        return None if mode != "CMYK" and _changes_nothing(transform, mode) else transform
    except _PROFILE_ERRORS:
        return None


def _changes_nothing(transform: ImageCms.ImageCmsTransform, mode: str) -> bool:
    """Whether a lattice of the cube's colours comes out as it went in."""
    levels = bytes(range(0, 256, 17))
    if mode == "L":
        before = Image.frombytes("L", (16, 1), levels)
    else:
        lattice = bytes(
            v for r in levels[::3] for g in levels[::3] for b in levels[::3] for v in (r, g, b)
        )
        before = Image.frombytes("RGB", (len(lattice) // 3, 1), lattice)
    after = _converted(before, transform)
    assert after is not None
    pairs = zip(before.convert("RGB").tobytes(), after.tobytes(), strict=True)
    return all(abs(a - b) <= _SAME for a, b in pairs)


def ready() -> None:
    """Have the engine of colour imported."""
    _srgb()


@lru_cache(maxsize=1)
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@lru_cache(maxsize=1)
def _lab() -> ImageCms.ImageCmsTransform | None:
    lab = ImageCms.createProfile("LAB")
    return ImageCms.buildTransform(lab, _srgb(), "LAB", "RGB", _INTENT)


def profile_name(icc_profile: bytes | None) -> str | None:
    """The profile's description, as programs show it."""
    if not icc_profile:
        return None
    try:
        return ImageCms.getProfileDescription(io.BytesIO(icc_profile)).strip("\0 \n") or None
    except _PROFILE_ERRORS:
        return None


def flatten(picture: Image.Image, background: str, icc_profile: bytes | None = None) -> Image.Image:
    """L or RGB, with what was transparent showing the background, which is given in sRGB."""
    if picture.mode not in ("LA", "RGBA"):
        return picture
    dot = from_srgb(Image.new("RGB", (1, 1), background), icc_profile).convert("RGBA")
    below = Image.new("RGBA", picture.size, dot.getpixel((0, 0)))
    return Image.alpha_composite(below, picture.convert("RGBA")).convert("RGB")


def without_idle_alpha(picture: Image.Image) -> Image.Image:
    """The picture without its alpha channel where that lets nothing through."""
    if picture.mode in ("LA", "RGBA") and picture.getchannel("A").getextrema()[0] == 255:
        return picture.convert(picture.mode[:-1])
    return picture
