"""Intake: duplicate, late and unordered events each end as if the event had come once, in order."""

from __future__ import annotations

import pytest
from made.records import SEQUENCER, complete, record

from mediamill.domain.asset import Claim, comparable
from mediamill.domain.intake import CLAIM_SECONDS, Decision, decide, may_finish
from mediamill.domain.kind import Status

NOW = 1_000_000.0
OLDER, NEWER = "0055AED6DCD90281E4", "0055AED6DCD90281E6"


def test_a_key_never_seen_is_opened() -> None:
    assert decide(None, sequencer=SEQUENCER, delivery="m1", now=NOW) is Decision.OPEN


@pytest.mark.parametrize(
    ("sequencer", "expected"),
    [(NEWER, Decision.OPEN), (OLDER, Decision.SKIP), (SEQUENCER, Decision.SKIP)],
)
def test_only_a_newer_event_replaces_a_record(sequencer: str, expected: Decision) -> None:
    assert decide(record(), sequencer=sequencer, delivery="m2", now=NOW) is expected


def test_a_late_event_cannot_revive_a_deleted_original() -> None:
    tombstone = record(status=Status.DELETED, steps={})
    assert decide(tombstone, sequencer=OLDER, delivery="m2", now=NOW) is Decision.SKIP


def test_the_opener_that_crashed_before_publishing_goes_on_when_it_comes_again() -> None:
    opened = record(is_published=False, opening=Claim("m1", NOW))
    assert decide(opened, sequencer=SEQUENCER, delivery="m1", now=NOW + 1) is Decision.RESUME


def test_a_duplicate_leaves_publishing_to_the_opener_as_long_as_that_may_live() -> None:
    opened = record(is_published=False, opening=Claim("m1", NOW))
    soon, late = NOW + CLAIM_SECONDS - 1, NOW + CLAIM_SECONDS + 1
    assert decide(opened, sequencer=SEQUENCER, delivery="m2", now=soon) is Decision.SKIP
    assert decide(opened, sequencer=SEQUENCER, delivery="m2", now=late) is Decision.RESUME


def test_sequencers_of_different_length_compare_as_amazon_says() -> None:
    assert comparable("0A") == comparable("0a00")
    assert comparable("0B") > comparable("0AFFFF")


def test_the_manifest_waits_for_the_last_step() -> None:
    half = record(steps={"image": complete(), "metadata": record().steps["metadata"]})
    assert not may_finish(half, delivery="m1", now=NOW)
    assert may_finish(record(steps={"image": complete()}), delivery="m1", now=NOW)


def test_a_finished_asset_is_not_finished_again() -> None:
    done = record(status=Status.COMPLETE, steps={"image": complete()})
    assert not may_finish(done, delivery="m1", now=NOW)


def test_one_delivery_writes_the_manifest_and_no_claim_lasts_for_ever() -> None:
    claimed = record(steps={"image": complete()}, finishing=Claim("m1", NOW))
    assert may_finish(claimed, delivery="m1", now=NOW + 1)
    assert not may_finish(claimed, delivery="m2", now=NOW + 1)
    assert may_finish(claimed, delivery="m2", now=NOW + CLAIM_SECONDS + 1)
