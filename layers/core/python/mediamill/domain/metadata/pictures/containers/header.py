"""What a picture's container says before a pixel is decoded."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class PictureHeader:
    """Filled in by the readers of containers.

    `width` and `height` are pixels as stored, before EXIF's orientation; `turned` says that the
    container itself rotates (HEIF), so that EXIF's orientation does not apply. The blocks are raw:
    `exif` a TIFF structure, `xmp` packets, `iptc` IIM datasets, `icc` a profile.
    """

    format: str
    width: int | None = None
    height: int | None = None
    bit_depth: int | None = None
    color_space: str | None = None
    has_alpha: bool | None = None
    is_animated: bool | None = None
    frame_count: int | None = None
    page_count: int | None = None
    rotates_itself: bool = False
    truncated: bool = False
    cut_short: bool = False
    exif: bytes = b""
    xmp: list[bytes] = field(default_factory=list)
    iptc: bytes = b""
    icc: bytes = b""
    texts: dict[str, str] = field(default_factory=dict)
