"""Waiting for uploads: done is the record of that very version, and terminal."""

from dataclasses import replace
from pathlib import Path

from mediamill.domain.asset import Asset, Record
from mediamill.domain.kind import Kind, Status
from mediamill_cli.sources import Source
from mediamill_cli.upload import Uploaded
from mediamill_cli.watch import Watch


def uploaded(key: str, version: str) -> Uploaded:
    return Uploaded(Source(Path(key), key, 1), version)


def record(key: str, version: str, status: Status) -> Record:
    asset = Asset(
        asset_id="1",
        bucket="uploads",
        key=key,
        version_id=version,
        etag="e",
        sequencer="01",
        bytes=1,
        kind=Kind.IMAGE,
        content_type="image/jpeg",
        created_at="2026-11-20T12:00:00.000Z",
    )
    return Record(asset=asset, status=status, steps={})


def test_an_upload_without_a_record_is_waited_for() -> None:
    watch = Watch([uploaded("a", "v1")])
    assert watch.update({}) == []
    assert [each.source.key for each in watch.waiting] == ["a"]


def test_the_record_of_an_older_version_says_nothing() -> None:
    watch = Watch([uploaded("a", "v2")])
    assert watch.update({"a": record("a", "v1", Status.COMPLETE)}) == []
    assert len(watch.waiting) == 1
    assert watch.seen == {}


def test_a_record_under_way_is_shown_and_waited_for() -> None:
    watch = Watch([uploaded("a", "v1")])
    assert watch.update({"a": record("a", "v1", Status.PROCESSING)}) == []
    assert "a" in watch.seen
    assert len(watch.waiting) == 1
    assert watch.finished == []


def test_each_terminal_record_is_told_once() -> None:
    watch = Watch([uploaded("a", "v1"), uploaded("b", "v1")])
    failed = record("b", "v1", Status.FAILED)
    assert watch.update({"b": failed}) == [failed]
    assert watch.update({"b": failed}) == []
    done = replace(failed, asset=replace(failed.asset, key="a"), status=Status.COMPLETE)
    assert watch.update({"a": done}) == [done]
    assert watch.waiting == []
    assert [each.asset.key for each in watch.finished] == ["a", "b"]
