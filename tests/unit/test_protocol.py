"""The protocol: from a record and a message to the next move, each race settled the same way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from made.records import SEQUENCER, complete, record, stored

from mediamill.domain.asset import Claim, Record, Step, Tries, comparable
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.manifest import StepError
from mediamill.domain.protocol.ending import CLAIM_SECONDS, End, ending, is_news
from mediamill.domain.protocol.intake import (
    OPENING_SECONDS,
    Arrival,
    Current,
    Look,
    identity,
    on_event,
    on_look,
)
from mediamill.domain.protocol.overdue import Nudge, overdue
from mediamill.domain.protocol.tidying import compare
from mediamill.domain.protocol.turn import Called, Move, failed, tried, turn

OPENED = 1_795_168_800.0  # 2026-11-20T10:00:00Z, when the sample record was opened
OLDER, NEWER = "0055AED6DCD90281E4", "0055AED6DCD90281E6"


# ── Intake ───────────────────────────────────────────────────────────────────────────────────────


def arrives(seen: Record | None, sequencer: str = SEQUENCER, *, after: float = 1.0) -> Arrival:
    return on_event(seen, sequencer=sequencer, delivery="me", now=OPENED + after)


def test_a_key_never_seen_is_looked_at() -> None:
    assert arrives(None) is Arrival.LOOK


@pytest.mark.parametrize(
    ("sequencer", "expected"),
    [(NEWER, Arrival.LOOK), (OLDER, Arrival.SKIP), (SEQUENCER, Arrival.WAIT), ("", Arrival.LOOK)],
)
def test_only_a_newer_event_or_one_without_an_order_is_news(
    sequencer: str, expected: Arrival
) -> None:
    assert arrives(record(opened_by="other"), sequencer) is expected


def test_a_late_event_cannot_revive_a_deleted_original() -> None:
    assert arrives(record(status=Status.DELETED, steps={}), OLDER) is Arrival.SKIP


def test_the_opener_that_crashed_before_telling_goes_on_when_it_comes_again() -> None:
    assert arrives(record(opened_by="me")) is Arrival.TELL


def test_a_duplicate_leaves_telling_to_the_opener_as_long_as_that_may_live() -> None:
    opened = record(opened_by="other")
    assert arrives(opened, after=OPENING_SECONDS - 1) is Arrival.WAIT
    assert arrives(opened, after=OPENING_SECONDS + 1) is Arrival.TELL


def test_what_somebody_works_on_has_been_told() -> None:
    moving = record(opened_by="me", steps={"image": complete(), "metadata": Step()})
    assert arrives(moving) is Arrival.SKIP


def test_what_could_not_be_read_is_looked_at_again_when_its_event_is_redriven() -> None:
    refused = record(steps={}, rejection=StepError("unreadable_original", "No."))
    assert arrives(refused) is Arrival.LOOK


def looks(
    seen: Record | None, current: Current | None, key: str = "a", sequencer: str = NEWER
) -> tuple[Look, str]:
    return on_look(seen, current, bucket="uploads", key=key, sequencer=sequencer)


HERE = Current("v2", "e", 5)


def test_what_is_there_is_opened_and_what_is_not_is_buried() -> None:
    assert looks(None, HERE) == (Look.OPEN, NEWER)
    assert looks(None, None) == (Look.BURY, NEWER)
    assert looks(record(), None) == (Look.BURY, NEWER)


def test_the_version_that_is_known_is_not_opened_again() -> None:
    seen = record()
    assert looks(seen, HERE)[0] is Look.OPEN
    known = replace(seen.asset, version_id=HERE.version_id, etag=HERE.etag)
    assert looks(replace(seen, asset=known), HERE)[0] is Look.SKIP


def test_without_versions_the_same_bytes_are_opened_again_if_they_were_put_again() -> None:
    here = Current(None, "e", 5, modified="2026-11-20T10:00:00+00:00")
    later = replace(here, modified="2026-11-20T10:00:07+00:00")
    known = replace(
        record().asset,
        asset_id=identity(here, bucket="uploads", key="a", sequencer=SEQUENCER),
        version_id=None,
        etag="e",
        sequencer=comparable(SEQUENCER),
    )
    seen = replace(record(), asset=known)
    assert looks(seen, here, sequencer=NEWER)[0] is Look.SKIP  # two events of one upload's bytes
    assert looks(seen, later, sequencer=NEWER)[0] is Look.OPEN


def test_a_version_that_is_brought_back_is_another_asset() -> None:
    first = identity(HERE, bucket="uploads", key="a", sequencer=SEQUENCER)
    assert first == identity(HERE, bucket="uploads", key="a", sequencer=f"{SEQUENCER}00")
    assert first != identity(HERE, bucket="uploads", key="a", sequencer=NEWER)


def test_an_event_without_an_order_keeps_the_records() -> None:
    assert looks(record(), None, sequencer="")[1] == record().asset.sequencer


def test_a_folder_marker_is_no_file_unless_one_stood_there() -> None:
    marker = Current("v", "e", 0)
    assert looks(None, marker, key="a/")[0] is Look.SKIP
    assert looks(record(), marker, key="a/")[0] is Look.BURY
    assert looks(None, HERE, key="a/")[0] is Look.OPEN


def test_sequencers_of_different_length_compare_as_amazon_says() -> None:
    assert comparable("0A") == comparable("0a00")
    assert comparable("0B") > comparable("0AFFFF")


# ── Turn ─────────────────────────────────────────────────────────────────────────────────────────


def called(number: int = 1, *, attempt: int = 0, part: str | None = None) -> Called:
    return Called(record().asset.asset_id, "image", attempt, part, number, "tag")


def of(step: Step, **more: Any) -> Record:
    return record(steps={"image": step}, **more)


def test_a_pending_step_is_worked_on() -> None:
    assert turn(of(Step()), called()) is Move.WORK


@pytest.mark.parametrize(
    "stands",
    [
        of(Step(), asset=replace(record().asset, asset_id="newer")),
        record(steps={}),
        record(status=Status.DELETED, steps={}),
        of(Step(attempt=1)),
    ],
    ids=["newer", "no such step", "deleted", "asked for again"],
)
def test_a_message_of_another_time_is_dropped_and_looked_after_if_it_may_have_written(
    stands: Record,
) -> None:
    assert turn(stands, called(1)) is Move.DROP
    assert turn(stands, called(2)) is Move.STALE


def test_a_step_that_is_done_is_handed_on() -> None:
    assert turn(of(complete()), called()) is Move.HAND_ON


GIVEN_UP = Step(StepStatus.FAILED, error=StepError("retries_exhausted", "No."))


def test_a_step_that_was_given_up_is_done_again_by_its_redriven_message_alone() -> None:
    assert turn(of(GIVEN_UP), called(1)) is Move.REDO
    assert turn(of(GIVEN_UP), called(2)) is Move.PARK
    assert turn(of(replace(GIVEN_UP, failed_part="1-2")), called(1)) is Move.HAND_ON
    assert turn(of(replace(GIVEN_UP, failed_part="1-2")), called(1, part="1-2")) is Move.REDO
    broken = replace(GIVEN_UP, error=StepError("broken_image", "It is."))
    assert turn(of(broken), called(1)) is Move.HAND_ON


SPLIT = Step(parts=("1", "2"))


def test_a_split_step_works_on_parts_that_are_not_in() -> None:
    assert turn(of(SPLIT), called()) is Move.TELL_PARTS
    assert turn(of(SPLIT), called(part="1")) is Move.WORK
    assert turn(of(SPLIT), called(part="1"), {"1"}) is Move.DROP
    assert turn(of(SPLIT), called(part="1"), {"1", "2"}) is Move.JOIN
    assert turn(of(SPLIT), called(), {"1", "2"}) is Move.JOIN
    assert turn(of(SPLIT), called(part="3")) is Move.DROP


def test_a_waiting_step_is_nobodys_turn() -> None:
    assert turn(of(Step(StepStatus.WAITING)), called()) is Move.DROP


def test_two_tries_that_ended_without_a_word_are_enough() -> None:
    state = Step()
    for number in (2, 3):
        assert turn(of(state), called(number)) is Move.WORK
        state = replace(state, tries=tried(state, called(number), "now"))
    assert turn(of(state), called(4)) is Move.GIVE_UP


def test_a_try_that_failed_aloud_is_no_crash() -> None:
    state = Step(tries=failed(Tries(2, "now"), "ConnectionError"))
    assert tried(state, called(3), "now").crashes == 0
    other = Step(tries=Tries(2, "now", part="1"))
    assert tried(other, called(3, part="2"), "now").crashes == 0


# ── Ending ───────────────────────────────────────────────────────────────────────────────────────


def ends(stands: Record | None, *, again: bool = False, after: float = 0.0) -> End:
    asset_id = record().asset.asset_id
    return ending(stands, asset_id=asset_id, delivery="m1", is_again=again, now=OPENED + after)


def test_the_manifest_waits_for_the_last_step() -> None:
    half = record(steps={"image": complete(), "metadata": Step()})
    assert ends(half) is End.DROP
    assert ends(half, again=True) is End.TELL
    assert ends(of(complete())) is End.FINISH


def test_a_finished_asset_is_only_tidied() -> None:
    final = of(complete(), status=Status.COMPLETE, told=Status.COMPLETE)
    assert ends(final) is End.DROP
    assert ends(final, again=True) is End.STALE
    assert ends(replace(final, is_untidy=True)) is End.TIDY
    assert ends(replace(final, told=None)) is End.FINISH  # another end was told, late
    assert ends(record(steps={}, status=Status.DELETED, is_untidy=True)) is End.TIDY


def test_one_delivery_writes_the_manifest_and_no_claim_lasts_for_ever() -> None:
    mine = of(complete(), finishing=Claim("m1", OPENED))
    others = of(complete(), finishing=Claim("m2", OPENED))
    assert ends(mine, after=1) is End.FINISH
    assert ends(others, after=1) is End.WAIT
    assert ends(others, after=CLAIM_SECONDS + 1) is End.FINISH


def test_an_asset_that_was_mended_is_told_only_if_it_turned_out_otherwise() -> None:
    assert is_news(of(complete()))
    assert not is_news(of(complete(), told=Status.COMPLETE))
    assert is_news(of(complete(), told=Status.FAILED))


# ── Tidying ──────────────────────────────────────────────────────────────────────────────────────

THUMBNAIL = stored("thumbnail", "a.jpg", etag="e1")
FOUND = {"thumbnail/a.jpg.webp": "e1", "manifest/a.jpg.json": "m"}


def test_what_is_as_it_was_stored_is_tidy() -> None:
    found = compare(
        FOUND, {"image": [THUMBNAIL]}, manifest="manifest/a.jpg.json", manifest_etag="m"
    )
    assert (found.extra, found.damaged, found.is_manifest_lost) == ((), frozenset(), False)


def test_what_nobody_lists_is_extra() -> None:
    found = compare({**FOUND, "medium/a.jpg.webp": "x"}, {"image": [THUMBNAIL]})
    assert set(found.extra) == {"medium/a.jpg.webp", "manifest/a.jpg.json"}


@pytest.mark.parametrize("there", [{}, {"thumbnail/a.jpg.webp": "other"}])
def test_what_is_gone_or_was_written_over_is_damaged(there: dict[str, str]) -> None:
    found = compare(there, {"image": [THUMBNAIL], "metadata": []}, manifest="m", manifest_etag="e")
    assert (found.damaged, found.is_manifest_lost) == (frozenset({"image"}), True)


# ── Overdue ──────────────────────────────────────────────────────────────────────────────────────


def test_what_nobody_has_spoken_of_for_long_is_asked_for_twice_and_then_closed() -> None:
    quiet = record(updated_at="2026-11-20T10:00:00.000Z")
    assert overdue(quiet, now=OPENED + 10, patience=60) is Nudge.LEAVE
    assert overdue(quiet, now=OPENED + 61, patience=60) is Nudge.ASK
    assert overdue(replace(quiet, nudges=2), now=OPENED + 61, patience=60) is Nudge.CLOSE
    done = replace(quiet, status=Status.COMPLETE)
    assert overdue(done, now=OPENED + 61, patience=60) is Nudge.LEAVE
