"""Uploads: files go straight into the bucket, by links that take only what was told.

A link to PUT signs the size, the type, the digest and that nothing may stand there yet, so that S3
itself refuses whatever differs. A large file goes in parts, which can be asked for again after the
caller was gone; S3 puts them together under the same condition.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

from mediamill.api import models
from mediamill.api.call import Answer, Call
from mediamill.api.manifests import standing
from mediamill.api.problem import BadRequest, Conflict, NotFound, TooLarge, exists
from mediamill.aws.clients import client
from mediamill.aws.table import AssetsTable
from mediamill.domain.errors import Unprocessable
from mediamill.domain.keys import check_key
from mediamill.domain.kind import Status
from mediamill.domain.limits import MEGA
from mediamill.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef, PartTypeDef

SECONDS = 900
"""How long a link takes a file, or a part."""

SINGLE_BYTES = 100 * MEGA
"""From this size on a file goes in parts."""

_PART_BYTES = 16 * MEGA
_PARTS = 1000  # what ListParts tells at once

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Uploads:
    """The uploads bucket, to write; not where it belongs to somebody else."""

    settings: Settings

    def begin(self, call: Call) -> Answer:
        """Begin an upload: a link for a file, or the number of a large one."""
        asked: models.Upload = call.body
        key = self._new_key(call, asked.key)
        most = self.settings.limits.any_bytes
        if asked.bytes > most:
            raise TooLarge(f"A file may have {most:,} bytes; this one would have {asked.bytes:,}.")
        if not asked.overwrite:
            self._refuse_existing(key)
        if asked.bytes < SINGLE_BYTES:
            begun = models.Uploading(key=key, put=self._put(key, asked))
        else:
            begun = models.Uploading(key=key, multipart=self._multipart(key, asked))
        return Answer(begun, status=201, headers={"Cache-Control": "no-store"})

    def parts(self, call: Call) -> Answer:
        """The parts of a large file that are there, so that an upload can go on."""
        key = self._key(call, call.query.key)
        found = [
            models.Part(number=part["PartNumber"], bytes=part["Size"])
            for part in self._there(key, call.query.upload_id)
        ]
        return Answer(models.Parts(parts=found), headers={"Cache-Control": "no-store"})

    def links(self, call: Call) -> Answer:
        """Links for parts that are to come."""
        asked: models.PartNumbers = call.body
        key = self._key(call, asked.key)
        urls = {
            str(number): client("s3").generate_presigned_url(
                "upload_part",
                Params={
                    "Bucket": self.settings.uploads_bucket,
                    "Key": key,
                    "UploadId": asked.upload_id,
                    "PartNumber": number,
                },
                ExpiresIn=SECONDS,
            )
            for number in asked.numbers
        }
        links = models.PartLinks(urls=urls, seconds=SECONDS)
        return Answer(links, headers={"Cache-Control": "no-store"})

    def complete(self, call: Call) -> Answer:
        """Put the parts of a large file together, if they are all there."""
        asked: models.Completion = call.body
        key = self._key(call, asked.key)
        found = self._there(key, asked.upload_id)
        there = sum(part["Size"] for part in found)
        if there != asked.bytes or there > self.settings.limits.any_bytes:
            raise Conflict(
                f"{there:,} of {asked.bytes:,} bytes are there: ask which parts, and put the rest.",
                code="incomplete",
            )
        more: dict[str, Any] = {} if asked.overwrite else {"IfNoneMatch": "*"}
        together: list[CompletedPartTypeDef] = [
            {"PartNumber": part["PartNumber"], "ETag": part["ETag"]} for part in found
        ]
        _known(
            lambda: client("s3").complete_multipart_upload(
                Bucket=self.settings.uploads_bucket,
                Key=key,
                UploadId=asked.upload_id,
                MultipartUpload={"Parts": together},
                **more,
            )
        )
        return Answer(models.Key(key=key), status=201)

    def abort(self, call: Call) -> Answer:
        """Give a large file up, and what is there of it."""
        key = self._key(call, call.query.key)
        _known(
            lambda: client("s3").abort_multipart_upload(
                Bucket=self.settings.uploads_bucket, Key=key, UploadId=call.query.upload_id
            )
        )
        return Answer(status=204)

    def delete(self, call: Call) -> Answer:
        """Delete an original; what was made of it goes within seconds."""
        key = self._key(call, call.path["key"])
        standing(AssetsTable(self.settings.assets_table), key)
        client("s3").delete_object(Bucket=self.settings.uploads_bucket, Key=key)
        return Answer(models.Key(key=key), status=202)

    def _new_key(self, call: Call, key: str) -> str:
        """The key of a file that comes: below the caller's prefix, wherever they put it."""
        whole = key if key.startswith(call.prefix) else call.prefix + key
        if whole.endswith("/"):
            raise BadRequest("A key that ends with a slash is a folder's.", code="key_unusable")
        try:
            check_key(whole, [profile.name for profile in self.settings.profiles])
        except Unprocessable as error:
            raise BadRequest(str(error), code=error.code) from error
        return self._key(call, whole)

    def _key(self, call: Call, key: str) -> str:
        """A key that the caller may write to. Raises Forbidden."""
        return call.writable(key, uploads=self.settings)

    def _refuse_existing(self, key: str) -> None:
        """Say so at once; S3 decides in the end, when the file comes."""
        record = AssetsTable(self.settings.assets_table).get(key)
        if record is not None and record.status is not Status.DELETED:
            raise exists()

    def _put(self, key: str, asked: models.Upload) -> models.Put:
        given: dict[str, Any] = {
            "Content-Type": asked.content_type,
            **{f"x-amz-meta-{name}": value for name, value in asked.metadata.items()},
        }
        params: dict[str, Any] = {
            "Bucket": self.settings.uploads_bucket,
            "Key": key,
            "ContentType": asked.content_type,
            "ContentLength": asked.bytes,
            "Metadata": dict(asked.metadata),
        }
        if asked.sha256 is not None:
            digest = base64.b64encode(bytes.fromhex(asked.sha256)).decode()
            params["ChecksumSHA256"] = given["x-amz-checksum-sha256"] = digest
        if not asked.overwrite:
            params["IfNoneMatch"] = given["If-None-Match"] = "*"
        url = client("s3").generate_presigned_url("put_object", Params=params, ExpiresIn=SECONDS)
        return models.Put(url=url, headers=given, seconds=SECONDS)

    def _multipart(self, key: str, asked: models.Upload) -> models.Multipart:
        if asked.sha256 is not None:
            raise BadRequest(
                f"S3 checks a SHA-256 of files below {SINGLE_BYTES:,} bytes: leave it out.",
                code="bad_body",
            )
        begun = client("s3").create_multipart_upload(
            Bucket=self.settings.uploads_bucket,
            Key=key,
            ContentType=asked.content_type,
            Metadata=dict(asked.metadata),
        )
        part = max(_PART_BYTES, -(-asked.bytes // _PARTS))
        return models.Multipart(
            upload_id=begun["UploadId"], part_bytes=part, parts=-(-asked.bytes // part)
        )

    def _there(self, key: str, upload_id: str) -> list[PartTypeDef]:
        """The parts that are there, as S3 tells of them."""
        pages = (
            client("s3")
            .get_paginator("list_parts")
            .paginate(Bucket=self.settings.uploads_bucket, Key=key, UploadId=upload_id)
        )
        return [part for page in _known(lambda: list(pages)) for part in page.get("Parts", ())]


def _known(ask: Callable[[], T]) -> T:
    """What S3 answers; what it refuses, as the problem that it is."""
    try:
        return ask()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "NoSuchUpload":
            raise NotFound(
                "There is no such upload: it is complete, or was given up.", code="no_such_upload"
            ) from error
        if code in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise exists() from error
        if code in ("InvalidPart", "EntityTooSmall"):
            raise Conflict(
                "A part is missing, or one before the last is too small.", code="incomplete"
            ) from error
        raise
