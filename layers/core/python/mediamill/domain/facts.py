"""The typed blocks of the manifest: what is known about a picture, a stream, a document.

Unknown is None here and absent in JSON. Numbers are pixels, seconds, bits per second, hertz.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the decoded picture tells.

    `width` and `height` as displayed, after orientation (pixels); `orientation` is EXIF's 1–8 as
    found; `bit_depth` is bits per channel; colours are `#rrggbb` in sRGB; `thumbhash` is the data
    URL's base64 payload as evanw/thumbhash defines it; `phash` is 16 hex digits.
    """

    width: int
    height: int
    format: str
    orientation: int = 1
    has_alpha: bool = False
    is_animated: bool = False
    frame_count: int = 1
    page_count: int | None = None
    bit_depth: int | None = None
    color_space: str | None = None
    icc_profile: str | None = None
    average_color: str | None = None
    dominant_color: str | None = None
    thumbhash: str | None = None
    thumbhash_url: str | None = None
    phash: str | None = None
    truncated: bool = False
    damaged: bool = False
