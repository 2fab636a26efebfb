"""What the first picture would import, imported while the function starts."""

from __future__ import annotations

from PIL import Image

from mediamill.domain.image.reading import libvips
from mediamill.domain.image.reading.containers import Container
from mediamill.domain.image.reading.opening import plug_in
from mediamill.domain.image.shaping import colour

# Nearly every picture is one of these, and has EXIF, which Pillow reads with TIFF's decoder; what
# the others need comes with the first of them.
_USUAL = (Container.JPEG, Container.PNG, Container.WEBP, Container.TIFF)


def ready() -> None:
    """Import the engine and the usual decoders.

    It takes as long as it would with the first picture, but at a function's start nobody waits for
    a picture, and Lambda gives a whole processor there, however little memory the function has.
    """
    Image.preinit()  # what `save` would look for
    libvips.ready()
    for container in _USUAL:
        plug_in(container)
    colour.ready()
