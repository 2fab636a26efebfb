"""MediaInfo in a forked child, which reads the file through its parent.

It is native code: a damaged index of 2.5 KB kept it busy for 90 seconds, which no signal handler
and no timer can end. A fork costs 10 to 25 ms. The child has no use of the parent's connections: it
asks for bytes over a pipe, and the parent reads them.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from contextlib import closing
from multiprocessing.connection import Connection
from typing import IO, cast

from mediamill.domain.bounded import Crashed, at_most, forked, received
from mediamill.domain.metadata.reading.guard import OutOfBounds
from mediamill.domain.metadata.reading.window import SeekableFile

BUFFER = 256 * 1024
# MediaInfo reads 16 MB from the start of a transport stream, and as much from its end; the tables
# of streams come again every tenth of a second, so that 4 MB tell the same.
OPTIONS = {"MpegTs_MaximumOffset": str(4 * 1024 * 1024)}
# Address space on top of what the parent has; an index of hours of video takes 50 MB.
MEMORY = 512 * 1024 * 1024


__all__ = ["Crashed", "mediainfo"]


def mediainfo(file: SeekableFile, seconds: float) -> str:
    """What MediaInfo says of `file`, as its own JSON.

    Raises OutOfBounds past `seconds`, and Crashed. Reading `file` must not raise, as a quiet
    GuardedFile does not. The child never outlives the call.
    """
    # Load the library here, once: every child then has it.
    from pymediainfo import MediaInfo

    MediaInfo.can_parse()
    size = file.seek(0, 2)
    until = time.monotonic() + seconds
    ours, theirs = multiprocessing.Pipe()
    with closing(ours), forked(_serve, theirs, size, memory=MEMORY):
        theirs.close()
        try:
            while ours.poll(at_most(until - time.monotonic())):
                match received(ours):
                    case str() as written:
                        return written
                    case (int() as offset, int() as length) if 0 <= length <= BUFFER:
                        file.seek(max(0, offset))
                        ours.send_bytes(file.read(length))
                    case _:
                        raise Crashed("the parser sent what is no answer")
        except (EOFError, OSError):
            raise Crashed("the parser ended without an answer") from None
        raise OutOfBounds(f"the parser took more than {seconds:g} seconds")


class _Asking:
    """The child's view of the file: every read is a question to the parent."""

    def __init__(self, parent: Connection, size: int) -> None:
        self._parent = parent
        self._size = size
        self._position = 0

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def read(self, length: int) -> bytes:
        self._parent.send((self._position, length))
        got = self._parent.recv_bytes()
        self._position += len(got)
        return got


def _serve(parent: Connection, size: int) -> None:
    """The child: parse, answer, end."""
    from pymediainfo import MediaInfo

    file = cast("IO[bytes]", _Asking(parent, size))
    written = MediaInfo.parse(
        file,
        parse_speed=0,
        buffer_size=BUFFER,
        output="JSON",
        full=False,
        mediainfo_options=OPTIONS,
    )
    parent.send(written)
