"""Records: messages as AWS really sends them, decoded once."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from made.records import asset

from mediamill.aws.records import (
    Delivery,
    FanOut,
    HandOver,
    delivery,
    encode,
    fan_out,
    hand_over,
    storage_events,
)
from mediamill.aws.worker import original


def s3_event(key: str, name: str = "ObjectCreated:Put", **more: Any) -> dict[str, Any]:
    stored = {"key": quote_plus(key, safe="/"), "size": 5, "eTag": "e", "sequencer": "0A", **more}
    return {"eventName": name, "s3": {"bucket": {"name": "uploads"}, "object": stored}}


def message(body: Any, attempt: int = 1) -> Delivery:
    attributes = {"ApproximateReceiveCount": str(attempt)}
    return delivery({"messageId": "m1", "attributes": attributes, "body": json.dumps(body)})


@pytest.mark.parametrize(
    "key",
    ["a b.jpg", "a+b.jpg", "100%.jpg", "a%20b.jpg", "#1?.jpg", "ё/猫🐈.jpg", "caf\u0065\u0301.jpg"],
)
def test_an_encoded_key_is_read_as_it_was_written(key: str) -> None:
    (event,) = storage_events(message({"Records": [s3_event(key)]}))
    assert event.key == key


def test_s3s_test_event_and_folder_markers_are_not_files() -> None:
    assert not list(storage_events(message({"Event": "s3:TestEvent", "Bucket": "uploads"})))
    assert not list(storage_events(message({"Records": [s3_event("photos/", size=0)]})))


@pytest.mark.parametrize(
    ("name", "is_removal"),
    [
        ("ObjectCreated:CompleteMultipartUpload", False),
        ("s3:ObjectCreated:Copy", False),
        ("ObjectRemoved:Delete", True),
        ("ObjectRemoved:DeleteMarkerCreated", True),
        ("LifecycleExpiration:Delete", True),
    ],
)
def test_removals_are_told_from_uploads(name: str, is_removal: bool) -> None:
    (event,) = storage_events(message({"Records": [s3_event("a", name)]}))
    assert event.is_removal is is_removal


def test_a_message_wrapped_by_sns_is_unwrapped() -> None:
    inner = {"Records": [s3_event("a.jpg")]}
    wrapped = message({"Type": "Notification", "Message": json.dumps(inner)})
    assert [event.key for event in storage_events(wrapped)] == ["a.jpg"]


def test_the_attempt_is_the_queues_count() -> None:
    assert message({}, attempt=4).attempt == 4


def test_a_fan_out_message_comes_back_as_it_went() -> None:
    told = FanOut(asset(), original(asset()))
    assert fan_out(message(json.loads(encode(told)))) == told


def test_a_hand_over_comes_back_as_it_went() -> None:
    told = HandOver("a b.jpg", "id", overdue="image")
    assert hand_over(message(json.loads(encode(told)))) == told
