"""Scanned again by newer definitions: what turns out infected keeps nothing that was made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from made import malware
from made.calls import Api
from made.flow import Flow
from made.scanning import NO_CLAMD, WHY, Scanning
from typer.testing import CliRunner

from mediamill.aws import clients
from mediamill.aws.clients import client
from mediamill.aws.task import Task
from mediamill.domain.derivative import Product
from mediamill.domain.kind import Status
from mediamill.domain.plan import Plan
from mediamill_cli.commands import scan
from mediamill_cli.main import app

pytestmark = pytest.mark.skipif(NO_CLAMD, reason=WHY)


def describe(task: Task) -> Mapping[str, Any]:
    """A worker that makes one derivative."""
    task.store(Product("metadata", b"{}", "json"))
    return {}


@dataclass
class Rescanning:
    """A flow with a scan, and a command line that talks to it."""

    scanning: Scanning
    context: Any

    def put(self, key: str, body: bytes, sequencer: str = "01") -> None:
        """Upload, and let all of it come to its end."""
        flow = self.scanning.flow
        flow.intake().handle(flow.upload(key, body, sequencer), self.context)
        self.settle()

    def settle(self) -> None:
        """Let all of it come to its end."""
        flow = self.scanning.flow
        flow.settle(self.context, scan=self.scanning.gate.look, metadata=describe)

    def learn(self) -> None:
        """Publish definitions that find more, and let the scanner hear of them."""
        self.scanning.publish(self.scanning.folder / "published")
        self.scanning.wait(minutes=5)

    def rescan(self, prefix: str) -> tuple[int, str]:
        """The exit code of `mediamill rescan`, and what it said."""
        ran = CliRunner().invoke(app, ["rescan", prefix])
        return ran.exit_code, " ".join(ran.output.split())

    def status(self, key: str) -> Status:
        return self.scanning.flow.record(key).status


@pytest.fixture
def rescanning(
    flow: Flow, tmp_path: Path, context: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rescanning]:
    made = Scanning.make(flow, tmp_path / "scan")
    made.publish(malware.definitions(made.folder / "few", own=False))
    table, keys = made.flow.settings.assets_table, client("dynamodb")

    def listed(_: Any, prefix: str) -> list[Any]:
        items = keys.scan(TableName=table)["Items"]
        found = sorted(item["key"]["S"] for item in items)
        return [SimpleNamespace(key=key) for key in found if key.startswith(prefix)]

    stack = SimpleNamespace(name="mediamill", client=clients._made)
    monkeypatch.setattr(scan, "find_stack", lambda *_: stack)
    monkeypatch.setattr(scan, "environment", lambda *_: dict(made.flow.settings.environment))
    monkeypatch.setattr(scan, "listed", listed)
    yield Rescanning(made, context)
    made.end()


def test_what_turns_out_infected_loses_all_that_was_made_of_it(rescanning: Rescanning) -> None:
    flow = rescanning.scanning.flow
    rescanning.put("in/own.bin", malware.OWN)
    rescanning.put("in/words.bin", b"words")
    assert "metadata/in/own.bin.json" in flow.results()
    rescanning.learn()
    code, said = rescanning.rescan("in/")
    assert (code, said) == (0, "2 asked for again")
    rescanning.settle()
    assert rescanning.status("in/own.bin") is Status.REJECTED
    assert rescanning.status("in/words.bin") is Status.COMPLETE
    left = {"manifest/in/own.bin.json", "manifest/in/words.bin.json", "metadata/in/words.bin.json"}
    assert set(flow.results()) == left
    told = [(each["key"], each["status"]) for each in flow.announced()]
    assert told.count(("in/own.bin", "rejected")) == 1
    assert told.count(("in/words.bin", "complete")) == 1  # what is clean still is no news


def test_nobody_works_on_a_file_before_it_was_scanned_again(rescanning: Rescanning) -> None:
    rescanning.put("own.bin", malware.OWN)
    rescanning.rescan("")
    flow = rescanning.scanning.flow
    assert [message.body["steps"] for message in flow.told()] == [["scan"]]


def test_other_keys_and_files_at_work_are_left_alone(rescanning: Rescanning) -> None:
    rescanning.put("in/a.bin", b"words")
    rescanning.put("out/b.bin", b"words")
    assert rescanning.rescan("in/") == (0, "1 asked for again")
    code, said = rescanning.rescan("in/")
    assert (code, said.startswith("1 being processed")) == (0, True)
    assert rescanning.rescan("no/") == (0, "There are no such assets.")
    assert rescanning.status("out/b.bin") is Status.COMPLETE


def test_what_was_uploaded_before_there_was_a_scan_is_scanned_too(rescanning: Rescanning) -> None:
    flow = rescanning.scanning.flow
    before = flow.planned("metadata:*")
    before.intake().handle(before.upload("old.bin", malware.EICAR, "01"), rescanning.context)
    before.settle(rescanning.context, metadata=describe)
    assert rescanning.status("old.bin") is Status.COMPLETE
    rescanning.rescan("old")
    rescanning.settle()
    assert rescanning.status("old.bin") is Status.REJECTED
    assert set(flow.results()) == {"manifest/old.bin.json"}


def test_what_was_taken_away_stays_rejected_and_says_why(rescanning: Rescanning) -> None:
    flow = rescanning.scanning.flow
    rescanning.put("eicar.com", malware.EICAR)
    version = flow.record("eicar.com").asset.version_id
    client("s3").delete_object(Bucket=flow.uploads, Key="eicar.com", VersionId=str(version))
    assert rescanning.rescan("") == (0, "1 refused and gone (infected)")
    answer = Api(flow.settings)("POST", "/assets/eicar.com/reprocess")
    assert (answer.status, answer.code) == (409, "infected")
    assert rescanning.status("eicar.com") is Status.REJECTED


def test_a_stack_without_a_scan_says_so(
    rescanning: Rescanning, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {**rescanning.scanning.flow.settings.environment, "PLAN": "metadata:*"}
    assert not any(entry.is_gate for entry in Plan.parse(told["PLAN"]).entries.values())
    monkeypatch.setattr(scan, "environment", lambda *_: told)
    code, said = rescanning.rescan("")
    assert (code, "scans nothing" in said) == (1, True)
