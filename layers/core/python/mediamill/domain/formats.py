"""The formats that derivatives are written in: extension and media type of each, in one place."""

from __future__ import annotations

from typing import NamedTuple


class MediaFormat(NamedTuple):
    """How a format is named in keys and headers; the extension has no dot."""

    extension: str
    content_type: str


FORMATS = {
    "webp": MediaFormat("webp", "image/webp"),
    "jpeg": MediaFormat("jpg", "image/jpeg"),
    "avif": MediaFormat("avif", "image/avif"),
    "jp2": MediaFormat("jp2", "image/jp2"),
    "png": MediaFormat("png", "image/png"),
    "pdf": MediaFormat("pdf", "application/pdf"),
    "text": MediaFormat("txt", "text/plain; charset=utf-8"),
    "json": MediaFormat("json", "application/json"),
    "vtt": MediaFormat("vtt", "text/vtt; charset=utf-8"),
    "mp4": MediaFormat("mp4", "video/mp4"),
    "m4a": MediaFormat("m4a", "audio/mp4"),
    "mp3": MediaFormat("mp3", "audio/mpeg"),
}
