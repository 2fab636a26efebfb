"""The gate with GuardDuty as its scanner: it goes by the verdict, whichever way that comes.

GuardDuty scans by itself what is put into the bucket, tells EventBridge how that ended, and tags
the version. Its event closes the step of exactly that version. The step's own message looks at the
tag, so that nothing hangs on one event alone; where there is no verdict yet, the step stays open,
and a record that stays so for hours is asked for again, and at last fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from mediamill.aws.again import Refused, again
from mediamill.aws.clients import client
from mediamill.aws.messages import Delivery, FanOut, encode, fan_out
from mediamill.aws.observe import ComeAgain, about, about_key, logger
from mediamill.aws.relay import original
from mediamill.aws.table import AssetsTable
from mediamill.aws.task import Task
from mediamill.aws.worker import Worker
from mediamill.domain.asset import Asset, Record
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.scan.managed import TAG, Heard, heard, managed
from mediamill.domain.scan.verdict import Finding, Verdict, judged
from mediamill.settings import Settings

STEP = "scan"
_LATER = 600.0
"""Seconds after which the tag is looked for once more; mostly the event has come by then."""


class Managed:
    """Closes the scan of a version with GuardDuty's verdict."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._table = AssetsTable(settings.assets_table)

    def handle(self, message: Delivery, context: LambdaContext) -> None:
        """One message: of the assets topic, or of EventBridge."""
        said = heard(message.body)
        if said is None:
            self._asked(message, context)
        else:
            self._heard(said, message, context)

    def _asked(self, message: Delivery, context: LambdaContext) -> None:
        """A scan is asked for: its verdict may be there already."""
        asset = fan_out(message).asset
        about(asset)
        result = _tagged(asset)
        if result is not None:
            self._close(managed(result), message, context)
        elif self._is_last(message):
            logger.info("no verdict yet: its event closes the step")
        else:
            raise ComeAgain("GuardDuty has not said anything yet", _LATER)

    def _heard(self, said: Heard, message: Delivery, context: LambdaContext) -> None:
        """A scan has ended: of the version that stands in the record, or of another."""
        about_key(said.key)
        record = self._table.get(said.key)
        if record is None or not _is_of(said, record):
            if self._is_last(message):
                logger.info("dropped: a verdict on a version that nobody asks for")
                return
            raise ComeAgain("the version is not known, or not yet", _LATER)
        state = record.steps[STEP]
        if state.status is StepStatus.COMPLETE and said.verdict.finding is Finding.INFECTED:
            self._begin_again(record)
            return
        told = FanOut(record.asset, original(record.asset), (STEP,), state.attempt)
        called = replace(message, body=json.loads(encode(told)))
        self._close(said.verdict, called, context)

    def _close(self, found: Verdict, message: Delivery, context: LambdaContext) -> None:
        def job(_: Task) -> Mapping[str, Any]:
            return judged(found, passes_unknown=self._settings.passes_unknown)

        Worker(STEP, self._settings, job).handle(message, context)

    def _begin_again(self, record: Record) -> None:
        """What went on as clean is infected after all: the gate is asked again, by the tag."""
        if record.status is Status.PROCESSING:
            raise ComeAgain("infected after all, and still being processed", _LATER)
        logger.warning("infected after all")

        def look() -> Record:
            found = self._table.get(record.asset.key)
            if found is None or found.asset.asset_id != record.asset.asset_id:
                raise Refused("moved", "Another version stands there now.")
            return found

        try:
            again(self._settings, look)
        except Refused as refused:
            logger.info("left alone", why=str(refused))

    def _is_last(self, message: Delivery) -> bool:
        return message.attempt >= self._settings.max_receive_count


def _is_of(said: Heard, record: Record) -> bool:
    """Whether a verdict is on exactly what the record tells of."""
    asset = record.asset
    where = (said.bucket, said.key, said.version_id) == (asset.bucket, asset.key, asset.version_id)
    is_same = asset.version_id is not None or said.etag == asset.etag
    return where and is_same and STEP in record.steps


def _tagged(asset: Asset) -> str | None:
    """The result that GuardDuty has tagged exactly this version with."""
    version: dict[str, Any] = {"VersionId": asset.version_id} if asset.version_id else {}
    s3 = client("s3")
    try:
        answer = s3.get_object_tagging(Bucket=asset.bucket, Key=asset.key, **version)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "NoSuchVersion", "MethodNotAllowed"):
            return None  # its removal is on the way
        raise
    return next((each["Value"] for each in answer["TagSet"] if each["Key"] == TAG), None)
