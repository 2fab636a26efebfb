"""Verdicts and definitions, apart from any scanner."""

from __future__ import annotations

import json

import pytest

from mediamill.domain.scan.definitions import BadDefinitions, Definitions, DefinitionsFile, is_name
from mediamill.domain.scan.unread import signatures
from mediamill.domain.scan.verdict import Finding, NoAnswer, verdict


@pytest.mark.parametrize(
    ("answer", "finding", "word"),
    [
        ("fd[9]: OK", Finding.CLEAN, ""),
        ("stream: OK", Finding.CLEAN, ""),
        ("fd[9]: Win.Test.EICAR_HDB-1 FOUND", Finding.INFECTED, "Win.Test.EICAR_HDB-1."),
        ("fd[9]: Own.UNOFFICIAL FOUND", Finding.INFECTED, ": Own."),
        ("fd[9]: Heuristics.Phishing.Email.SpoofedDomain FOUND", Finding.INFECTED, "Phishing"),
        ("fd[9]: Heuristics.Limits.Exceeded.MaxFiles FOUND", Finding.UNKNOWN, "more files"),
        ("fd[9]: Heuristics.Limits.Exceeded.MaxScanTime FOUND", Finding.UNKNOWN, "longer"),
        ("fd[9]: Heuristics.Limits.Exceeded.MaxScanSize FOUND", Finding.UNKNOWN, "unpacked"),
        ("fd[9]: Heuristics.Encrypted.RAR FOUND", Finding.UNKNOWN, "encrypted"),
        ("fd[9]: Mediamill.Unread.Rar.UNOFFICIAL FOUND", Finding.UNKNOWN, "(Rar)"),
    ],
)
def test_an_answer_has_one_meaning(answer: str, finding: Finding, word: str) -> None:
    found = verdict(answer)
    assert found.finding is finding
    assert word in found.sentence


@pytest.mark.parametrize(
    "answer",
    [
        *("", "OK", "fd[9]: ", "fd[9]: ok", "fd[9]: OK ", " fd[9]: OK", "fd[9]: OK\nfd[9]: OK"),
        *("fd[9]: FOUND", "fd[9]: a b FOUND", "fd[9]: lstat() failed. ERROR", "stream: OKAY"),
        "INSTREAM size limit exceeded. ERROR",
    ],
)
def test_nothing_else_is_a_verdict(answer: str) -> None:
    with pytest.raises(NoAnswer):
        verdict(answer)


def one(name: str = "main.cvd", sha256: str = "0" * 64) -> DefinitionsFile:
    return DefinitionsFile(name, 3, sha256)


def test_a_pointer_is_read_as_it_was_written() -> None:
    told = Definitions.of([one("b.hdb"), one("a.ndb")], "2026-11-21T12:00:00+00:00")
    assert Definitions.parse(told.text()) == told
    assert [file.name for file in told.files] == ["a.ndb", "b.hdb"]


def test_a_set_is_named_by_its_bytes_and_not_by_the_time() -> None:
    first = Definitions.of([one()], "2026-11-21T12:00:00+00:00")
    assert first.digest == Definitions.of([one()], "2026-11-22T12:00:00+00:00").digest
    assert first.digest != Definitions.of([one(sha256="1" * 64)], first.published_at).digest
    assert first.key(one()) == f"definitions/{first.digest}/main.cvd"


@pytest.mark.parametrize(
    "name", ["../main.cvd", "a/b.ndb", ".ndb", "main", "main.cvd.sh", "-x.cvd"]
)
def test_a_file_that_is_named_otherwise_is_no_definitions(name: str) -> None:
    assert not is_name(name)
    told = {"published_at": "2026-11-21", "files": [{"name": name, "bytes": 1, "sha256": ""}]}
    with pytest.raises(BadDefinitions):
        Definitions.parse(json.dumps(told).encode())


def test_age_is_counted_from_the_publication() -> None:
    told = Definitions.of([one()], "2026-11-21T12:00:00+00:00")
    noon = 1_795_262_400.0
    told.check_age(noon + 100, most=100)
    with pytest.raises(BadDefinitions, match="days old"):
        told.check_age(noon + 101, most=100)


def test_each_signature_of_our_own_has_a_name_of_its_own() -> None:
    names = [line.partition(":")[0] for line in signatures().splitlines()]
    assert len(set(names)) == len(names) > 15
