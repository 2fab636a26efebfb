"""Memory for large buffers that a child gets in few page faults: they are most of a first page.

A page of a document is 9 MB of pixels, and as much again in the encoder: 5,400 faults of 4 KB, a
third of the time of a blank page in a new process. In huge pages 1,300 are left, which are the
fork's own.
"""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3  # malloc.h
_MADV_HUGEPAGE = 14  # asm-generic/mman-common.h
_HUGE = 2 << 20
_ROOM = 64 << 20  # bytes by which the heap grows at once; only what is touched is memory


def make_room() -> None:
    """Let glibc take large buffers from one heap of huge pages, and keep what is freed.

    Changes nothing where there is no glibc; a kernel without huge pages gives its small ones.
    """
    if sys.platform != "linux":
        return
    with suppress(AttributeError, OSError):
        libc = ctypes.CDLL(None)
        libc.sbrk.restype, libc.sbrk.argtypes = ctypes.c_void_p, [ctypes.c_ssize_t]
        libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
        libc.free.argtypes = [ctypes.c_void_p]
        libc.madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
        for option, value in (
            (_M_MMAP_THRESHOLD, 1 << 29),
            (_M_TRIM_THRESHOLD, 1 << 29),
            (_M_TOP_PAD, _ROOM),
        ):
            libc.mallopt(option, value)
        start = -(-libc.sbrk(0) // _HUGE) * _HUGE
        libc.free(libc.malloc(_HUGE * 4))  # the heap grows
        if (length := libc.sbrk(0) - start) > 0:
            libc.madvise(start, length, _MADV_HUGEPAGE)
