"""GuardDuty's word on a version: as its event tells it, and as its tag on the object has it.

Amazon GuardDuty User Guide, "Monitoring S3 object scans with Amazon EventBridge" and "… with S3
object tags": a scan ends with one of five results, and nothing but the first of them is clean.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mediamill.domain.scan.verdict import Finding, NoAnswer, Verdict

TAG = "GuardDutyMalwareScanStatus"
"""The tag that GuardDuty puts on the version that it scanned."""

_UNKNOWN = {
    "UNSUPPORTED": "GuardDuty does not scan it: it is encrypted, too large, or packed too densely.",
    "ACCESS_DENIED": "GuardDuty may not read it.",
    "FAILED": "GuardDuty could not scan it.",
}


@dataclass(frozen=True, slots=True)
class Heard:
    """A scan that has ended: of which object, and with what."""

    bucket: str
    key: str
    version_id: str | None
    etag: str
    verdict: Verdict


def heard(body: Mapping[str, Any]) -> Heard | None:
    """The end of a scan in an event of EventBridge; None in any other message. Raises NoAnswer."""
    if body.get("source") != "aws.guardduty":
        return None
    detail = body["detail"]
    scanned, result = detail["s3ObjectDetails"], detail["scanResultDetails"]
    version = scanned.get("versionId")
    return Heard(
        bucket=scanned["bucketName"],
        key=scanned["objectKey"],
        version_id=None if version in (None, "", "null") else version,
        etag=scanned.get("eTag", "").strip('"'),
        verdict=managed(
            result["scanResultStatus"], [each["name"] for each in result.get("threats") or ()]
        ),
    )


def managed(result: str, threats: Sequence[str] = ()) -> Verdict:
    """What a result of GuardDuty means. Raises NoAnswer for any that is none."""
    if result == "NO_THREATS_FOUND":
        return Verdict(Finding.CLEAN)
    if result == "THREATS_FOUND":
        named = ", ".join(threats) or "GuardDuty found a threat"
        return Verdict(Finding.INFECTED, f"The file is infected: {named}.")
    if result in _UNKNOWN:
        return Verdict(Finding.UNKNOWN, _UNKNOWN[result])
    raise NoAnswer(f"GuardDuty gave no verdict: {result[:200]!r}")
