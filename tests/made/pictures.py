"""Pictures for tests that only need one to be there."""

from __future__ import annotations

import io

from PIL import Image


def jpeg(width: int = 640, height: int = 480, *, colour: str = "teal") -> bytes:
    """A plain JPEG of one colour with a gradient's worth of detail."""
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    tinted = Image.blend(picture, Image.new("RGB", picture.size, colour), 0.5)
    buffer = io.BytesIO()
    tinted.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()
