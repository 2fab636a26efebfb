"""Messages: what comes over queues and topics, as AWS really sends them, decoded once."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from made.records import asset

from mediamill.aws.messages import (
    Delivery,
    FanOut,
    HandOver,
    StorageEvent,
    UnknownMessage,
    delivery,
    encode,
    fan_out,
    hand_over,
    storage_events,
)
from mediamill.aws.relay import original


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


def test_s3s_test_event_is_about_no_file() -> None:
    assert not list(storage_events(message({"Event": "s3:TestEvent", "Bucket": "uploads"})))


def test_an_event_without_a_sequencer_has_an_empty_one() -> None:
    told = s3_event("a", "LifecycleExpiration:Delete")
    del told["s3"]["object"]["sequencer"]
    (event,) = storage_events(message({"Records": [told]}))
    assert event.sequencer == ""


def test_a_message_wrapped_by_sns_is_unwrapped() -> None:
    inner = {"Records": [s3_event("a.jpg")]}
    wrapped = message({"Type": "Notification", "Message": json.dumps(inner)})
    assert [event.key for event in storage_events(wrapped)] == ["a.jpg"]


def test_the_attempt_is_the_queues_count() -> None:
    assert message({}, attempt=4).attempt == 4


def test_a_fan_out_message_comes_back_as_it_went() -> None:
    told = FanOut(asset(), original(asset()), ("image", "metadata"), 2, "1-40", "part")
    assert fan_out(message(json.loads(encode(told)))) == told


def test_a_hand_over_comes_back_as_it_went() -> None:
    told = HandOver("a b.jpg", "id")
    assert hand_over(message(json.loads(encode(told)))) == told


@pytest.mark.parametrize("version", ["1.0", "9.0", ""])
def test_a_message_of_another_major_version_is_refused(version: str) -> None:
    body = {**json.loads(encode(HandOver("a", "id"))), "schema_version": version}
    with pytest.raises(UnknownMessage):
        hand_over(message(body))


def test_a_message_has_no_character_that_sqs_refuses() -> None:
    assert encode(HandOver("a\uffff\u732b\x01", "id")).isascii()


def test_all_deliveries_of_a_message_have_a_tag_in_common_and_each_a_token_of_its_own() -> None:
    first, again = message({}), message({}, attempt=2)
    assert first.tag == again.tag
    assert first.token != again.token
    assert first.token.startswith(first.tag) and again.token.startswith(first.tag)


def test_an_event_by_eventbridge_has_its_key_as_it_is() -> None:
    detail = {
        "version": "0",
        "bucket": {"name": "theirs"},
        "object": {"key": "a+b %41/ü.jpg", "size": 3, "etag": "e", "sequencer": "0A"},
        "reason": "PutObject",
    }
    body = {"version": "0", "source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    (event,) = storage_events(message(body))
    assert event == StorageEvent("theirs", "a+b %41/ü.jpg", "0A")
