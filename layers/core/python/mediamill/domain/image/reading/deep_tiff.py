"""TIFF that Pillow does not open, such as CIELAB of 16 bits and floating point of three channels.

libvips reads it, with the very library that Pillow reads TIFF with, and writes it down again as
what Pillow does open: 8 bits, without compression, upright.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mediamill.domain.image.reading.header import Announced
from mediamill.domain.image.reading.libvips import CannotRead, engine

_DEVICE_INDEPENDENT = {"lab", "labs", "labq", "xyz", "scrgb"}  # those that have no profile to keep
_LAB = {"lab", "labs", "labq"}


def plain(original: bytes, check: Callable[[Announced], None]) -> tuple[bytes, dict[str, Any]]:
    """The same picture as a plain TIFF, and what its header said, under Pillow's names.

    `check` is given the size before anything is decoded, and raises for one that is past the
    limits. Raises CannotRead.
    """
    vips = engine()
    try:
        stored = vips.Image.tiffload_buffer(original, access="sequential", fail_on="error")
        check(Announced(stored.width, stored.height))
        space = stored.interpretation
        told = {"color_space": "Lab"} if space in _LAB else {}
        if "bits-per-sample" in stored.get_fields():
            told["bit_depth"] = stored.get("bits-per-sample")
        upright = stored.autorot()
        if space in _DEVICE_INDEPENDENT:
            eight, keep = upright.colourspace("srgb"), "none"
        elif upright.format == "ushort":
            eight, keep = (upright / 257).rint(), "icc"
        else:
            eight, keep = upright, "icc"
        return eight.cast("uchar").tiffsave_buffer(compression="none", keep=keep), told
    except vips.Error as error:
        raise CannotRead(str(error)) from error
