"""The scanning gate with a real clamd: nothing goes on but what was called clean."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from made import malware
from made.corpus import CORPUS
from made.flow import Flow, attempt
from made.malware import EICAR, OWN, SIGNATURE
from made.records import asset
from made.scanning import NO_CLAMD, WHY, Scanning
from pypdf import PdfReader

from mediamill.aws.clients import client
from mediamill.aws.relay import original
from mediamill.domain.kind import Status, StepStatus
from mediamill.domain.scan.definitions import POINTER, BadDefinitions
from mediamill.domain.scan.verdict import LARGEST, Finding, verdict
from mediamill.scan import clamd
from mediamill.scan.clamd import ScannerFailed

pytestmark = pytest.mark.skipif(NO_CLAMD, reason=WHY)


@pytest.fixture
def scanning(flow: Flow, tmp_path: Path) -> Iterator[Scanning]:
    made = Scanning.make(flow, tmp_path / "scan")
    yield made
    made.end()


INFECTED = {
    "eicar.com": EICAR,
    "in-a.zip": malware.zipped(EICAR),
    "nested.zip": malware.nested(EICAR, 10),
    "letter.docx": malware.docx(EICAR),
    "attached.pdf": malware.pdf(EICAR),
    "mail.eml": malware.mail(EICAR),
    "own.bin": b"some bytes, then " + OWN,
}


@pytest.mark.parametrize("key", INFECTED)
def test_what_is_infected_is_rejected_and_nothing_is_ever_made_of_it(
    key: str, scanning: Scanning, context: Any
) -> None:
    scanning.settle(key, INFECTED[key], context)
    manifest = scanning.flow.manifest(key)
    assert manifest["status"] == "rejected"
    error = manifest["steps"]["scan"]["error"]
    assert error["code"] == "infected"
    assert (malware.OWN_SIGNATURE if key == "own.bin" else SIGNATURE) in error["message"]
    assert manifest["steps"]["metadata"]["status"] == "skipped"
    assert scanning.read == []
    assert scanning.ever_made() == {f"manifest/{key}.json"}
    assert scanning.tags(key) == {"mediamill:scan": "infected"}
    (told,) = scanning.flow.announced()
    assert (told["key"], told["status"]) == (key, "rejected")


def test_what_is_clean_goes_on(scanning: Scanning, context: Any) -> None:
    for number, body in enumerate((b"some words", b"", malware.zipped(b"words"), malware.pdf())):
        scanning.settle(f"{number}.bin", body, context)
        assert scanning.flow.record(f"{number}.bin").status is Status.COMPLETE
        assert scanning.tags(f"{number}.bin") == {"mediamill:scan": "clean"}
    assert scanning.read == ["0.bin", "1.bin", "2.bin", "3.bin"]


UNKNOWN = {
    "locked.zip": (malware.locked_zip(b"words"), "encrypted"),
    "locked.pdf": (malware.pdf(password="secret"), "encrypted"),
    "deep.zip": (malware.nested(EICAR, 20), "deeper"),
    "wide.zip": (malware.zipped_64(EICAR), "cannot open (Zip64)"),
    "inside.zip": (malware.zipped(malware.zipped_64(EICAR)), "cannot open (Zip64)"),
    "lzma.zip": (malware.zipped(EICAR, method=zipfile.ZIP_LZMA), "cannot open (ZipLzma)"),
    "a.rar": (b"Rar!\x1a\x07\x01\x00" + bytes(100), "cannot open (Rar)"),
    "a.zst": (b"\x28\xb5\x2f\xfd" + bytes(100), "cannot open (Zstandard)"),
}


@pytest.mark.parametrize("key", UNKNOWN)
def test_what_cannot_be_looked_into_is_rejected_in_words(
    key: str, scanning: Scanning, context: Any
) -> None:
    body, word = UNKNOWN[key]
    scanning.settle(key, body, context)
    manifest = scanning.flow.manifest(key)
    assert manifest["status"] == "rejected"
    error = manifest["steps"]["scan"]["error"]
    assert error["code"] == "unscannable"
    assert word in error["message"]
    assert scanning.read == []
    assert scanning.tags(key) == {"mediamill:scan": "unknown"}


BOMBS = {"crowded.zip": malware.crowded_zip(10_001), "zeros.zip": malware.bomb(2_100)}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_end_with_a_code_and_soon(name: str, scanning: Scanning) -> None:
    path = scanning.folder / name
    path.write_bytes(BOMBS[name])
    began = time.monotonic()
    with path.open("rb") as file:
        found = verdict(scanning.gate._ready().ask(file))
    assert found.finding is Finding.UNKNOWN
    assert time.monotonic() - began < clamd.SCAN_SECONDS


def test_with_unknown_passed_the_manifest_warns(flow: Flow, tmp_path: Path, context: Any) -> None:
    scanning = Scanning.make(flow, tmp_path / "scan", SCAN_UNKNOWN="pass")
    scanning.settle("locked.zip", malware.locked_zip(b"words"), context)
    scanning.settle("eicar.com", EICAR, context)
    scanning.end()
    manifest = scanning.flow.manifest("locked.zip")
    assert manifest["status"] == "complete"
    (warning,) = manifest["warnings"]
    assert (warning["step"], warning["code"]) == ("scan", "unscannable")
    assert scanning.tags("locked.zip") == {"mediamill:scan": "unknown"}
    assert scanning.flow.record("eicar.com").status is Status.REJECTED
    assert scanning.read == ["locked.zip"]


def test_a_file_too_large_for_the_scanner_is_not_even_read(scanning: Scanning) -> None:
    found = scanning.gate.scan(original(asset(bytes=LARGEST + 1)))
    assert (found.finding, "2,000 MiB" in found.sentence) == ("unknown", True)


# ── Whatever goes wrong, nothing is clean ─────────────────────────────────────────────────────────


def refused(scanning: Scanning, context: Any, error: type[Exception], times: int = 1) -> None:
    """The gate's message fails so often, with this error, and nobody else is told of the file."""
    flow = scanning.flow
    flow.intake().handle(flow.upload("a.txt", b"some words", "01"), context)
    (told,) = flow.told()
    assert told.body["steps"] == ["scan"]
    for number in range(1, times + 1):
        with pytest.raises(error):
            flow.worker("scan", scanning.gate.look).handle(attempt(told, number), context)
    assert not flow.told()
    assert "mediamill:scan" not in scanning.tags("a.txt")
    assert not scanning.ever_made()


def test_without_definitions_nothing_is_clean(scanning: Scanning, context: Any) -> None:
    scanning.unpublish()
    refused(scanning, context, BadDefinitions, times=5)
    scanning.flow.settle(context)
    step = scanning.flow.record("a.txt").steps["scan"]
    assert (step.status, step.error and step.error.code) == (
        StepStatus.FAILED,
        "retries_exhausted",
    )
    assert scanning.flow.record("a.txt").steps["metadata"].status is StepStatus.SKIPPED
    assert scanning.flow.record("a.txt").status is Status.FAILED


def test_by_old_definitions_nothing_is_clean(scanning: Scanning, context: Any) -> None:
    scanning.publish(scanning.folder / "published", age=timedelta(days=3, minutes=1))
    refused(scanning, context, BadDefinitions)


def test_a_warm_scanner_notices_that_its_definitions_have_become_old(
    scanning: Scanning, context: Any
) -> None:
    scanning.gate._ready()
    scanning.wait(days=3, minutes=1)
    refused(scanning, context, BadDefinitions)


def test_by_changed_definitions_nothing_is_clean(scanning: Scanning, context: Any) -> None:
    told = scanning.store.current()
    assert told is not None
    key = told[0].key(told[0].files[0])
    client("s3").put_object(Bucket=scanning.bucket, Key=key, Body=b"others")
    refused(scanning, context, BadDefinitions)


def test_by_definitions_of_which_half_is_there_nothing_is_clean(
    scanning: Scanning, context: Any
) -> None:
    told = scanning.store.current()
    assert told is not None
    client("s3").delete_object(Bucket=scanning.bucket, Key=told[0].key(told[0].files[0]))
    refused(scanning, context, BadDefinitions)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"files": [], "published_at": "2026-11-21"}'])
def test_by_a_pointer_that_makes_no_sense_nothing_is_clean(
    text: bytes, scanning: Scanning, context: Any
) -> None:
    client("s3").put_object(Bucket=scanning.bucket, Key=POINTER, Body=text)
    refused(scanning, context, BadDefinitions)


def test_by_definitions_that_do_not_load_nothing_is_clean(scanning: Scanning, context: Any) -> None:
    (scanning.folder / "published" / "torn.hdb").write_text("this is no signature\n")
    scanning.publish(scanning.folder / "published")
    refused(scanning, context, ScannerFailed)


def test_without_a_scanner_nothing_is_clean(flow: Flow, tmp_path: Path, context: Any) -> None:
    scanning = Scanning.make(flow, tmp_path / "scan", CLAMD_COMMAND="no-such-clamd")
    refused(scanning, context, ScannerFailed)


def test_a_scanner_that_is_killed_at_work_calls_nothing_clean_and_the_next_try_does(
    scanning: Scanning, context: Any
) -> None:
    flow, gate = scanning.flow, scanning.gate
    daemon = gate._ready()
    process = daemon._process
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)  # it takes the file, and says nothing
    killer = threading.Timer(1, os.kill, (process.pid, signal.SIGKILL))
    flow.intake().handle(flow.upload("a.txt", b"some words", "01"), context)
    (told,) = flow.told()
    killer.start()
    with pytest.raises((ScannerFailed, OSError)):
        flow.worker("scan", gate.look).handle(told, context)
    killer.join()
    assert not flow.told() and not scanning.tags("a.txt")
    flow.worker("scan", gate.look).handle(attempt(told, 2), context)
    flow.settle(context, metadata=scanning._note)
    assert flow.record("a.txt").status is Status.COMPLETE


class Liar:
    """A socket in the place of clamd's, with an answer of its own."""

    def __init__(self, path: Path, answer: bytes) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path.unlink(missing_ok=True)
        self._socket.bind(str(path))
        self._socket.listen()
        self._answer = answer
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        line, _ = self._socket.accept()
        with line:
            line.recv(100)
            line.sendall(self._answer)
        self._socket.close()


@pytest.mark.parametrize(
    "answer",
    [b"", b"OK\0", b"fd[9]: OK", b"fd[9]: \0", b"fd[9]: OKAY\0", b"fd[9]: lstat() failed. ERROR\0"],
)
def test_only_the_whole_answer_is_clean(answer: bytes, scanning: Scanning, context: Any) -> None:
    daemon = scanning.gate._ready()
    Liar(daemon._socket, answer)
    flow = scanning.flow
    flow.intake().handle(flow.upload("a.txt", b"some words", "01"), context)
    (told,) = flow.told()
    with pytest.raises((RuntimeError, OSError)):
        flow.worker("scan", scanning.gate.look).handle(told, context)
    assert not flow.told() and not scanning.tags("a.txt")


# ── Definitions come and go ───────────────────────────────────────────────────────────────────────


def test_new_definitions_are_taken_within_minutes(scanning: Scanning, context: Any) -> None:
    only_eicar = malware.definitions(scanning.folder / "few", own=False)
    scanning.publish(only_eicar)
    scanning.settle("before.bin", OWN, context)
    scanning.publish(scanning.folder / "published")
    scanning.settle("soon.bin", OWN, context)
    scanning.wait(minutes=5)
    scanning.settle("after.bin", OWN, context)
    statuses = [scanning.flow.record(f"{name}.bin").status for name in ("before", "soon", "after")]
    assert statuses == [Status.COMPLETE, Status.COMPLETE, Status.REJECTED]


def test_the_same_definitions_published_again_are_young_and_the_scanner_stays_warm(
    scanning: Scanning, context: Any
) -> None:
    scanning.settle("a.txt", b"words", context)
    daemon = scanning.gate._clamd
    process = daemon and daemon._process
    scanning.wait(days=2)
    scanning.publish(scanning.folder / "published")
    scanning.wait(days=2)
    scanning.settle("b.txt", b"words", context)
    assert scanning.flow.record("b.txt").status is Status.COMPLETE
    assert scanning.gate._clamd is daemon and daemon and daemon._process is process


def test_other_tags_of_the_version_stay(scanning: Scanning, context: Any) -> None:
    flow = scanning.flow
    arrived = flow.upload("a.txt", b"words", "01")
    client("s3").put_object_tagging(
        Bucket=flow.uploads, Key="a.txt", Tagging={"TagSet": [{"Key": "team", "Value": "blue"}]}
    )
    flow.intake().handle(arrived, context)
    flow.settle(context, scan=scanning.gate.look, metadata=scanning._note)
    assert scanning.tags("a.txt") == {"team": "blue", "mediamill:scan": "clean"}


def test_nothing_is_left_behind_when_the_process_ends(scanning: Scanning, context: Any) -> None:
    scanning.settle("a.txt", b"words", context)
    daemon = scanning.gate._clamd
    assert daemon is not None and daemon._process is not None
    number = daemon._process.pid
    scanning.gate.stop()
    assert not Path(f"/proc/{number}").exists()
    assert not [path for path in (scanning.folder / "gate").iterdir() if path.is_file()]


CLEAN = sorted(path for path in CORPUS.rglob("*.*") if path.name != "SOURCES.json")


@pytest.mark.skipif(not CLEAN, reason="no corpus here")
def test_every_real_file_of_the_corpus_is_clean_unless_it_is_locked(scanning: Scanning) -> None:
    daemon, found = scanning.gate._ready(), {}
    for path in CLEAN:
        with path.open("rb") as file:
            found[path] = daemon.ask(file)
    others = {path: said for path, said in found.items() if not said.endswith(": OK")}
    assert all("Heuristics.Encrypted.PDF" in said for said in others.values()), others
    assert not any(PdfReader(path).decrypt("") for path in others)  # they have a password
