"""Events of the API against a real table: each change told once, whatever the clocks say."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from made import records
from made.calls import Api
from made.flow import Flow

from mediamill.api import cursor
from mediamill.aws import feed, table
from mediamill.aws.table import AssetsTable
from mediamill.domain.asset import Record
from mediamill.domain.kind import Status

USERS = "users/{sub}/"


@pytest.fixture
def api(flow: Flow) -> Api:
    return Api(flow.settings)


@pytest.fixture
def assets(flow: Flow) -> AssetsTable:
    return AssetsTable(flow.settings.assets_table)


def opened(assets: AssetsTable, key: str) -> Record:
    made = assets.open(records.record(asset=records.asset(key)), instead_of=None)
    assert made is not None
    return made


def finished(assets: AssetsTable, record: Record) -> Record:
    made = assets.finish(record, Status.COMPLETE, table.utc_now())
    assert made is not None
    return made


def begun(api: Api, query: str = "", **more: Any) -> str:
    """A cursor from now on."""
    answer = api("GET", f"/events{query}", **more)
    assert (answer.status, answer.body["events"]) == (200, [])
    after: str = answer.body["after"]
    return after


class Reader:
    """A caller that goes on with what it was answered."""

    def __init__(self, api: Api, after: str, query: str = "", **more: Any) -> None:
        self.api, self.after, self.query, self.more = api, after, query, more
        self.told: list[Any] = []

    def ask(self, wait: int = 0) -> list[tuple[str, str]]:
        """The keys and states that are news, until there is no more."""
        news, is_more = [], True
        while is_more:
            address = f"/events?after={self.after}&wait={wait}{self.query}"
            answer = self.api("GET", address, **self.more)
            assert answer.status == 200, answer.text
            self.after, is_more = answer.body["after"], answer.body["more"]
            self.told += answer.body["events"]
            news += [(event["key"], event["status"]) for event in answer.body["events"]]
        return news

    def ids(self) -> list[str]:
        return [event["id"] for event in self.told]


def test_what_changes_is_told_in_its_order_and_once(api: Api, assets: AssetsTable) -> None:
    reader = Reader(api, begun(api))
    first = opened(assets, "a.jpg")
    opened(assets, "b.jpg")
    assert reader.ask() == [("a.jpg", "processing"), ("b.jpg", "processing")]
    assert reader.ask() == []
    finished(assets, first)
    assert reader.ask() == [("a.jpg", "complete")]
    assert reader.ask() == []


def test_an_asset_that_changed_twice_is_told_as_it_is_now(api: Api, assets: AssetsTable) -> None:
    reader = Reader(api, begun(api))
    finished(assets, opened(assets, "a.jpg"))
    assert reader.ask() == [("a.jpg", "complete")]


def test_whatever_does_not_change_the_status_is_no_news(api: Api, assets: AssetsTable) -> None:
    reader = Reader(api, begun(api))
    record = finished(assets, opened(assets, "a.jpg"))
    reader.ask()
    assert assets.mark_untidy(record) is not None
    assert reader.ask() == []


def test_whoever_waits_is_told_as_soon_as_something_happens(api: Api, assets: AssetsTable) -> None:
    reader = Reader(api, begun(api))
    later = threading.Timer(1.0, opened, (assets, "a.jpg"))
    started = time.monotonic()
    later.start()
    assert reader.ask(wait=25) == [("a.jpg", "processing")]
    assert 1.0 < time.monotonic() - started < 15
    later.join()


def test_a_caller_waits_no_longer_than_they_want(api: Api) -> None:
    reader = Reader(api, begun(api))
    started = time.monotonic()
    assert reader.ask(wait=1) == []
    assert 1 <= time.monotonic() - started < 6


def test_a_change_comes_after_the_one_before_though_its_writer_is_behind(
    api: Api, assets: AssetsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(api, begun(api))
    record = opened(assets, "a.jpg")
    reader.ask()
    behind = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="milliseconds")
    monkeypatch.setattr(table, "utc_now", lambda: behind.replace("+00:00", "Z"))
    finished(assets, record)
    assert reader.ask() == [("a.jpg", "complete")]


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], None]]:
    """Set the clock of a thread that writes, in seconds beside the true time."""
    held = threading.local()

    def told() -> str:
        now = datetime.now(UTC) + timedelta(seconds=getattr(held, "beside", 0.0))
        return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    monkeypatch.setattr(table, "utc_now", told)
    yield lambda beside: setattr(held, "beside", beside)


@pytest.mark.parametrize("most_told", [200, 3])
def test_nobody_is_missed_nor_told_twice_while_many_write_by_other_clocks(
    api: Api,
    assets: AssetsTable,
    clocks: Callable[[float], None],
    monkeypatch: pytest.MonkeyPatch,
    most_told: int,
) -> None:
    """With room for few in a position, they are told when they have settled."""
    monkeypatch.setattr(feed, "SETTLED_SECONDS", 3)
    monkeypatch.setattr(feed, "_MOST_TOLD", most_told)
    monkeypatch.setattr(feed, "_READ_AT_MOST", 40)
    reader = Reader(api, begun(api), "&limit=7")

    def write(writer: int) -> None:
        clocks((writer - 1.5) * 0.8)  # from 1.2 s behind to 1.2 s ahead
        for number in range(12):
            record = opened(assets, f"{writer}/{number}.jpg")
            if number % 3:
                finished(assets, record)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        reader.ask()
    until = time.monotonic() + 8  # until all have settled
    while time.monotonic() < until:
        reader.ask()
        time.sleep(0.2)
    last = {event["key"]: event["status"] for event in reader.told}
    assert last == {
        f"{writer}/{number}.jpg": "complete" if number % 3 else "processing"
        for writer in range(4)
        for number in range(12)
    }
    assert len(set(reader.ids())) == len(reader.ids())


def test_other_peoples_changes_do_not_hide_ones_own(
    flow: Flow, assets: AssetsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "SETTLED_SECONDS", 1)
    monkeypatch.setattr(feed, "_READ_AT_MOST", 5)
    api, ann = Api(flow.settings, USERS), {"sub": "ann"}
    reader = Reader(api, begun(api, claims=ann), claims=ann)
    for number in range(12):
        opened(assets, f"users/bob/{number}.jpg")
    opened(assets, "users/ann/a.jpg")
    assert reader.ask(wait=10) == [("users/ann/a.jpg", "processing")]
    assert not [event for event in reader.told if "bob" in event["key"]]


def test_a_cursor_is_its_readers_own(flow: Flow) -> None:
    api = Api(flow.settings, USERS)
    bobs = begun(api, claims={"sub": "bob"})
    answer = api("GET", f"/events?wait=0&after={bobs}", claims={"sub": "ann"})
    assert (answer.status, answer.code) == (400, "bad_cursor")
    answer = api("GET", "/events?prefix=users/bob/", claims={"sub": "ann"})
    assert (answer.status, answer.code) == (403, "forbidden")


def test_a_position_that_is_full_still_fits_into_an_address(api: Api) -> None:
    place = (table.utc_now(), "f" * 32)
    full = cursor.encode(("events", ""), *place, "x" * feed.ID_LENGTH * feed._MOST_TOLD)
    assert len(full) <= 4096
    assert api("GET", f"/events?wait=0&after={full}").status == 200


def forged(asked: object, *words: Any) -> str:
    plain = json.dumps([cursor._digest(asked), *words]).encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


NOW = table.utc_now()


@pytest.mark.parametrize(
    "words",
    [
        ("", "", ""),
        ("9999", "", ""),
        ("2026-02-31T00:00:00.000Z", "", ""),
        ("2026-13-01T00:00:00.000Z", "", ""),
        (NOW, "x", ""),
        (NOW, "", "short"),
        (NOW, "", "\0" * 12),
        (NOW, ""),
        (NOW, "", [["x"]]),
    ],
)
def test_a_cursor_that_somebody_made_up_is_refused(api: Api, words: tuple[Any, ...]) -> None:
    answer = api("GET", f"/events?wait=0&after={forged(('events', ''), *words)}")
    assert (answer.status, answer.code) == (400, "bad_cursor")
    answer = api("GET", f"/assets?cursor={forged((None, None, None), *words[:2])}")
    assert answer.status == (200 if words[:2] == (NOW, "") else 400)


def test_a_cursor_that_is_older_than_what_is_kept_says_so(api: Api) -> None:
    old = (datetime.now(UTC) - timedelta(days=20)).isoformat(timespec="milliseconds")
    words = (old.replace("+00:00", "Z"), "", "")
    answer = api("GET", f"/events?after={cursor.encode(('events', ''), *words)}")
    assert (answer.status, answer.code) == (400, "old_cursor")
