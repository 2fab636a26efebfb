"""A profile: the named recipe of one rendition, as a template parameter writes it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from mediamill.domain.keys import RESERVED


class Fit(StrEnum):
    """How a picture meets its box: `inside` keeps all of it, `cover` fills the box and crops."""

    INSIDE = "inside"
    CONTAIN = "contain"  # inside, and padded to the box
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
    r"(?P<name>[a-z][a-z0-9_-]{0,31})=(?P<width>[0-9]{1,5})(x(?P<height>[0-9]{1,5}))?"
    r"(?P<options>(:[^:]*)*)"
)
_FORMAT = re.compile(r"(?P<format>[a-z]+)(@(?P<quality>[0-9]{1,3}))?")
_SWITCHES = ("still", "sharpen", "plain")
_MOST_BYTES = re.compile(r"(?P<number>[0-9]{1,6})kb")


@dataclass(frozen=True, slots=True)
class Profile:
    """One rendition to make: name, box in pixels, fit, format, quality (1–100), encoder effort.

    `most_bytes` lowers the quality until the rendition is no larger, `still` shows the first frame
    of what moves, `sharpen` brings back a little of what resizing takes, `plain` has no watermark.
    """

    name: str
    width: int
    height: int
    fit: Fit = Fit.INSIDE
    format: Format = Format.WEBP
    quality: int = QUALITY[Format.WEBP]
    effort: Effort = Effort.BALANCED
    most_bytes: int | None = None
    still: bool = False
    sharpen: bool = False
    plain: bool = False


def parse_profiles(
    renditions: str,
    formats: str = "webp",
    *,
    qualities: str = "",
    effort: str = Effort.BALANCED,
) -> Sequence[Profile]:
    """Every profile of `thumbnail=256,large=1920x1080:cover`, in each of `webp,avif`.

    A rendition may name its own formats and their qualities, and more, after colons:
    `large=1920:webp,avif@55`, `card=400x300:contain:sharpen:still:60kb`. `qualities` overrides
    single formats for all, as in `webp=75,avif=50`. Raises ValueError naming the part that is
    wrong.
    """
    chosen = {Format(name.strip()): 0 for name in formats.split(",") if name.strip()}
    if not chosen:
        raise ValueError("name at least one format: webp, jpeg, avif or png")
    quality = dict(QUALITY)
    for part in filter(None, (part.strip() for part in qualities.split(","))):
        name, _, value = part.partition("=")
        if not value.isdigit() or not 1 <= int(value) <= 100:
            raise ValueError(f"quality {part!r} is not like webp=80")
        quality[Format(name)] = int(value)
    profiles = []
    for part in _parts(renditions):
        match = _PROFILE.fullmatch(part)
        if match is None:
            raise ValueError(f"rendition {part!r} is not like thumbnail=256x256:cover")
        if match["name"] in RESERVED:
            raise ValueError(f"rendition {part!r} has the name of another derivative")
        width = int(match["width"])
        height = int(match["height"] or width)
        if not (width and height):
            raise ValueError(f"rendition {part!r} has a side of 0 pixels")
        named, options = _options(part, match["options"].split(":")[1:])
        profile = Profile(match["name"], width, height, effort=Effort(effort), **options)
        profiles += [
            replace(profile, format=format_, quality=own or quality[format_])
            for format_, own in (named or chosen).items()
        ]
    if not profiles:
        raise ValueError("name at least one rendition, such as thumbnail=256")
    return profiles


def _parts(renditions: str) -> list[str]:
    """The renditions; what has no `=` is a further format of the one before."""
    parts: list[str] = []
    for part in filter(None, (part.strip() for part in renditions.split(","))):
        if "=" in part or not parts:
            parts.append(part)
        else:
            parts[-1] += f",{part}"
    return parts


def _options(part: str, words: Sequence[str]) -> tuple[dict[Format, int], dict[str, Any]]:
    """The formats that a rendition names, each with its quality or 0, and the rest by field."""
    formats: dict[Format, int] = {}
    options: dict[str, Any] = {}
    for word in (word.strip() for option in words for word in option.split(",")):
        size, format_ = _MOST_BYTES.fullmatch(word), _FORMAT.fullmatch(word)
        if word in list(Fit):
            options["fit"] = Fit(word)
        elif word in _SWITCHES:
            options[word] = True
        elif size is not None and int(size["number"]):
            options["most_bytes"] = int(size["number"]) * 1_000
        elif format_ is not None and format_["format"] in list(Format):
            value = int(format_["quality"] or 0)
            if format_["quality"] is not None and not 1 <= value <= 100:
                raise ValueError(f"rendition {part!r}: a quality is from 1 to 100")
            formats[Format(format_["format"])] = value
        else:
            fits = ", ".join(Fit)
            raise ValueError(
                f"rendition {part!r}: {word!r} is none of {fits}, {', '.join(_SWITCHES)}, "
                "a format such as avif@55, or a size such as 200kb"
            )
    return formats, options
