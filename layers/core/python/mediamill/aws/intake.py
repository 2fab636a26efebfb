"""Intake: an S3 event in, an opened asset out; a removal takes the derivatives with it."""

from __future__ import annotations

import time
from dataclasses import dataclass

from aws_lambda_powertools.utilities.typing import LambdaContext

from mediamill.aws import storage
from mediamill.aws.observe import about, count, logger
from mediamill.aws.ranged import OriginalGone
from mediamill.aws.records import Delivery, FanOut, HandOver, StorageEvent, storage_events
from mediamill.aws.storage import Results
from mediamill.aws.table import AssetsTable, utc_now
from mediamill.aws.topics import AssetsTopic, ManifestQueue
from mediamill.aws.worker import original
from mediamill.domain.asset import Asset, Claim, Record, asset_id_of, comparable
from mediamill.domain.detect import HEAD_BYTES, detect
from mediamill.domain.errors import KeyTooLong
from mediamill.domain.intake import Decision, decide
from mediamill.domain.keys import check_key
from mediamill.domain.kind import Kind, Status
from mediamill.domain.leftovers import all_keys_of, merge, note
from mediamill.domain.manifest import StepError
from mediamill.domain.workers import too_large
from mediamill.settings import Settings

TOMBSTONE_SECONDS = 15 * 24 * 3600
"""A tombstone outlives every queue: SQS keeps a message for 14 days at most."""


@dataclass(frozen=True, slots=True)
class Intake:
    """Opens assets: one record per uploads key, told to the workers once."""

    settings: Settings

    def handle(self, message: Delivery, context: LambdaContext) -> None:
        """Take in every event of one message."""
        for event in storage_events(message):
            try:
                self._take(event, message.message_id)
            except OriginalGone:
                logger.info("skipped: gone before it was read", key=event.key)

    def _take(self, event: StorageEvent, delivery: str) -> None:
        while True:  # each round sees a newer record, so the rounds come to an end
            seen = self._table.get(event.key)
            now = time.time()
            decision = decide(seen, sequencer=event.sequencer, delivery=delivery, now=now)
            if decision is Decision.SKIP:
                logger.info("skipped: known, or older than the record", key=event.key)
                return
            claim = Claim(delivery, now)
            if decision is Decision.RESUME and seen is not None:
                if self._table.resume(seen, claim):
                    return self._tell(seen)
                continue
            record = self._record(event, seen, claim)
            if record is None:
                return
            if self._table.open(record, instead_of=seen):
                return self._tell(record)

    def _record(self, event: StorageEvent, seen: Record | None, claim: Claim) -> Record | None:
        """The record that an event calls for, or None where it changes nothing.

        A removal may bring an older version to light, or remove one that nobody saw any more: so
        what counts is what the bucket holds now.
        """
        version_id, etag, size = event.version_id, event.etag, event.bytes
        if event.is_removal:
            stored = storage.head(event.bucket, event.key)
            if stored is None:
                return self._tombstone(event, seen, claim) if seen is not None else None
            version_id, etag, size = stored.version_id, stored.etag, stored.bytes
        asset_id = asset_id_of(
            event.bucket, event.key, version_id=version_id, etag=etag, sequencer=event.sequencer
        )
        if seen is not None and seen.asset.asset_id == asset_id:
            return None  # the same version again: a late upload event after a removal showed it
        head = storage.first_bytes(event.bucket, event.key, version_id, HEAD_BYTES) if size else b""
        found = detect(head, event.key)
        rejection = self._refusal(event.key, size)
        return Record(
            asset=Asset(
                asset_id=asset_id,
                bucket=event.bucket,
                key=event.key,
                version_id=version_id,
                etag=etag,
                sequencer=comparable(event.sequencer),
                bytes=size,
                kind=found.kind,
                content_type=found.content_type,
                created_at=utc_now(),
            ),
            status=Status.PROCESSING,
            steps={}
            if rejection
            else self.settings.workers.steps_for(found.kind, size, self.settings.limits),
            rejection=rejection,
            opening=claim,
            leftovers=merge(seen.leftovers, note(seen.derivatives)) if seen else (),
        )

    def _tombstone(self, event: StorageEvent, seen: Record | None, claim: Claim) -> Record:
        return Record(
            asset=Asset(
                asset_id=asset_id_of(
                    event.bucket,
                    event.key,
                    version_id=event.version_id,
                    etag="",
                    sequencer=event.sequencer,
                ),
                bucket=event.bucket,
                key=event.key,
                version_id=event.version_id,
                etag="",
                sequencer=comparable(event.sequencer),
                bytes=0,
                kind=seen.asset.kind if seen else Kind.OTHER,
                content_type=seen.asset.content_type if seen else "application/octet-stream",
                created_at=utc_now(),
            ),
            status=Status.DELETED,
            steps={},
            opening=claim,
            leftovers=merge(seen.leftovers, note(seen.derivatives)) if seen else (),
            expires_at=int(claim.since) + TOMBSTONE_SECONDS,
        )

    def _refusal(self, key: str, size: int) -> StepError | None:
        limits = self.settings.limits
        if size > limits.any_bytes:
            return too_large(None, size, limits.any_bytes)
        try:
            check_key(key, [profile.name for profile in self.settings.profiles])
        except KeyTooLong as error:
            return StepError(error.code, str(error))
        return None

    def _tell(self, record: Record) -> None:
        """Hand the record over to whoever goes on with it, then note that this was done."""
        asset = record.asset
        about(asset)
        if record.status is Status.DELETED:
            Results(self.settings.results_bucket).delete(all_keys_of(asset.key, record.leftovers))
            self._table.swept(asset)
            count("AssetDeleted")
            logger.info("deleted")
            return
        if record.is_settled:  # refused, or nothing is left to do
            queue = ManifestQueue(self.settings.manifest_queue)
            queue.send(HandOver(asset.key, asset.asset_id))
        else:
            AssetsTopic(self.settings.assets_topic).publish(FanOut(asset, original(asset)))
        self._table.published(asset)
        count("AssetOpened")
        logger.info("opened", content_type=asset.content_type, bytes=asset.bytes)

    @property
    def _table(self) -> AssetsTable:
        return AssetsTable(self.settings.assets_table)
