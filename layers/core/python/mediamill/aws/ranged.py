"""One version of one S3 object as a seekable, read-only file that fetches only what is read.

    ranged.OriginalGone        the version is not there any more
    └── OriginalChanged        other bytes stand under the key now: their own event follows

A read that misses the cache becomes one GET of whole aligned blocks. Reading on where the last
fetch ended doubles the look-ahead; a jump resets it. A file that turns out to be read all over
the place is copied to an unlinked temporary file once, if it is small enough.
"""

from __future__ import annotations

import io
import tempfile
from collections import OrderedDict
from typing import IO, TYPE_CHECKING, Any

from botocore.exceptions import (
    ClientError,
    HTTPClientError,
    IncompleteReadError,
    ResponseStreamingError,
)

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from mypy_boto3_s3 import S3Client

KIB = 1024
MIB = 1024 * KIB

# S3 answers a range in 10–30 ms whatever its size up to some hundred kilobytes, so that smaller
# blocks save bytes and no time.
BLOCK = 64 * KIB
# A film's index of several megabytes is passed through once without losing the first block.
CACHE = 8 * MIB
LOOK_AHEAD = 2 * MIB

# Past so many requests the access pattern is not "a few headers"; one GET of it all is cheaper.
SPOOL_AFTER = 64
SPOOL_LIMIT = 256 * MIB

ATTEMPTS = 3

_GONE = {"NoSuchKey", "NoSuchVersion", "NoSuchBucket", "NotFound", "404", "MethodNotAllowed", "405"}
_CHANGED = {"PreconditionFailed", "412", "InvalidRange", "416"}


class OriginalGone(Exception):
    """The version that should be read is not there any more."""


class OriginalChanged(OriginalGone):
    """The key now holds other bytes than those that should be read."""


class RangedFile(io.RawIOBase):
    """A file object over `bucket`/`key`, pinned to `version_id`, or to `etag` without versions.

    `size` is the version's size in bytes. `requests` counts GETs, `bytes_read` the bytes of their
    bodies. Raises OriginalGone or OriginalChanged from any read; what else botocore raises goes
    through, after three attempts where the connection broke inside a body. Not thread-safe.
    """

    def __init__(
        self,
        client: S3Client,
        bucket: str,
        key: str,
        *,
        size: int,
        version_id: str | None = None,
        etag: str | None = None,
        block: int = BLOCK,
        cache: int = CACHE,
        look_ahead: int = LOOK_AHEAD,
        spool_after: int = SPOOL_AFTER,
        spool_limit: int = SPOOL_LIMIT,
    ) -> None:
        super().__init__()
        self.size = size
        self.requests = 0
        self.bytes_read = 0
        self._client = client
        self._bucket = bucket
        self._key = key
        self._etag = etag.strip('"') if etag else None
        self._version = {"VersionId": version_id} if version_id not in (None, "null") else {}
        # The same bytes have the same ETag, and some emulators ignore ranges of a named version:
        # so the version is named only once another one has taken its place.
        self._pin: dict[str, Any] = dict(self._version)
        if self._etag:
            self._pin = {"IfMatch": f'"{self._etag}"'}
        self._block = block
        self._capacity = max(2, cache // block)
        self._most_ahead = max(1, min(look_ahead, cache // 2) // block)
        self._ahead = 1
        self._expected = 0  # the block after the last fetch
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._position = 0
        self._spool_after = spool_after
        self._spool_limit = spool_limit
        self._spool: IO[bytes] | None = None

    @property
    def name(self) -> str:
        """The object's address, for messages."""
        return f"s3://{self._bucket}/{self._key}"

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            raise ValueError(f"cannot seek to {start + offset}, before the start of {self.name}")
        self._position = start + offset
        return self._position

    def read(self, size: int | None = -1, /) -> bytes:
        rest = max(0, self.size - self._position)
        wanted = rest if size is None or size < 0 else min(size, rest)
        parts = []
        while wanted:
            part = self._some(wanted)
            parts.append(part)
            wanted -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readall(self) -> bytes:
        return self.read()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        part = self._some(min(len(view), max(0, self.size - self._position)))
        view[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._blocks.clear()
        if self._spool is not None:
            self._spool.close()
        super().close()

    def _some(self, wanted: int) -> bytes:
        """Between 1 and `wanted` bytes at the position, which moves behind them."""
        if self.closed:
            raise ValueError(f"{self.name} is closed")
        if not wanted:
            return b""
        if self._spool is None and self._should_spool():
            self._copy_to_spool()
        if self._spool is not None:
            self._spool.seek(self._position)
            part = self._spool.read(wanted)
        else:
            index, offset = divmod(self._position, self._block)
            last = (self._position + wanted - 1) // self._block
            if index not in self._blocks:
                self._fetch(index, last)
            self._blocks.move_to_end(index)
            part = self._blocks[index][offset : offset + wanted]
        self._position += len(part)
        return part

    def _fetch(self, first: int, last: int) -> None:
        """Cache the blocks from `first` to `last`, as far as they fit, and some ahead."""
        if first == self._expected:
            self._ahead = min(self._ahead * 2, self._most_ahead)
        else:
            self._ahead = 1
        last = max(last, first + self._ahead - 1)
        last = min(last, first + self._capacity - 1, (self.size - 1) // self._block)
        for index in range(first + 1, last + 1):
            if index in self._blocks:
                last = index - 1
                break
        self._expected = last + 1
        start = first * self._block
        body = self._get(start, min((last + 1) * self._block, self.size) - 1)
        for index in range(first, last + 1):
            offset = index * self._block - start
            self._blocks[index] = body[offset : offset + self._block]
            self._blocks.move_to_end(index)
        while len(self._blocks) > self._capacity:
            self._blocks.popitem(last=False)

    def _get(self, start: int, end: int) -> bytes:
        """The bytes from `start` to `end`, both included, in one request if all goes well."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                answer = self._open(start, end)
                body = answer["Body"].read()
            except (HTTPClientError, IncompleteReadError, ResponseStreamingError):
                if attempt == ATTEMPTS:
                    raise
                continue
            self.bytes_read += len(body)
            if "ContentRange" not in answer and len(body) == self.size:
                body = body[start : end + 1]  # the server ignored the range, as HTTP allows
            if len(body) == end - start + 1:
                return bytes(body)
        raise OriginalChanged(f"{self.name} is not {self.size} bytes long any more")

    def _open(self, start: int, end: int) -> Any:
        self.requests += 1
        try:
            answer = self._client.get_object(
                Bucket=self._bucket, Key=self._key, Range=f"bytes={start}-{end}", **self._pin
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _GONE | _CHANGED and self._version and self._pin != self._version:
                self._pin = dict(self._version)  # it may be hidden by another version, or a marker
                return self._open(start, end)
            if code in _GONE:
                raise OriginalGone(f"{self.name} is gone") from error
            if code in _CHANGED:
                raise OriginalChanged(f"{self.name} has changed") from error
            raise
        total = answer.get("ContentRange", "").rpartition("/")[2]
        if total.isdigit() and int(total) != self.size:
            raise OriginalChanged(f"{self.name} is {total} bytes long, not {self.size}")
        if self._etag and answer["ETag"].strip('"') != self._etag:
            raise OriginalChanged(f"{self.name} has changed")
        return answer

    def _should_spool(self) -> bool:
        return (
            self.requests >= self._spool_after
            and self.size <= self._spool_limit
            and self._position // self._block not in self._blocks
        )

    def _copy_to_spool(self) -> None:
        spool = tempfile.TemporaryFile()  # noqa: SIM115 (closed with the reader)
        try:
            for attempt in range(1, ATTEMPTS + 1):
                spool.seek(0)
                spool.truncate()
                try:
                    for chunk in self._open(0, self.size - 1)["Body"].iter_chunks(MIB):
                        self.bytes_read += len(chunk)
                        spool.write(chunk)
                    break
                except (HTTPClientError, IncompleteReadError, ResponseStreamingError):
                    if attempt == ATTEMPTS:
                        raise
            if spool.tell() != self.size:
                raise OriginalChanged(f"{self.name} is not {self.size} bytes long any more")
        except BaseException:
            spool.close()
            raise
        self._spool = spool
        self._blocks.clear()
