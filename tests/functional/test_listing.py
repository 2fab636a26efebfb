"""Lists and announcements against a real table, bucket and queue."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from made import records
from made.flow import Flow

from mediamill.aws.announce import announce_unknown
from mediamill.aws.clients import client
from mediamill.aws.items import SHARDS, shard_of, to_item
from mediamill.aws.listing import Listing
from mediamill.aws.observe import ComeAgain
from mediamill.domain.asset import Record
from mediamill.domain.kind import Kind, Status
from mediamill_cli.local.account import local_stack
from mediamill_cli.local.announce import announce_swallowed
from mediamill_cli.local.folder import Server

NOW = datetime.now(UTC)


def some(number: int, kind: Kind = Kind.IMAGE, status: Status = Status.COMPLETE) -> Record:
    """An asset that is `number` minutes old; the younger of two has the smaller number."""
    key = f"{kind.value}/{number:04}"
    opened = (NOW - timedelta(minutes=number)).isoformat(timespec="milliseconds")
    asset = records.asset(key, kind=kind, created_at=opened.replace("+00:00", "Z"))
    return records.record(asset=asset, status=status, steps={})


def listing_of(flow: Flow, given: Sequence[Record], dynamodb: Any = None) -> Listing:
    table, dynamodb = flow.settings.assets_table, dynamodb or client("dynamodb")
    for each in given:
        client("dynamodb").put_item(TableName=table, Item=to_item(each))
    return Listing(table, dynamodb)


class Counting:
    """A client that counts the queries made with it, and the rows that they were to bring."""

    def __init__(self) -> None:
        self.limits: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(client("dynamodb"), name)

    def query(self, **request: Any) -> Any:
        self.limits.append(request["Limit"])
        return client("dynamodb").query(**request)


@pytest.fixture(autouse=True)
def in_one_month(monkeypatch: pytest.MonkeyPatch) -> None:
    """The assets are some hours old, which may be last month; the table is as old as they are."""
    monkeypatch.setattr(Listing, "_since", NOW - timedelta(days=2))


def test_the_newest_come_first_from_every_part_and_every_kind(flow: Flow) -> None:
    kinds = [Kind.IMAGE, Kind.VIDEO, Kind.OTHER]
    given = [some(number, kinds[number % 3]) for number in range(200)]
    assert {shard_of(each.asset.asset_id) for each in given} == set(range(SHARDS))
    rows = list(listing_of(flow, given[::-1]).newest())
    assert [row.key for row in rows] == [each.asset.key for each in given]
    first = given[0]
    assert (rows[0].asset_id, rows[0].bytes) == (first.asset.asset_id, first.asset.bytes)


def test_a_list_reads_no_further_than_it_is_asked(flow: Flow) -> None:
    counting = Counting()
    listing = listing_of(flow, [some(number) for number in range(400)], counting)
    rows = listing.newest(kind=Kind.IMAGE)
    assert [next(rows).key for _ in range(3)] == ["image/0000", "image/0001", "image/0002"]
    rows.close()  # type: ignore[attr-defined]
    assert counting.limits.count(16) == SHARDS
    assert sum(counting.limits) < 400
    assert len(list(listing.newest(kind=Kind.IMAGE))) == 400


def test_a_kind_is_asked_for_alone(flow: Flow) -> None:
    counting = Counting()
    listing = listing_of(flow, [some(1), some(2, Kind.VIDEO), some(3, Kind.VIDEO)], counting)
    assert [row.key for row in listing.newest(kind=Kind.VIDEO)] == ["video/0002", "video/0003"]
    months = {f"{NOW:%Y-%m}", f"{NOW - timedelta(days=2):%Y-%m}"}
    assert len(counting.limits) == SHARDS * len(months)


@pytest.mark.parametrize("status", [each for each in Status if each is not Status.DELETED])
def test_a_status_lists_what_has_it(flow: Flow, status: Status) -> None:
    given = [some(number, status=each) for number, each in enumerate(Status)]
    rows = listing_of(flow, given).newest(status=status)
    assert [row.status for row in rows] == [status]


def test_status_kind_and_prefix_hold_together(flow: Flow) -> None:
    given = [some(number, kind, status) for number, (kind, status) in enumerate(
        (kind, status) for kind in Kind for status in Status
    )]  # fmt: skip
    listing = listing_of(flow, given)
    (row,) = listing.newest(status=Status.FAILED, kind=Kind.VIDEO, prefix="vid")
    assert (row.status, row.kind) == (Status.FAILED, Kind.VIDEO)
    assert not list(listing.newest(status=Status.FAILED, kind=Kind.VIDEO, prefix="image"))


def test_a_tombstone_is_in_no_list_but_can_be_read(flow: Flow) -> None:
    gone = some(1, status=Status.DELETED)
    listing = listing_of(flow, [gone, some(2)])
    assert [row.key for row in listing.newest()] == ["image/0002"]
    assert listing.records([gone.asset.key])[gone.asset.key].status is Status.DELETED


def test_many_records_are_read_whatever_their_number(flow: Flow) -> None:
    given = [some(number) for number in range(130)]
    keys = [each.asset.key for each in given]
    found = listing_of(flow, given).records([*keys, "none", *keys])
    assert {key: read.asset for key, read in found.items()} == {
        each.asset.key: each.asset for each in given
    }


def announce(flow: Flow, queue: str) -> int:
    return announce_unknown(
        flow.uploads,
        queue,
        s3=client("s3"),
        sqs=client("sqs"),
        listing=listing_of(flow, []),
    )


def test_what_was_swallowed_is_announced_and_taken_in_once(flow: Flow, context: Any) -> None:
    queue = client("sqs").create_queue(QueueName=f"ingest-{flow.uploads}")["QueueUrl"]
    known = flow.upload("known.jpg", b"\xff\xd8\xff", "01")
    flow.intake().handle(known, context)
    removed = flow.upload("removed.jpg", b"\xff\xd8\xff", "02")
    flow.intake().handle(removed, context)
    flow.remove("removed.jpg", "03")
    for number in range(12):
        flow.upload(f"é +%{number}.jpg", b"\xff\xd8\xff", "04")
    flow.told()

    assert announce(flow, queue) == 13
    for message in flow.messages(queue):
        flow.intake().handle(message, context)
        with suppress(ComeAgain):  # it may be for this one to tell, should the first be gone
            flow.intake().handle(replace(message, message_id="once more"), context)
    assert flow.record("removed.jpg").status is Status.DELETED
    assert flow.record("é +%3.jpg").status is Status.PROCESSING
    assert len(flow.told()) == 12
    assert announce(flow, queue) == 0


def test_a_bucket_that_the_server_cannot_list_is_told_and_stops_nothing(
    flow: Flow, endpoint: str
) -> None:
    client("s3").put_object(Bucket=flow.uploads, Key="a\x01b.jpg", Body=b"")
    stack = local_stack(Server(port=int(endpoint.rpartition(":")[2]), pid=0))
    stack.__dict__["outputs"] = {
        "UploadsBucketName": flow.uploads,
        "IngestQueueUrl": flow.fan_out,
        "AssetsTableName": flow.settings.assets_table,
    }
    said: list[str] = []
    announce_swallowed(stack, said.append)
    assert [sentence.partition(",")[0] for sentence in said] == ["The uploads could not be listed"]
