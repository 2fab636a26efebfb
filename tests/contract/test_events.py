"""The payloads in events/ are what the encoders make, and what the decoders understand."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mediamill.aws.messages import (
    Delivery,
    StorageEvent,
    delivery,
    fan_out,
    hand_over,
    storage_events,
)
from mediamill.domain.kind import Kind

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in (ROOT / "events").glob("*.json"))
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py"))


def event(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return loaded


def deliveries(name: str) -> list[Delivery]:
    return [delivery(record) for record in event(name)["Records"]]


def keys(name: str) -> list[str]:
    return [one.key for message in deliveries(name) for one in storage_events(message)]


def test_the_files_are_what_the_script_writes() -> None:
    script = ROOT / "scripts" / "events.py"
    checked = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_has_a_payload(function: str) -> None:
    assert function in NAMES


def test_keys_are_decoded_once() -> None:
    assert keys("ingest-encoded-key") == [
        "photos/Été à Paris (1)+2.jpg",
        "100% größer & 'schöner'.png",
    ]


def test_keys_of_eventbridge_are_as_they_are() -> None:
    assert keys("ingest-eventbridge-key") == ["100% größer+2.png"]


def test_eventbridge_tells_the_same_of_a_file_as_the_bucket_itself() -> None:
    def told(name: str) -> list[StorageEvent]:
        return [one for message in deliveries(name) for one in storage_events(message)]

    assert told("ingest-eventbridge") == told("ingest")
    assert told("ingest-eventbridge-delete") == told("ingest-delete")


def test_the_test_event_of_s3_brings_no_event() -> None:
    assert keys("ingest-test-event") == []


def test_a_folder_marker_is_left_to_the_look_into_the_bucket() -> None:
    assert keys("ingest-folder") == ["photos/2026/"]


@pytest.mark.parametrize(
    ("name", "count"),
    [("ingest", 1), ("ingest-batch", 5), ("ingest-through-sns", 1), ("ingest-empty", 1)],
)
def test_uploads_are_understood(name: str, count: int) -> None:
    found = [one for message in deliveries(name) for one in storage_events(message)]
    assert len(found) == count
    assert {one.bucket for one in found} == {"uploads-bucket"}


@pytest.mark.parametrize("name", ["ingest-delete", "ingest-delete-version", "ingest-expiration"])
def test_removals_are_understood_and_come_after_the_upload(name: str) -> None:
    (upload,) = [one for message in deliveries("ingest") for one in storage_events(message)]
    (removal,) = [one for message in deliveries(name) for one in storage_events(message)]
    assert removal.key == upload.key
    assert removal.sequencer > upload.sequencer


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("image", Kind.IMAGE),
        ("image-last-try", Kind.IMAGE),
        ("metadata", Kind.VIDEO),
        ("document", Kind.DOCUMENT),
        ("document-of-office", Kind.DOCUMENT),
        ("office", Kind.OFFICE),
        ("av", Kind.VIDEO),
    ],
)
def test_workers_are_told_what_to_read(name: str, kind: Kind) -> None:
    (message,) = deliveries(name)
    told = fan_out(message)
    assert told.source.kind is kind
    derived = name == "document-of-office"
    assert (told.source.bucket == told.asset.bucket) is not derived
    assert told.reason == ("derived" if derived else "opened")
    assert name.split("-")[0] in told.steps
    assert told.attempt == 0


def test_a_last_try_is_told_apart() -> None:
    assert [message.attempt for message in deliveries("image-last-try")] == [5]


def test_the_hand_over_names_the_asset_of_the_fan_out() -> None:
    (told,) = map(fan_out, deliveries("image"))
    (handed,) = map(hand_over, deliveries("manifest"))
    assert (handed.key, handed.asset_id) == (told.asset.key, told.asset.asset_id)


def test_a_schedule_wakes_the_sweep() -> None:
    assert event("sweep")["detail-type"] == "Scheduled Event"
    assert "Records" not in event("sweep")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_in_a_payload_belongs_to_anybody(name: str) -> None:
    text = (ROOT / "events" / f"{name}.json").read_text()
    assert set(re.findall(r"\b\d{12}\b", text)) <= {"123456789012"}
    assert set(re.findall(r"\b\d+\.\d+\.\d+\.\d+\b", text)) <= {"192.0.2.10"}
