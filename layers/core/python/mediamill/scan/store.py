"""The definitions in their bucket: published by whoever has new ones, fetched by every sandbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from mediamill.domain.scan.definitions import (
    POINTER,
    BadDefinitions,
    Definitions,
    DefinitionsFile,
    is_name,
)
from mediamill.domain.scan.unread import FILE_NAME

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PIECE = 1 << 20
_MISSING = {"NoSuchKey", "404", "NotFound"}
_SAME = {"304", "NotModified"}


class Store:
    """The bucket of definitions, as one client sees it."""

    def __init__(self, bucket: str, s3: S3Client) -> None:
        self._bucket = bucket
        self._s3 = s3

    def current(self, etag: str = "") -> tuple[Definitions, str] | None:
        """What the pointer says, and its ETag; None where it is that of `etag` still.

        Raises BadDefinitions where there is none, or it makes no sense.
        """
        try:
            if etag:
                answer = self._s3.get_object(
                    Bucket=self._bucket, Key=POINTER, IfNoneMatch=f'"{etag}"'
                )
            else:
                answer = self._s3.get_object(Bucket=self._bucket, Key=POINTER)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code in _SAME:
                return None
            if code in _MISSING:
                raise BadDefinitions("No definitions have been published yet.") from error
            raise
        with answer["Body"] as body:
            return Definitions.parse(body.read()), answer["ETag"].strip('"')

    def fetch(self, definitions: Definitions, folder: Path) -> None:
        """Write a set into an empty folder. Raises BadDefinitions where a byte of it is another."""
        folder.mkdir(parents=True)
        for file in definitions.files:
            key, digest = definitions.key(file), hashlib.sha256()
            try:
                answer = self._s3.get_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code", "") in _MISSING:
                    raise BadDefinitions(f"{key} is not there.") from error
                raise
            with answer["Body"] as body, (folder / file.name).open("wb") as written:
                while piece := body.read(_PIECE):
                    digest.update(piece)
                    written.write(piece)
            if digest.hexdigest() != file.sha256:
                raise BadDefinitions(f"{key} is not what was published.")

    def publish(self, paths: Iterable[Path], published_at: str) -> Definitions:
        """Publish files as the set that counts from now on; the pointer goes last."""
        by_name = {path.name: path for path in paths}
        definitions = Definitions.of(map(_described, by_name.values()), published_at)
        for file in definitions.files:
            with by_name[file.name].open("rb") as opened:
                self._s3.put_object(Bucket=self._bucket, Key=definitions.key(file), Body=opened)
        self._s3.put_object(
            Bucket=self._bucket,
            Key=POINTER,
            Body=definitions.text(),
            ContentType="application/json",
        )
        return definitions


def published_files(folder: Path) -> list[Path]:
    """The definitions in a folder, or one file of them: not ours, nor freshclam's own notes."""
    paths = sorted(folder.iterdir()) if folder.is_dir() else [folder]
    return [path for path in paths if is_name(path.name) and path.name != FILE_NAME]


def _described(path: Path) -> DefinitionsFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return DefinitionsFile(path.name, path.stat().st_size, digest)
