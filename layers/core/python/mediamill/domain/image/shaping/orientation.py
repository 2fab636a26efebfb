"""EXIF orientation: how the stored rows and columns are meant to be seen."""

from __future__ import annotations

from PIL import Image

from mediamill.domain.image.reading.containers import Container

ORIENTATION = 0x0112

_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def swaps_sides(orientation: int) -> bool:
    """Whether displayed width is stored height."""
    return orientation >= 5


def upright(picture: Image.Image, orientation: int) -> Image.Image:
    """The picture as it is meant to be seen."""
    if (method := _TRANSPOSE.get(orientation)) is None:
        return picture
    return picture.transpose(method)


def found(picture: Image.Image, container: Container) -> int:
    """EXIF's 1–8 that is still to be applied; 1 where the decoder has applied it or none is said.

    libheif applies a HEIC's `irot` and `imir` itself and libjxl the header's orientation; by their
    specifications those win over EXIF. For AVIF Pillow reports `irot` and `imir` as EXIF. A JXL
    that is a recompressed JPEG comes out as that JPEG, not turned yet.
    """
    if container is Container.HEIF or (
        container is Container.JXL and not getattr(picture, "jpeg", False)
    ):
        return 1
    try:
        value = picture.getexif().get(ORIENTATION, 1)
    except Exception:  # EXIF is written by anything; a picture is shown without it
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
