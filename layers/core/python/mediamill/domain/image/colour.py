"""Colour: every mode and profile to 8-bit sRGB, grey or RGB, with or without alpha."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

from PIL import Image, ImageCms

# Perceptual is what browsers and sharp use; it only matters for table-based (print) profiles, and
# black point compensation is part of it there.
_INTENT = ImageCms.Intent.PERCEPTUAL

_SRGB = ImageCms.createProfile("sRGB")

# ICC's signature of a profile's colour space → the Pillow modes it can be applied to.
_SPACES = {"RGB ": "RGB", "GRAY": "L", "CMYK": "CMYK", "Lab ": "LAB"}


def to_eight_bits(picture: Image.Image) -> Image.Image:
    """L, LA, RGB, RGBA, CMYK or LAB with the same look as the picture of any other mode."""
    match picture.mode:
        case "L" | "LA" | "RGB" | "RGBA" | "CMYK" | "LAB":
            if "transparency" in picture.info and picture.mode in ("L", "RGB"):
                return picture.convert("LA" if picture.mode == "L" else "RGBA")
            return picture
        case "1":
            return picture.convert("L")
        case "P" | "PA":
            alpha = picture.mode == "PA" or "transparency" in picture.info
            return picture.convert("RGBA" if alpha else "RGB")
        case "I;16" | "I;16L" | "I;16B" | "I;16N":
            return _scaled(picture, 257)
        case "I":
            _, high = _extrema(picture)
            # Pillow reads 16-bit PGM and some 16-bit TIFFs as 32-bit integers.
            return _scaled(picture, 257 if high <= 65_535 else high / 255)
        case "F":
            _, high = _extrema(picture)
            return _scaled(picture, 1 / 255 if high <= 1.0 else 1 if high <= 255 else high / 255)
        case "La":
            return picture.convert("LA")
        case "RGBa":
            return picture.convert("RGBA")
        case _:
            return picture.convert("RGB")


def _extrema(picture: Image.Image) -> tuple[float, float]:
    low, high = picture.getextrema()
    assert isinstance(low, (int, float)) and isinstance(high, (int, float))
    return low, high


def _scaled(picture: Image.Image, divisor: float) -> Image.Image:
    """L, each value divided and rounded."""
    if picture.mode.startswith("I;16"):
        picture = picture.convert("I")
    scale = 1 / divisor
    return picture.convert("F").point(lambda value: value * scale + 0.5).convert("L")


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """L, LA, RGB or RGBA in sRGB from an 8-bit picture and the ICC profile it came with."""
    alpha = picture.getchannel("A") if picture.mode in ("LA", "RGBA") else None
    if alpha is not None:
        picture = picture.convert(picture.mode[:-1])
    transform = _transform(profile, picture.mode) if profile else None
    if transform is None and picture.mode == "LAB":
        transform = _lab()
    if transform is not None:
        picture = ImageCms.applyTransform(picture, transform) or picture
    elif picture.mode == "CMYK":
        picture = picture.convert("RGB")
    if alpha is not None:
        picture.putalpha(alpha)
    return picture


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> Any:
    """LittleCMS's transform to sRGB, or None where there is nothing to do or the profile is bad."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if _SPACES.get(source.profile.xcolor_space) != mode:
            return None
        return ImageCms.buildTransform(source, _SRGB, mode, "RGB", _INTENT)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


@lru_cache(maxsize=1)
def _lab() -> Any:
    return ImageCms.buildTransform(ImageCms.createProfile("LAB"), _SRGB, "LAB", "RGB", _INTENT)


def profile_name(profile: bytes | None) -> str | None:
    """The profile's description, as programs show it."""
    if not profile:
        return None
    try:
        return ImageCms.getProfileDescription(io.BytesIO(profile)).strip() or None
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


def flatten(picture: Image.Image, background: str) -> Image.Image:
    """L or RGB, with what was transparent showing the background."""
    if picture.mode not in ("LA", "RGBA"):
        return picture
    below = Image.new("RGBA", picture.size, background)
    return Image.alpha_composite(below, picture.convert("RGBA")).convert("RGB")


def opaque(picture: Image.Image) -> bool:
    """Whether no pixel lets anything through."""
    if picture.mode not in ("LA", "RGBA"):
        return True
    return picture.getchannel("A").getextrema()[0] == 255
