"""An original as functions read it: by ranges, over a bucket in memory."""

from __future__ import annotations

import io
from typing import Any, cast

from mediamill.aws.ranged import RangedFile


class Body(io.BytesIO):
    """The body of an answer."""

    def iter_chunks(self, size: int) -> list[bytes]:
        whole = self.read()
        return [whole[at : at + size] for at in range(0, len(whole), size)]


class Bucket:
    """The part of an S3 client that the reader uses, over one object in memory."""

    def __init__(self, content: bytes, etag: str = "one") -> None:
        self.content = content
        self.etag = etag
        self.asked: list[dict[str, Any]] = []
        self.errors: list[Exception] = []

    def get_object(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        if self.errors:
            raise self.errors.pop(0)
        first, last = (int(part) for part in asked["Range"].removeprefix("bytes=").split("-"))
        return {
            "Body": Body(self.content[first : last + 1]),
            "ContentRange": f"bytes {first}-{last}/{len(self.content)}",
            "ETag": f'"{self.etag}"',
        }


def reader(bucket: Bucket, **options: Any) -> RangedFile:
    """What a function opens, on this bucket's object."""
    options.setdefault("size", len(bucket.content))
    return RangedFile(cast(Any, bucket), "uploads", "a.mp4", etag='"one"', **options)
