"""A profile: the named recipe of one rendition, as a template parameter writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from mediamill.domain.keys import RESERVED


class Fit(StrEnum):
    """How a picture meets its box: `inside` keeps all of it, `cover` fills the box and crops."""

    INSIDE = "inside"
    COVER = "cover"
    ATTENTION = "attention"  # cover, cropped to where the eye goes


class Format(StrEnum):
    """The formats that renditions can be written in."""

    WEBP = "webp"
    JPEG = "jpeg"
    AVIF = "avif"
    PNG = "png"


class Effort(StrEnum):
    """How much time an encoder may take to save bytes."""

    FAST = "fast"
    BALANCED = "balanced"
    SMALL = "small"


# Quality per format, on each encoder's own scale, near the defaults of imgproxy and sharp.
QUALITY = {Format.WEBP: 80, Format.JPEG: 80, Format.AVIF: 60, Format.PNG: 100}

_PROFILE = re.compile(
    r"(?P<name>[a-z][a-z0-9_-]{0,31})=(?P<width>[0-9]{1,5})(x(?P<height>[0-9]{1,5}))?(:(?P<fit>[a-z]+))?"
)


@dataclass(frozen=True, slots=True)
class Profile:
    """One rendition to make: name, box in pixels, fit, format, quality (1–100), encoder effort."""

    name: str
    width: int
    height: int
    fit: Fit = Fit.INSIDE
    format: Format = Format.WEBP
    quality: int = QUALITY[Format.WEBP]
    effort: Effort = Effort.BALANCED


def parse_profiles(
    renditions: str,
    formats: str = "webp",
    *,
    qualities: str = "",
    effort: str = Effort.BALANCED,
) -> Sequence[Profile]:
    """Every profile of `thumbnail=256,large=1920x1080:cover`, in each of `webp,avif`.

    `qualities` overrides single formats, as in `webp=75,avif=50`. Raises ValueError naming the
    part that is wrong.
    """
    chosen = [Format(name.strip()) for name in formats.split(",") if name.strip()]
    if not chosen:
        raise ValueError("name at least one format: webp, jpeg, avif or png")
    quality = dict(QUALITY)
    for part in filter(None, (part.strip() for part in qualities.split(","))):
        name, _, value = part.partition("=")
        if not value.isdigit() or not 1 <= int(value) <= 100:
            raise ValueError(f"quality {part!r} is not like webp=80")
        quality[Format(name)] = int(value)
    profiles = []
    for part in filter(None, (part.strip() for part in renditions.split(","))):
        match = _PROFILE.fullmatch(part)
        if match is None:
            raise ValueError(f"rendition {part!r} is not like thumbnail=256x256:cover")
        if match["name"] in RESERVED:
            raise ValueError(f"rendition {part!r} has the name of another derivative")
        width = int(match["width"])
        height = int(match["height"] or width)
        if not (width and height):
            raise ValueError(f"rendition {part!r} has a side of 0 pixels")
        profiles += [
            Profile(
                name=match["name"],
                width=width,
                height=height,
                fit=Fit(match["fit"] or Fit.INSIDE),
                format=format_,
                quality=quality[format_],
                effort=Effort(effort),
            )
            for format_ in chosen
        ]
    if not profiles:
        raise ValueError("name at least one rendition, such as thumbnail=256")
    return profiles
