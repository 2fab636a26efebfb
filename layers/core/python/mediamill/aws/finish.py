"""Finish: a settled asset in; its manifest written, told to the world once, and noted as final."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace

from aws_lambda_powertools.utilities.typing import LambdaContext

from mediamill.aws.observe import about, count, logger
from mediamill.aws.records import Delivery, hand_over
from mediamill.aws.storage import Results
from mediamill.aws.table import AssetsTable, utc_now
from mediamill.aws.topics import CompletedTopic
from mediamill.domain.assembly import assemble, completed_at
from mediamill.domain.asset import Asset, Claim, Record, Step, gathered, settled_status
from mediamill.domain.intake import may_finish
from mediamill.domain.keys import fits, manifest_key
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.leftovers import keys_of
from mediamill.domain.manifest import StepError
from mediamill.settings import Settings


@dataclass(frozen=True, slots=True)
class Finish:
    """Writes manifests: one delivery claims an asset, and no claim outlives its delivery."""

    settings: Settings

    def handle(self, message: Delivery, context: LambdaContext) -> None:
        """Finish the asset of one hand-over, unless it is not settled or already finished."""
        told = hand_over(message)
        record = self._table.get(told.key)
        if record is None or record.asset.asset_id != told.asset_id:
            logger.info("dropped: a newer version or a deletion has come", key=told.key)
            return
        about(record.asset)
        if told.overdue is not None:
            record = self._give_up(record, told.overdue, told.part)
        claim = Claim(message.message_id, time.time())
        if not may_finish(record, delivery=claim.delivery, now=claim.since):
            return
        claimed = self._table.claim(record.asset, claim)
        if claimed is not None and claimed.is_settled:
            self._finish(claimed, claim)

    def _give_up(self, record: Record, step: str, part: str | None) -> Record:
        """The step's last try has ended without a word: a crash, or the function's time-out."""
        state = record.steps[step]
        if state.is_terminal or _has_come(state, part):
            return record
        error = StepError(
            "retries_exhausted",
            "Every try ended in a crash or a time-out. The message waits in the dead-letter queue.",
        )
        given_up = replace(
            gathered(state), status=StepStatus.FAILED, error=error, finished_at=utc_now()
        )
        closed = self._table.close(record.asset, step, given_up)
        return closed or self._table.get(record.asset.key) or record

    def _finish(self, record: Record, claim: Claim) -> None:
        at = completed_at(record)
        manifest = assemble(record, at)
        key = self._write(record)
        CompletedTopic(self.settings.completed_topic).publish(manifest, key)
        own = {row.key for row in record.derivatives}
        left = [key for key in keys_of(record.asset.key, record.leftovers) if key not in own]
        self._results.delete(left)
        status = settled_status(record)
        if self._table.finish(record.asset, claim, status, at) is None:
            self._undo(record.asset)
            return
        count(f"Asset{status.value.capitalize()}")
        logger.info("finished", status=status.value, derivatives=len(own))

    def _write(self, record: Record) -> str | None:
        """Write the manifest; None where its key would be longer than S3 allows."""
        key = manifest_key(record.asset.key)
        if not fits(key):
            return None
        body = json.dumps(assemble(record, completed_at(record)), ensure_ascii=False, indent=2)
        self._results.put_json(record.asset, key, body.encode())
        return key

    def _undo(self, asset: Asset) -> None:
        """The record moved on while this manifest was written: leave the newer one's in place."""
        newer = self._table.get(asset.key)
        if newer is None or newer.status is Status.DELETED:
            self._results.delete([manifest_key(asset.key)])
        elif newer.status is not Status.PROCESSING:
            self._write(newer)

    @property
    def _table(self) -> AssetsTable:
        return AssetsTable(self.settings.assets_table)

    @property
    def _results(self) -> Results:
        return Results(self.settings.results_bucket)


def _has_come(state: Step, part: str | None) -> bool:
    """Whether the try that a message waited for did its share, though the step is still open."""
    return bool(state.parts) if part is None else bool(state.parts.get(part))
