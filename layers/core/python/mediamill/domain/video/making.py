"""Making: all that a film or a sound becomes, in the order in which a reader wants it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any

from mediamill.domain.derivative import Product
from mediamill.domain.facts import PosterFacts, PosterSource, SoundFacts
from mediamill.domain.kind import Kind
from mediamill.domain.limits import MEGA
from mediamill.domain.video.cover import cover
from mediamill.domain.video.opening import Medium, broken, opened, pictures
from mediamill.domain.video.poster import choose, poster
from mediamill.domain.video.preview import parts, preview
from mediamill.domain.video.sound import TooLong, first_sound, sound
from mediamill.domain.video.stills import Stills
from mediamill.domain.video.storyboard import interval_of, storyboard, tiles, told
from mediamill.domain.video.text import chapters, is_too_long_to_read, text_tracks
from mediamill.domain.wire import to_json

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from mediamill.domain.bounded.lent import LentFile

MOST_MOVING = 16 * MEGA
"""Pixels of a frame past which no frames in a row are decoded: a decoder holds up to 17 of them."""

_NO_PICTURES = {
    "code": "no_pictures",
    "message": "The file is one for video, and has neither moving pictures nor a cover.",
}
_TOO_LONG = {
    "code": "too_long",
    "message": "The sound is longer than what is listened to here: it was not made for the web.",
}
_TEXTS_LEFT_OUT = {
    "code": "texts_left_out",
    "message": "The file has text tracks, and is too large to be read through for them.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A share of the manifest, JSON-ready."""

    facts: Mapping[str, Any]

    def onto(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """With what was told before; warnings add up."""
        warnings = [*facts.get("warnings", ()), *self.facts.get("warnings", ())]
        return {**facts, **self.facts, **({"warnings": warnings} if warnings else {})}


def make(file: IO[bytes] | LentFile, medium: Medium) -> Iterator[Product | Told]:
    """The derivatives of a film or a sound, and what is told of them.

    Raises Unsupported, TooManyPixels, or Broken (`broken_video`, `broken_audio`).
    """
    with opened(file, medium) as container:
        if not len(container.streams):
            raise broken(medium, "has no streams")
        stream = pictures(container, medium)
        if stream is not None:
            yield from _of_pictures(container, stream, medium)
        else:
            yield from _of_cover(container, medium)
        yield from _of_texts(container, medium)


def _of_pictures(
    container: InputContainer, stream: VideoStream, medium: Medium
) -> Iterator[Product | Told]:
    stills = Stills(container, stream)
    still = choose(stills)
    if still is None:
        raise broken(medium, "has no frame that can be decoded")
    yield poster(still, stills)
    yield Told({"poster": to_json(PosterFacts(PosterSource.FRAME, still.at))})
    yield from _of_moments(stills, medium)


def _of_moments(stills: Stills, medium: Medium) -> Iterator[Product | Told]:
    """The storyboard and the preview, of what the film tells of its length and its moments."""
    interval = interval_of(stills.seconds or 0, medium.bytes)
    found = tiles(stills, interval)
    if stills.seconds and len(found) > 1:
        yield from storyboard(found, stills.seconds, medium.key)
        yield Told({"storyboard": to_json(told(found, interval))})
    if stills.area <= MOST_MOVING:
        yield from preview(stills, parts(found, stills.seconds))


def _of_cover(container: InputContainer, medium: Medium) -> Iterator[Product | Told]:
    found = cover(container)
    if found is not None:
        yield found
        yield Told({"poster": to_json(PosterFacts(PosterSource.COVER))})
    elif medium.kind is Kind.VIDEO:
        yield _warned(_NO_PICTURES)
    stream = first_sound(container)
    if stream is not None:
        yield from _of_sound(container, stream, medium, has_cover=found is not None)


def _of_sound(
    container: InputContainer, stream: AudioStream, medium: Medium, *, has_cover: bool
) -> Iterator[Product | Told]:
    try:
        for made in sound(container, stream, medium):
            if isinstance(made, SoundFacts):
                yield Told({"sound": to_json(made)})
                continue
            yield made
            if made.name == "waveform" and not has_cover:
                yield replace(made, name="poster")
                yield Told({"poster": to_json(PosterFacts(PosterSource.WAVEFORM))})
    except TooLong:
        yield _warned(_TOO_LONG)


def _of_texts(container: InputContainer, medium: Medium) -> Iterator[Product | Told]:
    """Chapters and text tracks, which a sound may have too."""
    found = chapters(container)
    if found is not None:
        yield found
    if is_too_long_to_read(container, medium):
        yield _warned(_TEXTS_LEFT_OUT)
        return
    tracks = list(text_tracks(container, medium))
    yield from (track.product for track in tracks)
    if tracks:
        yield Told({"text_tracks": [to_json(track.facts) for track in tracks]})


def _warned(warning: Mapping[str, str]) -> Told:
    return Told({"warnings": [dict(warning)]})
