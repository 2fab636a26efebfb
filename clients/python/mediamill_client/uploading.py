"""Uploads of files: one PUT for a small one, parts for a large one, to go on where they ended."""

from __future__ import annotations

import hashlib
import json
import mimetypes
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from mediamill_client.calls import Caller, Problem

Progress = Callable[[int, int], None]
"""Told of the bytes that are there, and of those that the file has."""

SINGLE_BYTES = 100_000_000
"""From this size on the API has a file come in parts."""

_AT_ONCE = 4
_LINKS = 50  # parts whose links are asked for at once: those of 16 MB take a quarter of an hour
_BLOCK = 1 << 20

Ask = Callable[..., Any]


@dataclass(frozen=True)
class Source:
    """A file to upload, and what is said of it."""

    path: Path
    key: str
    content_type: str
    overwrite: bool
    metadata: Mapping[str, str]

    @classmethod
    def of(
        cls,
        path: Path,
        key: str | None,
        content_type: str | None,
        overwrite: bool,
        metadata: Mapping[str, str] | None,
    ) -> Source:
        kind = content_type or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return cls(path, key or path.name, kind, overwrite, metadata or {})


class Upload:
    """One upload: `ask` calls the API, `caller` whatever the API links to."""

    def __init__(
        self, ask: Ask, caller: Caller, source: Source, progress: Progress, state: Path
    ) -> None:
        self._ask = ask
        self._caller = caller
        self._source = source
        self._bytes = source.path.stat().st_size
        self._progress = progress
        self._state = state
        self._there = 0
        self._lock = Lock()
        self._reading = Lock()
        self._file: BinaryIO

    def run(self) -> str:
        """Upload; the key that the file has got. Raises Problem, Unreachable, OSError."""
        begun = self._resumed()
        if begun is None:
            begun = self._begin()
        with self._source.path.open("rb") as self._file:
            if "put" in begun:
                self._send(begun["put"]["url"], begun["put"]["headers"], 0, self._bytes)
            else:
                self._parts(begun)
        key: str = begun["key"]
        return key

    def _begin(self) -> dict[str, Any]:
        source = self._source
        asked: dict[str, Any] = {
            "key": source.key,
            "bytes": self._bytes,
            "content_type": source.content_type,
            "overwrite": source.overwrite,
            "metadata": dict(source.metadata),
        }
        if self._bytes < SINGLE_BYTES:
            asked["sha256"] = _sha256(source.path)
        begun: dict[str, Any] = self._ask("POST", "/uploads", body=asked)
        if "multipart" in begun:
            self._state.parent.mkdir(parents=True, exist_ok=True)
            self._state.write_text(json.dumps(begun))
        return begun

    def _resumed(self) -> dict[str, Any] | None:
        """An upload of this very file that was begun and not completed, if S3 still knows it."""
        try:
            begun: dict[str, Any] = json.loads(self._state.read_text())
            asked = {"key": begun["key"], "upload_id": begun["multipart"]["upload_id"]}
            begun["there"] = self._ask("GET", "/uploads/parts", query=asked)["parts"]
        except (OSError, ValueError, KeyError):
            return None
        except Problem as problem:
            if problem.status != 404:
                raise
            return None
        return begun

    def _parts(self, begun: Mapping[str, Any]) -> None:
        key, multipart = begun["key"], begun["multipart"]
        size, upload_id = multipart["part_bytes"], multipart["upload_id"]

        def bounds(number: int) -> tuple[int, int]:
            start = (number - 1) * size
            return start, min(size, self._bytes - start)

        there = {
            part["number"]
            for part in begun.get("there", ())
            if part["bytes"] == bounds(part["number"])[1]
        }
        self._tell(sum(bounds(number)[1] for number in there))
        missing = [number for number in range(1, multipart["parts"] + 1) if number not in there]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for first in range(0, len(missing), _LINKS):
                numbers = missing[first : first + _LINKS]
                asked = {"key": key, "upload_id": upload_id, "numbers": numbers}
                urls = self._ask("POST", "/uploads/parts", body=asked)["urls"]
                jobs = [
                    pool.submit(self._send, urls[str(number)], {}, *bounds(number))
                    for number in numbers
                ]
                try:
                    for job in jobs:
                        job.result()
                finally:
                    for job in jobs:
                        job.cancel()
        completed = {
            "key": key,
            "upload_id": upload_id,
            "bytes": self._bytes,
            "overwrite": self._source.overwrite,
        }
        self._ask("POST", "/uploads/complete", body=completed)
        self._state.unlink(missing_ok=True)

    def _send(self, url: str, headers: Mapping[str, str], start: int, size: int) -> None:
        """PUT a part of the file, or all of it."""
        sent = 0

        def tell(count: int) -> None:
            nonlocal sent
            sent += count
            self._tell(count)

        def body() -> _Window:
            nonlocal sent
            self._tell(-sent)  # it begins anew
            sent = 0
            return _Window(self._file, self._reading, start, size, tell)

        told = {"Content-Type": "application/octet-stream", **headers, "Content-Length": str(size)}
        self._caller.send("PUT", url, lambda: told, body)

    def _tell(self, count: int) -> None:
        with self._lock:
            self._there += count
            self._progress(self._there, self._bytes)


class _Window:
    """A part of an open file that several threads read, in blocks, each told of."""

    def __init__(
        self, file: BinaryIO, lock: Lock, start: int, size: int, tell: Callable[[int], None]
    ) -> None:
        self._file = file
        self._lock = lock
        self._at = start
        self._end = start + size
        self._told = tell

    def read(self, size: int = -1, /) -> bytes:
        with self._lock:
            self._file.seek(self._at)
            block = self._file.read(min(self._end - self._at, _BLOCK))
        self._at += len(block)
        self._told(len(block))
        return block


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
