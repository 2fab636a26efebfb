"""What a picture will take of the function's memory, by its header; refused where it does not fit.

Lambda ends a function that takes more than it has, and the file would be tried again and again.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mediamill.domain.errors import TooManyPixels
from mediamill.domain.image.reading.containers import Container
from mediamill.domain.limits import Limits

# Bytes a pixel at the peak, of the hardest kind of each format (alpha, 16 bits, progressive, CMYK;
# benchmarks/picture_memory.py), rounded up. What libvips streams takes least.
_BYTES_A_PIXEL = {
    Container.JPEG: 9,
    Container.PNG: 10,
    Container.WEBP: 6,
    Container.RAW: 9,
    Container.GIF: 13,
    Container.AVIF: 14,
    Container.HEIF: 14,
    Container.JXL: 15,
    Container.JPEG2000: 15,
    Container.TIFF: 15,
    Container.BMP: 15,
}
_OTHERWISE = 12

# A process that has rendered a picture of a few pixels, with its clients of AWS.
_BEFORE = 150 << 20

# What a picture of 100 megapixels may take where the function has its default of 1,769 MB: 15.
_USABLE = 0.93


def memory_of(container: Container, pixels: int, size: int, frames: int = 1) -> int:
    """Bytes of the process at its peak, for frames of so many pixels in a file of `size` bytes."""
    still = pixels * _BYTES_A_PIXEL.get(container, _OTHERWISE)
    moving = pixels * frames * _OTHERWISE if frames > 1 else 0
    return _BEFORE + size + max(still, moving)


def fits(limits: Limits, needed: int) -> bool:
    """Whether the function has that much memory."""
    return needed <= limits.memory_bytes * _USABLE


def check_memory(container: Container, pixels: int, size: int, limits: Limits) -> None:
    """Raises TooManyPixels for a picture that the function's memory cannot hold."""
    needed = memory_of(container, pixels, size)
    if not fits(limits, needed):
        raise TooManyPixels(
            f"A {container.value} of {pixels / 1e6:,.0f} megapixels takes about "
            f"{needed >> 20:,} MB of memory; the function has {limits.memory_bytes >> 20:,}."
        )


@contextmanager
def within_memory(limits: Limits) -> Iterator[None]:
    """What needs more than the function has gets a MemoryError, not the end of the process.

    The bound is on address space, on top of what is mapped already: a second fence, for files that
    take more than their header announces.
    """
    if sys.platform != "linux":
        yield
        return
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = mapped + limits.memory_bytes
    bounds = [bound for bound in (wanted, soft, hard) if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
