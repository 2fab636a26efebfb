"""Rendering: an original in, one decode, and its renditions out, one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from math import ceil, sqrt

from PIL import Image

from mediamill.domain.derivative import Product
from mediamill.domain.errors import Broken
from mediamill.domain.facts import ImageFacts
from mediamill.domain.image import high_range
from mediamill.domain.image.describing import header_facts
from mediamill.domain.image.describing.appearance import appearance
from mediamill.domain.image.high_range import HighRange
from mediamill.domain.image.moving import Moving, moves
from mediamill.domain.image.reading import gain_map, libvips
from mediamill.domain.image.reading.cost import within_memory
from mediamill.domain.image.reading.decoding import Decoded, decode, icc_profile_of
from mediamill.domain.image.reading.opening import Opened, guarded, open_picture
from mediamill.domain.image.shaping import attention, colour, orientation
from mediamill.domain.image.shaping.placing import Placement, place
from mediamill.domain.image.shaping.pyramid import Pyramid
from mediamill.domain.image.writing import encoding, owner
from mediamill.domain.image.writing.drawn import is_drawn
from mediamill.domain.image.writing.finishing import Finish
from mediamill.domain.image.writing.tags import Tags
from mediamill.domain.image.writing.watermark import Watermark
from mediamill.domain.limits import Limits
from mediamill.domain.profile import Fit, Profile

Rendition = Product

# The whole picture at this size is made where no rendition shows all of it, for the facts.
_GLANCE = Profile("glance", 256, 256)
_MIDDLE = (0.5, 0.5)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What all renditions of an original are to be like: see `render`."""

    background: str = "#ffffff"
    focus: tuple[float, float] | None = None
    keep_colour: bool = False
    watermark: Watermark | None = None


class Rendering(Iterator[Rendition]):
    """The renditions of one original, encoded as they are asked for.

    `facts` holds what the header says from the start (size, format, orientation, frames, depth,
    colour), and is complete (colours, hashes, `damaged`) as soon as the first rendition has been
    yielded, or iteration has ended where there was none to yield.
    """

    def __init__(
        self,
        opened: Opened,
        profiles: Sequence[Profile],
        limits: Limits,
        wishes: Wishes,
    ) -> None:
        self._opened = opened
        self._profiles = profiles
        self._limits = limits
        self._wishes = wishes
        self._facts = _header_facts(opened)
        self._size = _size_shown(opened, self._facts, profiles, limits)
        whose = owner.read(opened.picture) if opened.picture is not None else owner.Owner()
        self._tags = Tags(whose.exif(), whose.xmp())
        self._finish = Finish(wishes.watermark)
        self._high_range: HighRange | None = None
        self._renditions = self._render()

    @property
    def facts(self) -> ImageFacts:
        """What is known of the picture so far."""
        return self._facts

    def __iter__(self) -> Iterator[Rendition]:
        return self

    def __next__(self) -> Rendition:
        return next(self._renditions)

    def _render(self) -> Iterator[Rendition]:
        opened, limits, size = self._opened, self._limits, self._size
        decoded = decode(opened, self._largest(), limits)
        with guarded(limits):
            drawn = is_drawn(decoded.tiles, opened.container)
            kept = self._keep_colour(decoded)
            self._high_range = self._keep_high_range()
            pyramid = Pyramid(
                decoded.picture,
                opened.turn,
                None if kept else decoded.icc_profile,
                *size,
                libvips.resize,
                libvips.ENOUGH,
            )
            placements = self._placements(pyramid)
            made = pyramid.make(placements)
            looks = appearance(colour.to_srgb(pyramid.glance(place(*size, _GLANCE)), kept))
            self._facts = replace(
                self._facts,
                has_alpha=decoded.picture.mode in ("LA", "RGBA"),
                damaged=decoded.damaged,
                **asdict(looks),
            )
        del decoded, pyramid
        moving = self._moving(placements)
        if moving is None:
            self._let_go(made.values())
        # A small original is the same picture for several profiles: it is encoded once.
        bodies: dict[tuple[Placement, Profile], bytes] = {}
        for profile, placement in zip(self._profiles, placements, strict=True):
            recipe = placement, _recipe(profile)
            with guarded(limits):
                picture = self._finish(made[placement], profile)
                if recipe not in bodies:
                    bodies[recipe] = self._encode(picture, placement, profile, moving, drawn)
                size = picture.size
                rendition = encoding.product(
                    size, bodies[recipe], profile, truncated=opened.truncated
                )
            yield rendition

    def _largest(self) -> tuple[int, int]:
        """Stored pixels that all renditions can be made from."""
        opened = self._opened
        size = self._size
        wanted = [place(*size, each) for each in (*self._profiles, _GLANCE)]
        largest = max(wanted, key=lambda each: each.scale)
        if largest.whole:
            stored = largest.stored(opened.turn, size)
            return stored.width, stored.height
        scale = largest.scale
        width, height = reversed(size) if orientation.swaps_sides(opened.turn) else size
        return max(1, ceil(width * scale)), max(1, ceil(height * scale))

    def _encode(
        self,
        picture: Image.Image,
        placement: Placement,
        profile: Profile,
        moving: Moving | None,
        drawn: bool,
    ) -> bytes:
        if moving is not None and moves(profile):
            return moving.encode(placement, profile, drawn)
        background = self._wishes.background
        if self._high_range is not None and high_range.holds(profile):
            return self._high_range.encode(
                picture, placement, profile, background=background, tags=self._tags
            )
        return encoding.encode(
            picture, profile, background=background, drawn=drawn, tags=self._tags
        )

    def _keep_colour(self, decoded: Decoded) -> bytes | None:
        """The profile that all renditions stay in, where that is wished for and can be."""
        if not self._wishes.keep_colour:
            return None
        kept = colour.as_kept(decoded.picture, decoded.icc_profile)
        self._tags = replace(self._tags, icc_profile=kept or b"")
        self._finish = replace(self._finish, icc_profile=kept)
        return kept

    def _keep_high_range(self) -> HighRange | None:
        """The gain map, where colours are kept and a rendition can have one."""
        if not self._wishes.keep_colour or not any(map(high_range.holds, self._profiles)):
            return None
        gain = gain_map.read(self._opened, self._limits)
        return None if gain is None else HighRange(gain, self._opened.turn, self._size)

    def _let_go(self, made: Iterable[Image.Image]) -> None:
        """Frees the original's pixels before the encoders take their memory."""
        picture = self._opened.picture
        if picture is not None and all(each is not picture for each in made):
            picture.close()

    def _placements(self, pyramid: Pyramid) -> list[Placement]:
        """Where each profile puts the picture; the eye is only asked where a profile says so."""
        size = self._size
        focus = self._wishes.focus
        placements = [place(*size, profile, focus or _MIDDLE) for profile in self._profiles]
        fits = {profile.fit for profile in self._profiles}
        if focus is not None or Fit.ATTENTION not in fits:
            return placements
        seen = attention.interest(pyramid.one(place(*size, _GLANCE)))
        for number, profile in enumerate(self._profiles):
            if profile.fit is Fit.ATTENTION:
                left, top, right, bottom = placements[number].crop
                centre = seen.centre((right - left) / size[0], (bottom - top) / size[1])
                placements[number] = place(*size, profile, centre)
        return placements

    def _moving(self, placements: Sequence[Placement]) -> Moving | None:
        """All frames at all sizes, if the picture moves and a profile can show it."""
        opened = self._opened
        shown = [
            placement
            for placement, profile in zip(placements, self._profiles, strict=True)
            if moves(profile)
        ]
        if opened.frames < 2 or opened.truncated or not shown or self._facts.damaged:
            return None
        size = self._size
        moving = Moving(opened, size, self._finish, self._tags)
        try:
            with guarded(self._limits), within_memory(self._limits):
                moving.read(shown)
        except Broken:  # a damaged end leaves the frames before it
            self._facts = replace(self._facts, damaged=True)
        return moving if len(moving.durations) > 1 else None


def _recipe(profile: Profile) -> Profile:
    """What decides on the bytes, the placement aside: only padding asks for the box again."""
    if profile.fit is Fit.CONTAIN:
        return replace(profile, name="")
    return replace(profile, name="", width=0, height=0, fit=Fit.INSIDE)


def _header_facts(opened: Opened) -> ImageFacts:
    """The facts that need no pixel."""
    turned = orientation.swaps_sides(opened.turn)
    picture = opened.picture
    icc_profile = icc_profile_of(opened)
    return ImageFacts(
        width=opened.height if turned else opened.width,
        height=opened.width if turned else opened.height,
        format=opened.format,
        orientation=opened.orientation,
        is_animated=opened.frames > 1,
        frame_count=opened.frames,
        page_count=opened.pages,
        bit_depth=8
        if picture is None
        else header_facts.bit_depth(picture, opened.container, opened.source),
        color_space="RGB" if picture is None else header_facts.color_space(picture, opened.source),
        icc_profile=colour.profile_name(icc_profile),
        truncated=opened.truncated,
    )


def _size_shown(
    opened: Opened, facts: ImageFacts, profiles: Sequence[Profile], limits: Limits
) -> tuple[int, int]:
    """As displayed. A drawing has no size of its own: it is as large as the largest box asks."""
    width, height = facts.width, facts.height
    if opened.drawing is None:
        return width, height
    asked = max((max(each.width / width, each.height / height) for each in profiles), default=1.0)
    allowed = sqrt(limits.page_pixels / (width * height))
    scale = max(1.0, min(asked, allowed))
    return max(1, round(width * scale)), max(1, round(height * scale))


def render(
    original: bytes,
    profiles: Sequence[Profile],
    limits: Limits,
    *,
    background: str = "#ffffff",
    focus: tuple[float, float] | None = None,
    keep_colour: bool = False,
    watermark: Watermark | None = None,
) -> Rendering:
    """The original's renditions, in the order of the profiles, and its picture facts.

    The header is read and checked here; pixels are decoded with the first `next()`. Nothing is
    enlarged but a drawing. `background` is what transparency shows in JPEG; `focus` is (x, y), 0 to
    1, of what `cover` and `attention` keep, as the picture is displayed; `keep_colour` leaves RGB
    in the profile that it came with, which renditions then carry; otherwise they are sRGB.

    Raises only Unprocessable errors, here or while iterating: Unsupported, TooLarge,
    TooManyPixels, TimedOut, or Broken with the code `broken_image`.
    """
    opened = open_picture(original, limits)
    wishes = Wishes(background, focus, keep_colour, watermark)
    with guarded(limits):
        return Rendering(opened, profiles, limits, wishes)


def render_raster(
    picture: Image.Image,
    profiles: Sequence[Profile],
    *,
    background: str = "#ffffff",
    drawn: bool = False,
) -> Iterator[Rendition]:
    """Renditions of a picture that is decoded and sRGB already, such as a PDF's first page."""
    pyramid = Pyramid(colour.to_eight_bits(picture), 1, None, *picture.size)
    placements = [place(*picture.size, profile) for profile in profiles]
    made, finish = pyramid.make(placements), Finish()
    for profile, placement in zip(profiles, placements, strict=True):
        shown = finish(made[placement], profile)
        body = encoding.encode(shown, profile, background=background, drawn=drawn)
        yield encoding.product(shown.size, body, profile)
