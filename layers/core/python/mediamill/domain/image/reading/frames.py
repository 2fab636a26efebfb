"""The frames of an animation, each as it is shown: disposal and blending applied."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image

from mediamill.domain.image.reading import gif
from mediamill.domain.image.reading.containers import Container
from mediamill.domain.image.reading.opening import Opened

# What browsers take for a frame that gives no time (0), in milliseconds.
_NO_TIME = 100


@dataclass(frozen=True, slots=True)
class Frame:
    """One composed frame, the whole canvas, and its time on screen in milliseconds."""

    picture: Image.Image
    duration: int


def frames(opened: Opened) -> Iterator[Frame]:
    """Each frame in turn. Raises what the decoder raises for one that it cannot decode."""
    picture = opened.picture
    assert picture is not None
    if opened.container is Container.GIF:
        for composed, duration in gif.composed(opened.source, picture.size):
            yield Frame(composed, duration)
        return
    # An APNG may open with a still that is no part of the animation.
    first = 1 if getattr(picture, "default_image", False) else 0
    for number in range(first, opened.frames + first):
        picture.seek(number)
        picture.load()
        yield Frame(picture.copy(), max(0, round(picture.info.get("duration") or _NO_TIME)))


def plays(opened: Opened) -> int:
    """How often the animation runs, 0 for ever: the count that WebP stores.

    A GIF stores the repetitions after the first run, and nothing for a single one.
    """
    assert opened.picture is not None
    loop = opened.picture.info.get("loop")
    if opened.container is Container.GIF:
        return 1 if loop is None else 0 if loop == 0 else min(65_535, int(loop) + 1)
    return min(65_535, int(loop or 0))
