"""Rendering: an original in, one decode, and its renditions out, one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from PIL import Image

from mediamill.domain.derivative import Product
from mediamill.domain.facts import ImageFacts
from mediamill.domain.limits import Limits
from mediamill.domain.profile import Profile

from . import colour, encoding, orientation, resizing
from .opening import Opened, guarded, open_picture

Rendition = Product

FILTER = Image.Resampling.LANCZOS


class Rendering(Iterator[Rendition]):
    """The renditions of one original, encoded as they are asked for.

    `facts` holds what the header says from the start (size, format, orientation, frames), and is
    complete (colours, hashes, `damaged`) as soon as the first rendition has been yielded, or
    iteration has ended where no profile was given.
    """

    def __init__(
        self,
        original: bytes,
        opened: Opened,
        profiles: Sequence[Profile],
        limits: Limits,
        background: str,
    ) -> None:
        turned = orientation.swaps_sides(opened.turn)
        self._facts = ImageFacts(
            width=opened.height if turned else opened.width,
            height=opened.width if turned else opened.height,
            format=opened.container.value,
            orientation=opened.orientation,
            is_animated=opened.frames > 1,
            frame_count=opened.frames,
            page_count=opened.pages,
            truncated=opened.truncated,
        )
        self._renditions = self._render(original, opened, profiles, limits, background)

    @property
    def facts(self) -> ImageFacts:
        """What is known of the picture so far."""
        return self._facts

    def __iter__(self) -> Iterator[Rendition]:
        return self

    def __next__(self) -> Rendition:
        return next(self._renditions)

    def _render(
        self,
        original: bytes,
        opened: Opened,
        profiles: Sequence[Profile],
        limits: Limits,
        background: str,
    ) -> Iterator[Rendition]:
        with guarded(limits):
            picture = opened.picture
            profile = picture.info.get("icc_profile")
            placements = [
                resizing.place(self._facts.width, self._facts.height, wanted) for wanted in profiles
            ]
            scale = max((placement.scale for placement in placements), default=1.0)
            picture.draft(
                None, (max(1, round(opened.width * scale)), max(1, round(opened.height * scale)))
            )
            picture.load()
            base = colour.to_eight_bits(picture)
            base = orientation.upright(base, opened.turn)
            base = colour.to_srgb(base, profile)
            self._facts = replace(
                self._facts,
                has_alpha=base.mode in ("LA", "RGBA"),
                icc_profile=colour.profile_name(profile),
            )
            if colour.opaque(base) and base.mode in ("LA", "RGBA"):
                base = base.convert(base.mode[:-1])
        for wanted, placement in zip(profiles, placements, strict=True):
            with guarded(limits):
                across, down = base.width / self._facts.width, base.height / self._facts.height
                left, top, right, bottom = placement.crop
                shown = resizing.resize(
                    base,
                    (placement.width, placement.height),
                    (left * across, top * down, right * across, bottom * down),
                    FILTER,
                )
                body = encoding.encode(shown, wanted, background=background)
                rendition = encoding.product(shown, body, wanted, truncated=opened.truncated)
            yield rendition


def render(
    original: bytes,
    profiles: Sequence[Profile],
    limits: Limits,
    *,
    background: str = "#ffffff",
) -> Rendering:
    """The original's renditions, in the order of the profiles, and its picture facts.

    The header is read and checked here; pixels are decoded with the first `next()`. Nothing is
    enlarged. `background` is what transparency shows in JPEG.

    Raises only Unprocessable errors, here or while iterating: Unsupported, TooLarge,
    TooManyPixels, or Broken with the code `broken_image`.
    """
    opened = open_picture(original, limits)
    return Rendering(original, opened, profiles, limits, background)


def render_raster(
    picture: Image.Image, profiles: Sequence[Profile], *, background: str = "#ffffff"
) -> Iterator[Rendition]:
    """Renditions of a picture that is decoded and sRGB already, such as a PDF's first page."""
    if picture.mode not in ("L", "LA", "RGB", "RGBA"):
        picture = picture.convert("RGB")
    for wanted in profiles:
        placement = resizing.place(*picture.size, wanted)
        shown = resizing.resize(
            picture, (placement.width, placement.height), placement.crop, FILTER
        )
        body = encoding.encode(shown, wanted, background=background)
        yield encoding.product(shown, body, wanted)
