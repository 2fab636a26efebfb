"""`mediamill scan-definitions` and `up --scan`: what is published by hand, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from made import malware
from made.flow import Flow
from made.scanning import NO_CLAMD, WHY, Scanning
from typer.testing import CliRunner

from mediamill.aws.clients import client
from mediamill.domain.kind import Status
from mediamill_cli.commands import local, scan
from mediamill_cli.main import app

needs_clamd = pytest.mark.skipif(NO_CLAMD, reason=WHY)


@dataclass
class Named:
    """A stack, as far as the command looks at it."""

    outputs: dict[str, str] = field(default_factory=dict)
    name: str = "mediamill"

    @property
    def s3(self) -> Any:
        return client("s3")

    def output(self, name: str) -> str:
        return self.outputs[name]


@pytest.fixture
def scanning(flow: Flow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scanning]:
    made = Scanning.make(flow, tmp_path / "scan")
    made.unpublish()
    stack = Named({"DefinitionsBucketName": made.bucket})
    monkeypatch.setattr(scan, "find_stack", lambda *_: stack)
    yield made
    made.end()


def publish(path: Path) -> tuple[int, str]:
    """The exit code, and what was said."""
    ran = CliRunner().invoke(app, ["scan-definitions", str(path)])
    return ran.exit_code, " ".join(ran.output.split())


@needs_clamd
def test_the_gate_goes_by_what_was_published_by_hand(scanning: Scanning, context: Any) -> None:
    code, said = publish(malware.definitions(scanning.folder / "mine"))
    assert code == 0, said
    assert "own.ndb, test.hdb" in said
    scanning.settle("own.bin", malware.OWN, context)
    assert scanning.flow.record("own.bin").status is Status.REJECTED


@needs_clamd
def test_what_does_not_load_is_not_published(scanning: Scanning) -> None:
    mine = malware.definitions(scanning.folder / "mine")
    (mine / "torn.hdb").write_text("this is no signature\n")
    code, said = publish(mine)
    assert (code, "do not load" in said) == (1, True), said
    listed = client("s3").list_objects_v2(Bucket=scanning.bucket, Prefix="definitions/current")
    assert not listed.get("Contents")


def test_a_folder_without_definitions_is_wrong_usage(scanning: Scanning, tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("no definitions")
    code, said = publish(tmp_path / "words.txt")
    assert (code, "There are no definitions" in said) == (2, True), said


def test_a_stack_that_scans_nothing_says_so(
    scanning: Scanning, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan, "find_stack", lambda *_: Named())
    code, said = publish(malware.definitions(scanning.folder / "mine"))
    assert (code, "scans nothing" in said) == (1, True), said


def test_up_with_a_scan_says_where_a_scanner_comes_from_if_there_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(local, "located", lambda _: None)
    ran = CliRunner().invoke(app, ["up", "--scan", "--state", str(tmp_path)])
    assert ran.exit_code == 1
    assert "apt-get install clamav-daemon" in " ".join(ran.output.split())
