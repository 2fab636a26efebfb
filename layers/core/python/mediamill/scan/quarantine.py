"""Quarantine: what the gate called infected is taken away, and somebody is told.

It hears the `completed` topic, and goes by the record: the version that the gate refused, and no
other, is copied, the copy looked for, and the version removed. All of it may be done twice. The
removal's own event then finds that the refused version was taken away, and leaves the record.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from mediamill.aws.clients import client
from mediamill.aws.messages import Delivery
from mediamill.aws.observe import about, count, logger
from mediamill.aws.table import AssetsTable
from mediamill.domain.asset import Asset, Record
from mediamill.domain.manifest import StepError
from mediamill.domain.scan.verdict import INFECTED
from mediamill.scan.tagging import NAME
from mediamill.settings import Settings

_GONE = {"NoSuchKey", "NoSuchVersion", "404", "MethodNotAllowed", "405"}
_METADATA = 1_500  # bytes of the key that are noted: S3 takes 2 KB in all


class NotCopied(RuntimeError):
    """The quarantine has no such copy: the original stays, and the message comes again."""


class Quarantine:
    """Takes infected versions out of the uploads bucket."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def handle(self, message: Delivery, context: LambdaContext) -> None:
        """Deal with one announcement of the `completed` topic."""
        key, asset_id = message.body.get("key", ""), message.body.get("asset_id")
        record = AssetsTable(self._settings.assets_table).get(key)
        why = _infection(record) if record else None
        if record is None or why is None or record.asset.asset_id != asset_id:
            logger.info("left alone: it is not infected, or not what stands there now", key=key)
            return
        about(record.asset)
        done = self._take_away(record.asset)
        self._alert(record.asset, why, done)
        count("AssetQuarantined")
        logger.warning("infected", reason=why.message, done=done)

    def _take_away(self, asset: Asset) -> str:
        """What was done with the version: `moved`, `deleted`, `tagged`, or `left`."""
        if self._settings.quarantine == "tag":
            return "tagged"
        if asset.version_id is None:
            return "left"  # without versions another upload may stand there by now
        if self._settings.quarantine == "move":
            self._copy(asset, asset.version_id)
        client("s3").delete_object(Bucket=asset.bucket, Key=asset.key, VersionId=asset.version_id)
        return "moved" if self._settings.quarantine == "move" else "deleted"

    def _copy(self, asset: Asset, version_id: str) -> None:
        """Copy one version under its asset's id. Raises NotCopied."""
        bucket = self._settings.quarantine_bucket
        try:
            client("s3").copy_object(
                Bucket=bucket,
                Key=asset.asset_id,
                CopySource={"Bucket": asset.bucket, "Key": asset.key, "VersionId": version_id},
                MetadataDirective="REPLACE",
                Metadata={"original": quote(asset.key)[:_METADATA], "version": version_id},
                ContentType="application/octet-stream",  # no browser opens it
                TaggingDirective="REPLACE",
                Tagging=f"{quote(NAME, safe='')}=infected",
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code", "") not in _GONE:
                raise
            logger.info("the version is gone already")
            return
        listed = client("s3").list_objects_v2(Bucket=bucket, Prefix=asset.asset_id)
        sizes = [each["Size"] for each in listed.get("Contents", ())]
        if sizes != [asset.bytes]:
            raise NotCopied(f"a copy of {asset.bytes} bytes is not there: {sizes}")

    def _alert(self, asset: Asset, why: StepError, done: str) -> None:
        """Tell the alerts topic; the same id where it is told again."""
        message: Mapping[str, Any] = {
            "schema_version": "1.0",
            "id": f"infected:{asset.asset_id}",
            "alert": INFECTED,
            "key": asset.key,
            "version_id": asset.version_id,
            "asset_id": asset.asset_id,
            "reason": why.message,
            "done": done,
        }
        client("sns").publish(
            TopicArn=self._settings.alerts_topic,
            Subject="mediamill: an infected file",
            Message=json.dumps(message),
            MessageAttributes={"alert": {"DataType": "String", "StringValue": INFECTED}},
        )


def _infection(record: Record) -> StepError | None:
    """Why a gate refused it, if that was because it is infected."""
    errors = [step.error for step in record.steps.values() if step.is_refusal and step.error]
    return next((error for error in errors if error.code == INFECTED), None)
