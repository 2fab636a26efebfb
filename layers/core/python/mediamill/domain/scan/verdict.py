"""What the scanner's answer means: clean, infected, or unknown because it could not look.

fd[9]: OK                                            clean: nothing else is
fd[9]: Win.Test.EICAR_HDB-1 FOUND                    infected
fd[9]: Heuristics.Limits.Exceeded.MaxFiles FOUND     unknown: not all of it was looked at
fd[9]: Heuristics.Encrypted.Zip FOUND                unknown
fd[9]: Mediamill.Unread.Rar.UNOFFICIAL FOUND         unknown: see `unread`
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from mediamill.domain.errors import Refusal
from mediamill.domain.scan.unread import PREFIX

INFECTED = "infected"
UNSCANNABLE = "unscannable"

LARGEST = 2_000 << 20
"""Bytes of the largest file that is scanned: clamd reads none of 2 GiB (its MaxFileSize)."""

_ANSWER = re.compile(r"(?:fd\[\d+\]|stream): (?:OK|(?P<signature>\S+) FOUND)")
_OWN = ".UNOFFICIAL"  # what clamd adds to the name of a signature that is not its makers'
_LIMITS = "Heuristics.Limits.Exceeded."
_ENCRYPTED = "Heuristics.Encrypted."
_PAST = {
    "MaxScanTime": "Scanning it takes longer than it may.",
    "MaxRecursion": "It has archives in archives, deeper than is scanned.",
    "MaxFiles": "It holds more files than are scanned.",
}


class Finding(StrEnum):
    """The three ends of a scan, as the version's tag has them."""

    CLEAN = "clean"
    INFECTED = "infected"
    UNKNOWN = "unknown"


class NoAnswer(RuntimeError):
    """The scanner said something else than a verdict: nothing follows from that."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a scan found; `sentence` says it to people where it is not clean."""

    finding: Finding
    sentence: str = ""


TOO_LARGE = Verdict(
    Finding.UNKNOWN, f"Files over {LARGEST >> 20:,} MiB are not scanned, and this one is larger."
)


def verdict(answer: str) -> Verdict:
    """What an answer of clamd means. Raises NoAnswer for any that is no verdict."""
    told = _ANSWER.fullmatch(answer)
    if told is None:
        raise NoAnswer(f"The scanner gave no verdict: {answer[:200]!r}")
    if told["signature"] is None:
        return Verdict(Finding.CLEAN)
    signature = told["signature"].removesuffix(_OWN)
    if signature.startswith(_LIMITS):
        limit = signature.removeprefix(_LIMITS)
        return _unknown(_PAST.get(limit, "It is larger, unpacked, than is scanned."))
    if signature.startswith(_ENCRYPTED):
        return _unknown("It is encrypted, or holds what is, and cannot be looked into.")
    if signature.startswith(PREFIX):
        kind = signature.removeprefix(PREFIX)
        return _unknown(f"It holds what the scanner cannot open ({kind}).")
    return Verdict(Finding.INFECTED, f"The file is infected: {signature}.")


def judged(found: Verdict, *, passes_unknown: bool) -> Mapping[str, Any]:
    """The gate's share of the manifest. Raises Refusal where the file may not go on."""
    if found.finding is Finding.CLEAN:
        return {}
    if found.finding is Finding.UNKNOWN and passes_unknown:
        return {"warnings": [{"code": UNSCANNABLE, "message": found.sentence}]}
    code = INFECTED if found.finding is Finding.INFECTED else UNSCANNABLE
    raise Refusal(found.sentence, code=code)


def _unknown(sentence: str) -> Verdict:
    return Verdict(Finding.UNKNOWN, sentence)
