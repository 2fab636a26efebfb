"""Finish: a settled asset in; its results tidied where need be, its manifest written and told.

`domain/protocol/ending.py` says what to do with a hand-over; this carries it out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools.utilities.typing import LambdaContext

from mediamill.aws.made import MadeTable
from mediamill.aws.messages import Delivery, hand_over
from mediamill.aws.observe import ComeAgain, about, count, logger
from mediamill.aws.relay import Relay
from mediamill.aws.results import Results
from mediamill.aws.tidy import tidy
from mediamill.aws.topics import CompletedTopic
from mediamill.domain.assembly import assemble, completed_at
from mediamill.domain.asset import Claim, Record, settled_status
from mediamill.domain.keys import fits, manifest_key
from mediamill.domain.kind import Status
from mediamill.domain.made import Made
from mediamill.domain.manifest import StepError
from mediamill.domain.protocol.ending import (
    CLAIM_SECONDS,
    UNFINISHED,
    End,
    ending,
    is_news,
    is_unfinished,
)
from mediamill.domain.protocol.overdue import is_in_vain
from mediamill.settings import Settings

_UNFINISHED = StepError(
    UNFINISHED,
    "The manifest could not be written. The message waits in the dead-letter queue, from where it "
    "can be redriven.",
)


@dataclass(frozen=True, slots=True)
class Finish:
    """Writes manifests: one delivery claims an asset, and no claim outlives its delivery."""

    settings: Settings

    def handle(self, message: Delivery, context: LambdaContext) -> None:
        """Finish, or tidy, the asset of one hand-over, if it is its turn."""
        told = hand_over(message)
        relay = Relay(self.settings)
        record = relay.table.get(told.key)
        now = time.time()
        move = ending(
            record,
            asset_id=told.asset_id,
            delivery=message.message_id,
            is_again=message.is_again,
            now=now,
            is_second_look=told.is_second_look,
        )
        if record is None or move is End.DROP:
            logger.info("dropped: nothing is left to do", key=told.key)
            return
        about(record.asset)
        if move is End.WAIT:
            raise _claimed()
        if move is End.STALE:
            relay.disturbed(told.key)
        elif move is End.TELL:
            self._tell_again(relay, record)
        else:
            claim = Claim(message.message_id, now)
            _Ending(self.settings, relay, claim).carry_out(record, told.is_second_look)

    def bury(self, letter: Delivery) -> bool:
        """A dead letter of the manifest queue: whether to keep it, to be redriven.

        It is handed over again; an asset whose manifest cannot be written for hours is failed, and
        says so.
        """
        told = hand_over(letter)
        relay = Relay(self.settings)
        record = relay.table.get(told.key)
        move = ending(
            record,
            asset_id=told.asset_id,
            delivery=letter.message_id,  # what it claimed, nobody else will go on with
            is_again=True,
            now=time.time(),
        )
        if record is None or move is End.DROP:
            return False
        if move is End.STALE:
            relay.disturbed(told.key)
        elif move is End.TELL:
            self._tell_again(relay, record)
        elif move in (End.FINISH, End.TIDY) and not is_in_vain(record):
            relay.hand_over(record.asset)
            return False
        elif move is End.FINISH and not is_unfinished(record):
            relay.table.finish(
                record, Status.FAILED, completed_at(record), unfinished=_UNFINISHED,
                announced=record.announced, told=record.told,
            )  # fmt: skip
        return move in (End.FINISH, End.TIDY, End.WAIT)

    def _tell_again(self, relay: Relay, record: Record) -> None:
        """An earlier try may have asked for steps again, and not have come to tell of them."""
        relay.disturbed(record.asset.key)
        steps = {name: step for name, step in record.steps.items() if step.attempt}
        relay.tell(record, steps, "again")


class _Ending:
    """One asset brought to its end by one delivery of a hand-over."""

    def __init__(self, settings: Settings, relay: Relay, claim: Claim) -> None:
        self._settings = settings
        self._relay = relay
        self._table = relay.table
        self._results = Results(settings.results_bucket)
        self._made = MadeTable(settings.made_table)
        self._claim = claim
        self._told: Status | None = None
        self._has_touched = False  # the results, in this move
        self._has_mended = False  # what others may be at still

    def carry_out(self, record: Record, is_second_look: bool) -> None:
        """Move by move, on the record as it stands, until nothing is left to do."""
        asset = record.asset
        current: Record | None = record
        move, is_lost = End.DROP, False
        while current is not None and current.asset.asset_id == asset.asset_id:
            move = ending(
                current,
                asset_id=asset.asset_id,
                delivery=self._claim.delivery,
                is_again=False,
                now=self._claim.since,
                is_second_look=is_second_look,
            )
            if move is End.FINISH:
                after = self._finish(current)
            elif move is End.TIDY:
                after = self._tidy(current, is_second_look)
                is_second_look = False
            else:
                break
            if after is None:  # the record has moved on while this wrote, deleted and told
                is_lost = is_lost or self._has_touched
            elif move is End.TIDY:
                is_lost = False
            self._has_touched = False
            current = after or self._table.get(asset.key)
        if is_lost:
            same = current is not None and current.asset.asset_id == asset.asset_id
            other = current is not None and self._told not in (None, current.told)
            self._relay.disturbed(asset.key, contradicted=same and other)
        if move is End.WAIT:
            raise _claimed()

    def _finish(self, record: Record) -> Record | None:
        """The manifest written and told, and the record final; None where it has moved."""
        claimed = self._table.claim(record, self._claim)
        if claimed is None:
            return None
        made = self._made.of(claimed)
        if claimed.is_untidy or claimed.steps.keys() - made.keys():
            return self._mend(claimed, made)
        at = completed_at(claimed)
        manifest = assemble(claimed, made, at)
        key, etag = self._write(claimed, manifest)
        status, announced = settled_status(claimed), claimed.announced
        if is_news(claimed):
            announced += 1
            if self._told is not status:
                noted = self._table.telling(claimed, status) if claimed.told else claimed
                if noted is None:
                    return None
                claimed = noted
                topic = CompletedTopic(self._settings.completed_topic)
                topic.publish(manifest, key, number=announced)
                self._told = status
        final = self._table.finish(
            claimed,
            status,
            at,
            manifest_etag=etag,
            announced=announced,
            told=status,
        )
        if final is not None:
            if self._has_mended or any(step.offers for step in final.steps.values()):
                self._relay.look_again(final.asset)
            count(f"Asset{status.value.capitalize()}")
            logger.info("finished", status=status.value, derivatives=final.count)
        return final

    def _tidy(self, record: Record, is_second_look: bool) -> Record | None:
        """A final record, or a tombstone, tidied; None where it has moved."""
        made = {} if record.status is Status.DELETED else self._made.of(record)
        mended = self._mend(record, made)
        if mended is not None and not is_second_look:
            self._relay.look_again(record.asset)
            if record.status is Status.DELETED:
                count("AssetDeleted")
                logger.info("deleted")
        return mended

    def _mend(self, record: Record, made: Mapping[str, Made]) -> Record | None:
        """Tidy, and ask again for steps whose derivatives are not what they were."""
        self._has_touched = self._has_mended = True
        found = tidy(record, made, self._results, self._made, self._table)
        if found.damaged:
            logger.warning("derivatives are gone or changed", steps=sorted(found.damaged))
            steps = self._settings.plan.reset(found.damaged, record)
            after = self._table.change(record, steps, again=True)
            if after is not None:
                self._relay.tell(after, {name: after.steps[name] for name in steps}, "again")
            return after
        if found.is_manifest_lost:
            self._write(record, assemble(record, made, completed_at(record)))
        return self._table.tidied(record)

    def _write(
        self, record: Record, manifest: Mapping[str, object]
    ) -> tuple[str | None, str | None]:
        """Write the manifest: its key and ETag, or None where S3 could not name it."""
        key = manifest_key(record.asset.key)
        if not fits(key):
            return None, None
        body = json.dumps(manifest, ensure_ascii=False, indent=2)
        self._has_touched = True
        return key, self._results.put_json(record.asset, key, body.encode())


def _claimed() -> ComeAgain:
    return ComeAgain("another delivery writes this manifest", CLAIM_SECONDS)
