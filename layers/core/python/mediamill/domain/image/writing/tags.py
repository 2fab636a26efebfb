"""What a rendition's file holds beside its pixels: whose it is, and the colours it is in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Tags:
    """Blocks that are written as they are; empty for nothing. Without a profile it is sRGB."""

    exif: bytes = b""
    xmp: bytes = b""
    icc_profile: bytes = b""

    def options(self) -> dict[str, Any]:
        """Pillow's options of the same names, for the formats that know all of them."""
        named = {"exif": self.exif, "xmp": self.xmp, "icc_profile": self.icc_profile}
        return {name: value for name, value in named.items() if value}


NO_TAGS = Tags()
