"""The gate with GuardDuty's verdicts, in the form of its documentation: late, twice, lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from made.flow import Flow, attempt

from mediamill.aws.clients import client
from mediamill.aws.messages import Delivery
from mediamill.aws.observe import ComeAgain
from mediamill.aws.task import Task
from mediamill.domain.derivative import Product
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.scan.managed import TAG
from mediamill.domain.scan.verdict import NoAnswer
from mediamill.scan.managed import Managed
from mediamill.settings import Settings

UNKNOWN = ("UNSUPPORTED", "ACCESS_DENIED", "FAILED")


def describe(task: Task) -> Mapping[str, Any]:
    """A worker that makes one derivative."""
    task.store(Product("metadata", b"{}", "json"))
    return {}


@dataclass
class Guarded:
    """A flow whose gate goes by GuardDuty."""

    flow: Flow
    context: Any

    def put(self, key: str, body: bytes = b"words", sequencer: str = "01") -> str:
        """Upload a file, and open it; its version."""
        arrived = self.flow.upload(key, body, sequencer)
        self.flow.intake().handle(arrived, self.context)
        version: str = arrived.body["Records"][0]["s3"]["object"]["versionId"]
        return version

    def asked(self) -> Delivery:
        """The message by which the scan was asked for."""
        (told,) = self.flow.told()
        assert told.body["steps"] == ["scan"]
        return told

    def event(self, key: str, version: str, result: str, *threats: str) -> Delivery:
        """What EventBridge brings when a scan has ended."""
        scanned = {
            "bucketName": self.flow.uploads,
            "objectKey": key,
            "eTag": "9e107d9d372bb6826bd81d3542a419d6",
            "versionId": version,
            "s3Throttled": False,
        }
        named = [{"name": threat} for threat in threats]
        body = {
            "version": "0",
            "detail-type": "GuardDuty Malware Protection Object Scan Result",
            "source": "aws.guardduty",
            "detail": {
                "schemaVersion": "1.0",
                "scanStatus": "COMPLETED",
                "resourceType": "S3_OBJECT",
                "s3ObjectDetails": scanned,
                "scanResultDetails": {"scanResultStatus": result, "threats": named or None},
            },
        }
        return Delivery(f"event-{key}-{version}-{result}", 1, body)

    def hear(self, message: Delivery) -> None:
        """One message brought to the gate."""
        Managed(self.flow.settings).handle(message, self.context)

    def tag(self, key: str, version: str, result: str) -> None:
        """GuardDuty's tag on a version."""
        client("s3").put_object_tagging(
            Bucket=self.flow.uploads,
            Key=key,
            VersionId=version,
            Tagging={"TagSet": [{"Key": TAG, "Value": result}]},
        )

    def settle(self) -> None:
        """All that follows, once the gate is open or shut."""
        while told := self.flow.told():
            for message in told:
                if message.body["steps"] == ["scan"]:
                    self.hear(message)
                else:
                    self.flow.worker("metadata", describe).handle(message, self.context)
        self.flow.settle(self.context, metadata=describe)

    def step(self, key: str) -> Any:
        return self.flow.record(key).steps["scan"]


@pytest.fixture
def guarded(flow: Flow, context: Any) -> Guarded:
    return Guarded(flow.planned("scan:*! metadata:*"), context)


def test_what_has_no_threats_goes_on(guarded: Guarded) -> None:
    version = guarded.put("a.bin")
    guarded.asked()
    guarded.hear(guarded.event("a.bin", version, "NO_THREATS_FOUND"))
    guarded.settle()
    assert guarded.flow.record("a.bin").status is Status.COMPLETE


def test_what_has_threats_is_rejected_by_their_names_and_nothing_is_made(guarded: Guarded) -> None:
    version = guarded.put("a.bin")
    guarded.asked()
    guarded.hear(guarded.event("a.bin", version, "THREATS_FOUND", "EICAR-Test-File"))
    guarded.settle()
    manifest = guarded.flow.manifest("a.bin")
    assert manifest["status"] == "rejected"
    error = manifest["steps"]["scan"]["error"]
    assert (error["code"], error["message"]) == (
        "infected",
        "The file is infected: EICAR-Test-File.",
    )
    assert set(guarded.flow.results()) == {"manifest/a.bin.json"}


@pytest.mark.parametrize("result", UNKNOWN)
def test_what_could_not_be_scanned_is_refused_or_passed_with_a_warning(
    result: str, guarded: Guarded
) -> None:
    version = guarded.put("a.bin")
    guarded.asked()
    guarded.hear(guarded.event("a.bin", version, result))
    guarded.settle()
    assert guarded.step("a.bin").error.code == "unscannable"
    assert guarded.flow.record("a.bin").status is Status.REJECTED
    passing = Settings({**guarded.flow.settings.environment, "SCAN_UNKNOWN": "pass"})
    lenient = Guarded(replace(guarded.flow, settings=passing), guarded.context)
    version = lenient.put("b.bin")
    lenient.asked()
    lenient.hear(lenient.event("b.bin", version, result))
    lenient.settle()
    (warning,) = lenient.flow.manifest("b.bin")["warnings"]
    assert (warning["step"], warning["code"]) == ("scan", "unscannable")


@pytest.mark.parametrize("result", ["", "no_threats_found", "NO_THREATS", "CLEAN"])
def test_nothing_else_is_a_verdict(result: str, guarded: Guarded) -> None:
    version = guarded.put("a.bin")
    guarded.asked()
    with pytest.raises(NoAnswer):
        guarded.hear(guarded.event("a.bin", version, result))
    assert guarded.step("a.bin").status is StepStatus.PENDING


def test_an_event_that_is_lost_is_made_up_for_by_the_tag(guarded: Guarded) -> None:
    version = guarded.put("a.bin")
    told = guarded.asked()
    guarded.tag("a.bin", version, "THREATS_FOUND")
    guarded.hear(told)
    assert guarded.step("a.bin").error.code == "infected"


def test_without_a_verdict_the_step_stays_open_and_nobody_goes_on(guarded: Guarded) -> None:
    guarded.put("a.bin")
    told = guarded.asked()
    for number in range(1, 5):
        with pytest.raises(ComeAgain):
            guarded.hear(attempt(told, number))
    guarded.hear(attempt(told, 5))  # the record waits on, and is overdue in hours
    assert guarded.step("a.bin").status is StepStatus.PENDING
    assert not guarded.flow.told()


def test_a_verdict_before_the_record_waits_for_it(guarded: Guarded) -> None:
    arrived = guarded.flow.upload("a.bin", b"words", "01")
    version = arrived.body["Records"][0]["s3"]["object"]["versionId"]
    event = guarded.event("a.bin", version, "NO_THREATS_FOUND")
    with pytest.raises(ComeAgain):
        guarded.hear(event)
    guarded.flow.intake().handle(arrived, guarded.context)
    guarded.asked()
    guarded.hear(attempt(event, 2))
    guarded.settle()
    assert guarded.flow.record("a.bin").status is Status.COMPLETE


def test_a_verdict_on_an_older_version_says_nothing_of_the_newer(guarded: Guarded) -> None:
    older = guarded.put("a.bin", b"clean")
    guarded.put("a.bin", b"another", "02")
    guarded.flow.told()
    event = guarded.event("a.bin", older, "NO_THREATS_FOUND")
    with pytest.raises(ComeAgain):
        guarded.hear(event)
    guarded.hear(attempt(event, 5))
    assert guarded.step("a.bin").status is StepStatus.PENDING
    assert not guarded.flow.told()


def test_a_verdict_that_comes_twice_is_one(guarded: Guarded) -> None:
    version = guarded.put("a.bin")
    told = guarded.asked()
    event = guarded.event("a.bin", version, "THREATS_FOUND", "Test")
    guarded.hear(event)
    guarded.hear(replace(event, message_id="another"))
    guarded.tag("a.bin", version, "THREATS_FOUND")
    guarded.hear(told)
    guarded.settle()
    assert guarded.step("a.bin").error.message == "The file is infected: Test."
    assert [each["status"] for each in guarded.flow.announced()] == ["rejected"]


def test_what_is_infected_after_all_loses_what_was_made_of_it(guarded: Guarded) -> None:
    version = guarded.put("a.bin")
    guarded.asked()
    guarded.hear(guarded.event("a.bin", version, "NO_THREATS_FOUND"))
    guarded.settle()
    assert "metadata/a.bin.json" in guarded.flow.results()
    guarded.tag("a.bin", version, "THREATS_FOUND")
    guarded.hear(guarded.event("a.bin", version, "THREATS_FOUND"))
    guarded.settle()
    assert guarded.flow.record("a.bin").status is Status.REJECTED
    assert set(guarded.flow.results()) == {"manifest/a.bin.json"}
