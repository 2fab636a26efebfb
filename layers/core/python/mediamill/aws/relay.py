"""How a record goes on: the next workers told, the finisher called, the untidy one marked."""

from __future__ import annotations

from mediamill.aws.messages import FanOut, HandOver
from mediamill.aws.observe import logger
from mediamill.aws.table import AssetsTable
from mediamill.aws.topics import AssetsTopic, ManifestQueue
from mediamill.domain.asset import Asset, Offer, Record, Source, Step
from mediamill.domain.formats import FORMATS
from mediamill.domain.kind import Kind, Status
from mediamill.settings import Settings

_LONGEST_RUN = 900
"""Seconds that a function may run on AWS, and that SQS may delay a message."""


class Relay:
    """Whoever is to go on with a record, told: workers, or the finisher."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.table = AssetsTable(settings.assets_table)

    def disturbed(self, key: str, *, contradicted: bool = False) -> None:
        """Mark the record that stands now as untidy; hand it over, if nobody else will.

        While it is being processed, whoever closes its last step hands it over. `contradicted` says
        that another end than its own was told of late: its own is to be told again.
        """
        while True:
            record = self.table.get(key)
            if record is None:
                return
            marked = self.table.mark_untidy(record, contradicted=contradicted)
            if marked is not None:
                logger.info("the results may be disturbed", status=marked.status.value)
                if marked.is_settled:
                    self.hand_over(marked.asset)
                return

    def hand_over(self, asset: Asset) -> None:
        """Have the finisher look at an asset."""
        queue = ManifestQueue(self._settings.manifest_queue)
        queue.send(HandOver(asset.key, asset.asset_id))

    def look_again(self, asset: Asset) -> None:
        """Have the finisher look at what it tidied once more, when whoever was at work is gone.

        A queue may bring a message to two workers. One does it, and it is acknowledged; the other
        stores something late, after a deletion or over what a newer version has made, and dies
        before it can say so.
        """
        queue = ManifestQueue(self._settings.manifest_queue)
        queue.send(HandOver(asset.key, asset.asset_id, is_second_look=True), delay=_LONGEST_RUN)

    def hand_on(self, record: Record, *, again: bool = False) -> None:
        """Go on with a record after a step of it was closed.

        Opens the steps that waited, and tells their workers; where nothing is left to do, hands
        over to the finisher. With `again`, an earlier try may have opened steps without telling.
        """
        told: dict[str, Step] = {}
        while following := self._settings.plan.advance(record):
            changed = self.table.change(record, following)
            now = changed or self.table.get(record.asset.key)
            if now is None or now.asset.asset_id != record.asset.asset_id:
                return
            record = now
            again = again or changed is None  # somebody else opened them, and may not have told
            told |= {name: step for name, step in following.items() if step.is_pending}
        if again:
            told = {
                name: step
                for name, step in record.steps.items()
                if step.is_pending and self._settings.plan.waits(name, record.asset.kind)
            }
        self.tell(record, told, "derived")
        if record.is_settled and record.status is Status.PROCESSING:
            self.hand_over(record.asset)

    def tell(self, record: Record, names: dict[str, Step], reason: str) -> None:
        """Tell the workers of these pending steps."""
        messages = [
            FanOut(record.asset, self.source(record, step), (name,), step.attempt, None, reason)
            for name, step in names.items()
            if step.is_pending
        ]
        AssetsTopic(self._settings.assets_topic).publish_all(messages)

    def source(self, record: Record, step: Step) -> Source:
        """What a step reads: the original, or the pinned derivative that was offered to it."""
        if step.source is not None:
            return self._derived(step.source)
        return original(record.asset)

    def _derived(self, offer: Offer) -> Source:
        content_type = FORMATS[offer.format].content_type
        is_picture = content_type.startswith("image/")
        return Source(
            bucket=self._settings.results_bucket,
            key=offer.key,
            version_id=offer.version_id,
            kind=Kind.IMAGE if is_picture else Kind.DOCUMENT,
            content_type=content_type,
            bytes=offer.bytes,
            etag=offer.etag,
        )


def original(asset: Asset) -> Source:
    """The original itself, as a source."""
    return Source(
        bucket=asset.bucket,
        key=asset.key,
        version_id=asset.version_id,
        kind=asset.kind,
        content_type=asset.content_type,
        bytes=asset.bytes,
        etag=asset.etag,
    )
