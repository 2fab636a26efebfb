"""New definitions: brought by a real freshclam, proved by a real clamd, published as a whole."""

from __future__ import annotations

import http.server
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from made import malware
from made.flow import Flow
from made.loopback import answering
from made.malware import OWN
from made.scanning import NO_CLAMD, WHY, Scanning

from mediamill.domain.kind import Status
from mediamill.domain.scan.definitions import BadDefinitions
from mediamill.scan.clamd import ScannerFailed, located
from mediamill.scan.refresh import prove, refresh
from mediamill.settings import Settings

pytestmark = [
    pytest.mark.skipif(NO_CLAMD, reason=WHY),
    pytest.mark.skipif(located("freshclam") is None, reason="freshclam is not here"),
]


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def mirror(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An HTTP server with definitions, and the folder that it serves."""
    folder = malware.definitions(tmp_path / "mirror")
    with answering(partial(Quiet, directory=str(folder))) as address:
        yield address, folder


@pytest.fixture
def scanning(flow: Flow, tmp_path: Path) -> Iterator[Scanning]:
    made = Scanning.make(flow, tmp_path / "scan")
    made.unpublish()
    yield made
    made.end()


def renew(scanning: Scanning, *sources: str) -> None:
    environment = {**scanning.flow.settings.environment, "SCAN_SOURCES": " ".join(sources)}
    refresh(Settings(environment))


def test_what_freshclam_brings_is_what_the_gate_goes_by(
    scanning: Scanning, mirror: tuple[str, Path], context: Any
) -> None:
    address, _ = mirror
    renew(scanning, f"{address}/test.hdb", f"{address}/own.ndb")
    scanning.settle("own.bin", OWN, context)
    scanning.settle("clean.txt", b"words", context)
    assert scanning.flow.record("own.bin").status is Status.REJECTED
    assert scanning.flow.record("clean.txt").status is Status.COMPLETE


def test_definitions_that_are_published_again_are_of_now(
    scanning: Scanning, mirror: tuple[str, Path]
) -> None:
    address, _ = mirror
    renew(scanning, f"{address}/test.hdb")
    first = scanning.store.current()
    renew(scanning, f"{address}/test.hdb")
    second = scanning.store.current()
    assert first and second
    assert first[0].digest == second[0].digest
    assert first[0].published_at < second[0].published_at


@pytest.mark.parametrize("broken", ["gone", "torn", "without the test file"])
def test_what_cannot_be_proved_is_not_published(
    broken: str, scanning: Scanning, mirror: tuple[str, Path]
) -> None:
    address, folder = mirror
    renew(scanning, f"{address}/test.hdb")
    before = scanning.store.current()
    if broken == "torn":
        (folder / "test.hdb").write_text("this is no signature\n")
    elif broken == "gone":
        (folder / "test.hdb").unlink()
    else:
        (folder / "test.hdb").write_text(f"{'0' * 32}:68:Nothing\n")
    with pytest.raises((BadDefinitions, ScannerFailed)):
        renew(scanning, f"{address}/test.hdb")
    assert scanning.store.current() == before


def test_definitions_by_which_everything_is_infected_are_refused(tmp_path: Path) -> None:
    folder = malware.definitions(tmp_path / "definitions")
    (folder / "all.ndb").write_text(f"All:0:*:{b'a file of words'.hex()}\n")
    with pytest.raises(BadDefinitions, match="clean is infected"):
        prove(folder, tmp_path / "run")
