"""What the gate called infected is taken away, and the record goes on saying why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from made.flow import Flow, attempt

from mediamill.aws.clients import client
from mediamill.aws.messages import Delivery
from mediamill.aws.task import Task
from mediamill.domain.errors import Refusal
from mediamill.domain.kind import Status
from mediamill.scan.quarantine import Quarantine
from mediamill.settings import Settings


def gate(task: Task) -> Mapping[str, Any]:
    """A gate that knows what it does not like."""
    body = task.read()
    if body.startswith(b"infected"):
        raise Refusal("The file is infected: Test.", code="infected")
    if body.startswith(b"locked"):
        raise Refusal("It is encrypted.", code="unscannable")
    return {}


def note(task: Task) -> Mapping[str, Any]:
    """A worker that makes nothing."""
    return {}


@dataclass(frozen=True)
class Guarded:
    """A flow with a gate, a quarantine and somebody who hears the alerts."""

    flow: Flow
    bucket: str
    alerts: str
    context: Any

    @classmethod
    def make(cls, flow: Flow, context: Any, mode: str = "move") -> Guarded:
        name = flow.uploads.replace("uploads", "quarantine")
        client("s3").create_bucket(Bucket=name)
        topic = client("sns").create_topic(Name=name)["TopicArn"]
        queue = client("sqs").create_queue(QueueName=name)["QueueUrl"]
        arn = client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        client("sns").subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )
        told = {
            **flow.settings.environment,
            "PLAN": "scan:*! metadata:*",
            "QUARANTINE": mode,
            "QUARANTINE_BUCKET": name,
            "ALERTS_TOPIC": topic,
        }
        return cls(replace(flow, settings=Settings(told)), name, queue, context)

    def put(self, key: str, body: bytes, sequencer: str) -> str:
        """Upload, and let everything but the quarantine come to its end; the version."""
        arrived = self.flow.upload(key, body, sequencer)
        self.flow.intake().handle(arrived, self.context)
        self.flow.settle(self.context, scan=gate, metadata=note)
        version: str = arrived.body["Records"][0]["s3"]["object"]["versionId"]
        return version

    def announcements(self) -> list[Delivery]:
        """What the quarantine is told of."""
        told = self.flow.messages(self.flow.completed)
        return [message for message in told if message.body["status"] == "rejected"]

    def clean_up(self, message: Delivery) -> None:
        """The quarantine's turn."""
        Quarantine(self.flow.settings).handle(message, self.context)

    def removed(self, key: str, version: str, sequencer: str) -> None:
        """The event of a version that was removed for good, taken in."""
        name = "ObjectRemoved:Delete"
        event = self.flow.event(key, sequencer, version=version, name=name)
        self.flow.intake().handle(event, self.context)
        self.flow.settle(self.context, scan=gate, metadata=note)

    def versions(self, key: str) -> list[str]:
        """The versions of a key in the uploads bucket."""
        answer = client("s3").list_object_versions(Bucket=self.flow.uploads, Prefix=key)
        return [each["VersionId"] for each in answer.get("Versions", ())]

    def kept(self) -> dict[str, bytes]:
        """What is in quarantine."""
        s3 = client("s3")
        listed = s3.list_objects_v2(Bucket=self.bucket).get("Contents", ())
        names = [each["Key"] for each in listed]
        return {name: s3.get_object(Bucket=self.bucket, Key=name)["Body"].read() for name in names}

    def heard(self) -> list[Mapping[str, Any]]:
        """The alerts since the last look."""
        return [message.body for message in self.flow.messages(self.alerts)]


@pytest.fixture
def guarded(flow: Flow, context: Any) -> Guarded:
    return Guarded.make(flow, context)


def test_an_infected_version_is_moved_and_somebody_is_told(guarded: Guarded) -> None:
    version = guarded.put("Été 1.bin", b"infected bytes", "01")
    (told,) = guarded.announcements()
    guarded.clean_up(told)
    asset = guarded.flow.record("Été 1.bin").asset
    assert guarded.versions("Été 1.bin") == []
    assert guarded.kept() == {asset.asset_id: b"infected bytes"}
    (alert,) = guarded.heard()
    assert (alert["alert"], alert["done"]) == ("infected", "moved")
    assert (alert["key"], alert["version_id"]) == ("Été 1.bin", version)
    assert "Test" in alert["reason"]


def test_its_removal_leaves_the_record_and_the_manifest(guarded: Guarded) -> None:
    version = guarded.put("a.bin", b"infected bytes", "01")
    (told,) = guarded.announcements()
    guarded.clean_up(told)
    guarded.removed("a.bin", version, "02")
    guarded.removed("a.bin", version, "02")  # as events do
    record = guarded.flow.record("a.bin")
    assert (record.status, record.asset.version_id) == (Status.REJECTED, version)
    manifest = json.loads(guarded.flow.results()["manifest/a.bin.json"])
    assert manifest["steps"]["scan"]["error"]["code"] == "infected"
    assert not guarded.announcements()


def test_an_earlier_version_that_comes_to_light_is_opened(guarded: Guarded) -> None:
    guarded.put("a.bin", b"clean bytes", "01")
    version = guarded.put("a.bin", b"infected bytes", "02")
    (told,) = guarded.announcements()
    guarded.clean_up(told)
    guarded.removed("a.bin", version, "03")
    assert guarded.flow.record("a.bin").status is Status.COMPLETE
    assert guarded.flow.record("a.bin").asset.version_id != version


def test_who_deletes_the_file_themselves_is_obeyed(guarded: Guarded) -> None:
    guarded.put("a.bin", b"infected bytes", "01")
    guarded.flow.intake().handle(guarded.flow.remove("a.bin", "02"), guarded.context)
    assert guarded.flow.record("a.bin").status is Status.DELETED


def test_a_version_that_was_taken_out_while_it_was_scanned_leaves_a_tombstone(
    guarded: Guarded,
) -> None:
    arrived = guarded.flow.upload("a.bin", b"infected bytes", "01")
    guarded.flow.intake().handle(arrived, guarded.context)
    version = arrived.body["Records"][0]["s3"]["object"]["versionId"]
    client("s3").delete_object(Bucket=guarded.flow.uploads, Key="a.bin", VersionId=version)
    event = guarded.flow.event("a.bin", "02", version=version, name="ObjectRemoved:Delete")
    guarded.flow.intake().handle(event, guarded.context)
    assert guarded.flow.record("a.bin").status is Status.DELETED


def test_done_twice_is_done_once_and_told_with_the_same_id(guarded: Guarded) -> None:
    guarded.put("a.bin", b"infected bytes", "01")
    (told,) = guarded.announcements()
    guarded.clean_up(told)
    guarded.clean_up(attempt(told, 2))
    assert list(guarded.kept().values()) == [b"infected bytes"]
    assert len({alert["id"] for alert in guarded.heard()}) == 1


def test_another_version_that_stands_there_by_now_is_left(guarded: Guarded) -> None:
    guarded.put("a.bin", b"infected bytes", "01")
    (told,) = guarded.announcements()
    newer = guarded.put("a.bin", b"clean bytes", "02")
    guarded.clean_up(told)
    assert newer in guarded.versions("a.bin")
    assert guarded.kept() == {} and guarded.heard() == []


def test_what_is_only_unscannable_is_left_alone(guarded: Guarded) -> None:
    version = guarded.put("a.zip", b"locked bytes", "01")
    (told,) = guarded.announcements()
    guarded.clean_up(told)
    assert guarded.versions("a.zip") == [version]
    assert guarded.kept() == {} and guarded.heard() == []


@pytest.mark.parametrize(
    ("mode", "done", "stays"), [("tag", "tagged", 1), ("delete", "deleted", 0)]
)
def test_the_other_ways(mode: str, done: str, stays: int, flow: Flow, context: Any) -> None:
    guarded = Guarded.make(flow, context, mode)
    guarded.put("a.bin", b"infected bytes", "01")
    (told,) = guarded.announcements()
    guarded.clean_up(told)
    assert len(guarded.versions("a.bin")) == stays
    assert guarded.kept() == {}
    assert [alert["done"] for alert in guarded.heard()] == [done]
