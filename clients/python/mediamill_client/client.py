"""The client: what the API can be asked, as methods."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from mediamill_client.answers import Asset, Event, Row, read
from mediamill_client.calls import ApiError, Auth, Caller, Problem, Reply
from mediamill_client.uploading import Progress, Source, Upload

_POLL_SECONDS = 20  # how long the API waits for a change
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class NotDone(ApiError):
    """An asset is still being processed, or has not come, though the time is over."""


class Client:
    """A deployment's API at an address; without `auth`, calls are anybody's.

    `state` is the folder where unfinished uploads are remembered; unless told,
    `~/.cache/mediamill`. Methods raise Problem where the API refuses, and Unreachable.
    """

    def __init__(self, url: str, auth: Auth | None = None, *, state: Path | None = None) -> None:
        self._url = url.rstrip("/")
        self._auth = auth
        self._state = state or Path.home() / ".cache" / "mediamill"
        self._caller = Caller(direct=urlsplit(url).hostname in _LOOPBACK)

    def upload(
        self,
        path: str | os.PathLike[str],
        key: str | None = None,
        *,
        content_type: str | None = None,
        overwrite: bool = False,
        metadata: Mapping[str, str] | None = None,
        progress: Progress = lambda there, of: None,
    ) -> str:
        """Upload a file and return the key that it has got.

        `key` is the file's name unless told. An upload of 100 MB or more that did not come to its
        end goes on where it was when the same file is uploaded to the same key again. S3 checks a
        smaller file's SHA-256. `progress` is called, by several threads one after the other, with
        the bytes that are there and those of the file.
        """
        source = Source.of(Path(path), key, content_type, overwrite, metadata)
        state = self._state / f"{self._fingerprint(source)}.json"
        return Upload(self._ask, self._caller, source, progress, state).run()

    def wait(self, key: str, *, seconds: float = 600.0) -> Asset:
        """The asset, as soon as nothing more is to come of it. Raises NotDone."""
        until = time.monotonic() + seconds
        after = self._events(None, key, wait=0)["after"]
        while True:
            found = self._look(key)
            if found is not None and found.is_done:
                return found
            left = until - time.monotonic()
            if left <= 0:
                raise NotDone(f"{key} is not done after {seconds:.0f} s; it goes on.")
            told = self._events(after, key, wait=max(1, min(_POLL_SECONDS, int(left))))
            after = told["after"]

    def asset(self, key: str) -> Asset:
        """All that is known of an asset."""
        return read(Asset, self._ask("GET", f"/assets/{_path(key)}"))

    def assets(
        self,
        *,
        prefix: str | None = None,
        kind: str | None = None,
        status: str | None = None,
        day: date | None = None,
        page: int = 100,
    ) -> Iterator[Row]:
        """The assets, the newest first; with a prefix, by name. Pages are asked for as needed."""
        query: dict[str, Any] = {"prefix": prefix, "kind": kind, "status": status, "limit": page}
        query["day"] = day and day.isoformat()
        while True:
            told = self._ask("GET", "/assets", query=query)
            for row in told["assets"]:
                yield read(Row, row)
            if "next" not in told:
                return
            query["cursor"] = told["next"]

    def events(self, *, prefix: str | None = None) -> Iterator[Event]:
        """Every change of a status from now on, as it happens; it does not end by itself."""
        after = self._events(None, prefix, wait=0)["after"]
        while True:
            told = self._events(after, prefix, wait=_POLL_SECONDS)
            after = told["after"]
            for event in told["events"]:
                yield read(Event, event)

    def srcset(self, key: str, content_type: str = "image/webp") -> str:
        """The `srcset` of an asset's pictures, for HTML; empty where it has none."""
        return self.asset(key).srcset.get(content_type, "")

    def picture(self, key: str, width: int, *, dpr: float = 1.0) -> str:
        """A link to the stored picture that suits a width in CSS pixels best."""
        return self._link(f"/picture/{_path(key)}", {"w": width, "dpr": dpr})

    def deliver(self, key: str, derivative: str, *, page: int = 1) -> str:
        """A link to a derivative, the `original` or the `manifest`."""
        return self._link(f"/deliver/{_path(derivative)}/{_path(key)}", {"page": page})

    def delete(self, key: str) -> None:
        """Delete an original; what was made of it goes within seconds."""
        self._ask("DELETE", f"/assets/{_path(key)}")

    def restore(self, key: str) -> None:
        """Take a deletion back, within 30 days."""
        self._ask("POST", f"/assets/{_path(key)}/restore")

    def reprocess(self, key: str) -> None:
        """Have an asset processed again, with what is deployed now."""
        self._ask("POST", f"/assets/{_path(key)}/reprocess")

    def _look(self, key: str) -> Asset | None:
        try:
            return self.asset(key)
        except Problem as problem:
            if problem.status != 404:
                raise
            return None

    def _events(self, after: str | None, prefix: str | None, *, wait: int) -> Mapping[str, Any]:
        query = {"after": after, "prefix": prefix, "wait": wait}
        told: Mapping[str, Any] = self._ask("GET", "/events", query=query)
        return told

    def _link(self, path: str, query: Mapping[str, Any]) -> str:
        return self._call("GET", path, query=query).headers["location"]

    def _ask(self, method: str, path: str, **more: Any) -> Any:
        body = self._call(method, path, **more).body
        return json.loads(body) if body else None

    def _call(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Any = None
    ) -> Reply:
        given = {name: value for name, value in (query or {}).items() if value is not None}
        url = f"{self._url}{path}" + (f"?{urlencode(given, quote_via=quote)}" if given else "")
        text = None if body is None else json.dumps(body).encode()
        plain = {"Content-Type": "application/json"} if text else {}

        def headers() -> Mapping[str, str]:
            told = {} if self._auth is None else self._auth(method, url, plain, text or b"")
            return {**plain, **told}

        repeatable = method in _REPEATABLE
        return self._caller.send(method, url, headers, lambda: text, is_repeatable=repeatable)

    def _fingerprint(self, source: Source) -> str:
        """What tells an upload from another: the same file, unchanged, to the same place."""
        found = source.path.stat()
        told = [
            self._url,
            source.key,
            str(source.path.absolute()),
            found.st_size,
            found.st_mtime_ns,
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def _path(key: str) -> str:
    return quote(key, safe="/")
