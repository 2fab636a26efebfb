"""A stand-in for S3 that serves byte ranges of local files on the loopback interface.

It answers GET alone, as S3 does: ranges, `If-Match`, versions, and its errors in XML. Files may
be sparse, so that five gigabytes cost nothing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.config import Config
from mypy_boto3_s3 import S3Client

from made.loopback import answering

BUCKET = "uploads"
CHUNK = 1024 * 1024


@dataclass
class Store:
    """Files by key; `versions` by version id; `log` has the range of every request."""

    files: dict[str, Path] = field(default_factory=dict)
    versions: dict[str, Path] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    cut_after: int | None = None  # bytes of the next body, before the connection breaks

    def etag(self, path: Path) -> str:
        """An entity tag that changes with a file's size and time."""
        stat = path.stat()
        return hashlib.md5(f"{stat.st_size}-{stat.st_mtime_ns}".encode()).hexdigest()


@contextmanager
def serving(store: Store) -> Iterator[S3Client]:
    """A boto3 client of a server over `store`, which ends with the block."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            _answer(self, store)

    with answering(Handler) as address:
        client = boto3.client(
            "s3",
            endpoint_url=address,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )
        try:
            yield client
        finally:
            client.close()


def _answer(handler: BaseHTTPRequestHandler, store: Store) -> None:
    url = urlsplit(handler.path)
    key = unquote(url.path).removeprefix(f"/{BUCKET}/")
    version = parse_qs(url.query).get("versionId", [""])[0]
    path = store.versions.get(version) if version else store.files.get(key)
    wanted = handler.headers.get("Range", "")
    store.log.append(wanted)
    if path is None or not path.exists():
        _refuse(handler, 404, "NoSuchVersion" if version else "NoSuchKey")
        return
    etag, size = store.etag(path), path.stat().st_size
    asked = handler.headers.get("If-Match", "").strip('"')
    if asked and asked != etag:
        _refuse(handler, 412, "PreconditionFailed")
        return
    match = re.fullmatch(r"bytes=(\d+)-(\d+)", wanted)
    first, last = (int(match[1]), min(int(match[2]), size - 1)) if match else (0, size - 1)
    if first >= size:
        _refuse(handler, 416, "InvalidRange")
        return
    length = last - first + 1
    handler.send_response(206 if match else 200)
    handler.send_header("ETag", f'"{etag}"')
    handler.send_header("Content-Length", str(length))
    if match:
        handler.send_header("Content-Range", f"bytes {first}-{last}/{size}")
    handler.end_headers()
    if store.cut_after is not None:
        length, store.cut_after = store.cut_after, None
        handler.close_connection = True
    with path.open("rb") as file:
        file.seek(first)
        while length > 0:
            part = file.read(min(CHUNK, length))
            handler.wfile.write(part)
            length -= len(part)


def _refuse(handler: BaseHTTPRequestHandler, status: int, code: str) -> None:
    body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/xml")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
