"""Open a film or a sound with PyAV: the demuxer is given, and it opens nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

from mediamill.domain.errors import Broken, TooManyPixels, Unprocessable, Unsupported
from mediamill.domain.kind import Kind
from mediamill.domain.limits import MEGA, Limits
from mediamill.domain.video.demuxers import demuxer_of

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

    from mediamill.domain.bounded.lent import LentFile

# A read of FFmpeg's is one question to the parent; the reader behind it fetches blocks of 64 KB.
BUFFER = 64 * 1024
LARGE_BLOCK = 512 * 1024
# What is read to find out what the streams are; a transport stream says it again and again.
PROBE = 2 * 1000 * 1000

# What comes of absurd numbers in a header, beside FFmpeg's own errors.
_ABSURD = (OSError, ValueError, ArithmeticError, LookupError, RuntimeError)


@dataclass(frozen=True, slots=True)
class Medium:
    """What is to be decoded: its key, kind, media type and bytes, and what it may cost."""

    kind: Kind
    content_type: str
    limits: Limits
    key: str = ""
    bytes: int = 0

    @property
    def block(self) -> int:
        """How many bytes to fetch at once: of a large film a key frame, mostly."""
        return LARGE_BLOCK if self.bytes >= 100 * MEGA else BUFFER


@contextmanager
def opened(file: IO[bytes] | LentFile, medium: Medium) -> Iterator[InputContainer]:
    """The container. Raises Unsupported, or Broken where it cannot be read as what it is."""
    import av

    av.logging.set_level(None)
    head = file.read(16)
    file.seek(0)
    demuxer = demuxer_of(medium.content_type, head)
    try:
        container: InputContainer = av.open(
            cast("BinaryIO", file),
            "r",
            format=demuxer,
            buffer_size=BUFFER,
            metadata_errors="replace",
            container_options=_container_options(demuxer),
        )
    except (av.FFmpegError, *_ABSURD) as error:
        raise broken(medium, "cannot be opened") from error
    with container:
        try:
            yield container
        except (av.FFmpegError, *_ABSURD) as error:
            raise broken(medium, "cannot be decoded") from error


def _container_options(demuxer: str) -> dict[str, str]:
    return {
        "format_whitelist": demuxer if demuxer != "mov" else "mov,mp4,m4a,3gp,3g2,mj2",
        "protocol_whitelist": "none",  # what the file names is not opened, whatever it is
        "probesize": str(PROBE),
        "analyzeduration": "2000000",
        "max_streams": "100",
    }


def broken(medium: Medium, what: str) -> Unprocessable:
    """The error of a file that cannot be read; its code says of what kind it is."""
    name = medium.kind.value
    return Broken(f"The {name} is damaged, or ends too early: it {what}.", code=f"broken_{name}")


def pictures(container: InputContainer, medium: Medium) -> VideoStream | None:
    """The stream of moving pictures; None where there is sound alone, or covers.

    Raises Unsupported where no decoder knows it, TooManyPixels where its header says so.
    """
    moving = [stream for stream in container.streams.video if not is_cover(stream)]
    if not moving:
        return None
    stream = max(moving, key=lambda each: (each.codec_context is not None, _area(each)))
    if stream.codec_context is None:
        raise Unsupported("No decoder knows the codec of this video.")
    if _area(stream) > medium.limits.pixels:
        raise TooManyPixels(
            f"Its frames have {_area(stream) / 1e6:,.0f} megapixels; "
            f"{medium.limits.pixels / 1e6:,.0f} may be decoded."
        )
    stream.codec_context.options = {"max_pixels": str(medium.limits.pixels)}
    stream.codec_context.thread_count = 1
    return stream


def is_cover(stream: VideoStream) -> bool:
    """Whether a stream is one picture that comes with the file, and does not move."""
    return bool(stream.disposition & type(stream.disposition).attached_pic)


def attend_only(container: InputContainer, *wanted: Any) -> None:
    """Pass over the bytes of all other streams, as far as the format lets one."""
    from av.stream import Discard

    for stream in container.streams:
        is_wanted = any(stream is each for each in wanted)
        stream.discard = Discard.default if is_wanted else Discard.all


def seconds_of(container: InputContainer, stream: VideoStream) -> float | None:
    """How long it is; None where neither the stream nor the container says so."""
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / 1_000_000 if container.duration else None


def first_moment(stream: VideoStream) -> float:
    """Where its time begins, in seconds."""
    if stream.start_time and stream.time_base:
        return float(stream.start_time * stream.time_base)
    return 0.0


def _area(stream: VideoStream) -> int:
    context = stream.codec_context
    return (context.width or 0) * (context.height or 0) if context is not None else 0
