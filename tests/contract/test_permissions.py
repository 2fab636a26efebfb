"""What a role may do, weighed as IAM does: an explicit deny, then an allow, else nothing."""

from __future__ import annotations

import tomllib
from pathlib import Path

import expand
import pytest
from made.roles import Roles, listed, named

from mediamill.domain.keys import RESERVED

GIVEN = {**expand.EXAMPLES, "OfficeWorker": "function", "Scan": "clamav"}
ROLES = Roles(expand.answered(expand.template(), GIVEN))
MADE = ROLES.made["Resources"]
GUARDED = Roles(expand.answered(expand.template(), {**GIVEN, "Scan": "guardduty"}))
OF_GUARDDUTY = {"GuarddutyRole", "MalwareProtectionRole"}
"""Those that there are with GuardDuty alone; the second is the service's own."""


def of(role: str) -> Roles:
    """The roles among which there is this one."""
    return GUARDED if role in OF_GUARDDUTY else ROLES


def may(role: str, action: str, resource: str) -> bool:
    """Whether a role may do this to that."""
    return of(role).may(role, action, resource)


RENDITIONS = {"thumbnail"}  # they are named by a parameter: one stands for all


def told(folder: Path) -> set[str]:
    """The derivatives that a function's own folder says it writes."""
    names = set(tomllib.loads((folder / "budget.toml").read_text())["writes"])
    return names - {"renditions"} | (RENDITIONS if "renditions" in names else set())


WRITES = {
    f"{path.parent.name.capitalize()}Role": told(path.parent)
    for path in sorted(Path(__file__).parents[2].glob("functions/*/handler.py"))
}
"""Whose derivatives are whose: the names in front of the results' keys."""


def derivatives(role: str, action: str) -> set[str]:
    """The derivatives, by the names in front of their keys, that a role may do this to."""
    names = RESERVED | RENDITIONS | WRITES[role]
    return {name for name in names if may(role, action, f"ResultsBucket/{name}/a")}


def test_every_role_is_that_of_a_function_with_a_folder() -> None:
    assert ROLES.properties.keys() == WRITES.keys() - OF_GUARDDUTY
    without = {"ScanRole", "DefinitionsRole"}
    assert GUARDED.properties.keys() == (WRITES.keys() | OF_GUARDDUTY) - without


def test_guardduty_reads_and_tags_uploads_and_does_nothing_else_to_them() -> None:
    for action in ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObjectVersionTagging"):
        assert may("MalwareProtectionRole", action, "UploadsBucket/a.jpg")
        assert not may("MalwareProtectionRole", action, "ResultsBucket/a.jpg")
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"):
        assert not may("MalwareProtectionRole", action, "UploadsBucket/a.jpg")


def test_the_gate_of_guardduty_reads_tags_and_no_file() -> None:
    assert may("GuarddutyRole", "s3:GetObjectVersionTagging", "UploadsBucket/a.jpg")
    for action in ("s3:GetObject", "s3:GetObjectVersion", "s3:PutObjectVersionTagging"):
        assert not may("GuarddutyRole", action, "UploadsBucket/a.jpg")


@pytest.mark.parametrize("role", WRITES)
def test_each_function_writes_its_own_derivatives_and_nobody_elses(role: str) -> None:
    assert derivatives(role, "s3:PutObject") == WRITES[role]


@pytest.mark.parametrize("role", sorted(set(WRITES) - {"IngestRole", "ManifestRole"}))
def test_a_worker_deletes_at_most_what_it_writes(role: str) -> None:
    assert derivatives(role, "s3:DeleteObject") <= WRITES[role]


@pytest.mark.parametrize("role", WRITES)
@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"])
def test_nobody_touches_an_original_but_who_asks_the_api_to(role: str, action: str) -> None:
    asked = role == "ApiRole" and action != "s3:DeleteObjectVersion"
    asked = asked or (role == "QuarantineRole" and action == "s3:DeleteObjectVersion")
    assert may(role, action, "UploadsBucket/photos/cat.jpg") is asked


READS = {"DocumentRole": {"pdf"}, "ImageRole": {"poster"}, "ApiRole": RESERVED | RENDITIONS}


@pytest.mark.parametrize("role", WRITES)
def test_only_the_api_reads_results_and_two_workers_what_another_made(role: str) -> None:
    assert derivatives(role, "s3:GetObject") == READS.get(role, set())


OWN = [name for name, made in MADE.items() if made["Type"] == "AWS::S3::Bucket"]


def readable(role: str, bucket: str) -> bool:
    """Whether a role may get anything in a bucket."""
    return any(
        {"s3:GetObject", "s3:GetObjectVersion"} & set(listed(statement["Action"]))
        and any(named(each).startswith(f"{bucket}/") for each in listed(statement["Resource"]))
        for statement in of(role).statements(role)
        if statement["Effect"] == "Allow"
    )


@pytest.mark.parametrize("role", WRITES)
@pytest.mark.parametrize("bucket", OWN)
def test_whoever_reads_in_a_bucket_is_told_what_is_missing_there(role: str, bucket: str) -> None:
    # S3, API reference, GetObject, Permissions: without ListBucket a key that does not exist is
    # 403 AccessDenied, not 404 NoSuchKey, and would be taken for a file that may not be read.
    assert not readable(role, bucket) or may(role, "s3:ListBucket", bucket)


def test_the_test_of_what_is_missing_has_readers_to_look_at() -> None:
    readers = {role for role in WRITES if readable(role, "ResultsBucket")}
    assert readers == READS.keys()


def test_the_api_brings_back_a_file_with_its_tags() -> None:
    # S3, user guide, "Required permissions for Amazon S3 API operations", CopyObject: without these
    # a version that has tags is not copied at all.
    original = "UploadsBucket/photos/cat.jpg"
    for action in ("GetObjectVersion", "GetObjectVersionTagging", "PutObject", "PutObjectTagging"):
        assert may("ApiRole", f"s3:{action}", original), action


def test_the_sweep_may_take_the_dead_letters_of_every_queue_that_records_wait_for() -> None:
    queues = [name for name, made in MADE.items() if made["Type"] == "AWS::SQS::Queue"]
    dead = [name for name in queues if name.endswith("DeadLetters")]
    for unheard in ("WebhookDeadLetters", "QuarantineDeadLetters"):
        dead.remove(unheard)  # no record waits for these
    for action in ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"):
        assert [name for name in queues if may("SweepRole", action, name)] == dead


def test_the_sweep_asks_ingest_and_the_finisher_again_and_the_workers_by_the_topic() -> None:
    queues = [name for name, made in MADE.items() if made["Type"] == "AWS::SQS::Queue"]
    sent = {name for name in queues if may("SweepRole", "sqs:SendMessage", name)}
    assert sent == {"IngestQueue", "ManifestQueue"}
    assert may("SweepRole", "sns:Publish", "AssetsTopic")


@pytest.mark.parametrize("role", WRITES)
def test_each_role_is_bounded_and_may_join_the_network(role: str) -> None:
    assert (
        of(role).properties[role]["PermissionsBoundary"] == expand.EXAMPLES["PermissionsBoundary"]
    )
    assert may(role, "ec2:CreateNetworkInterface", "*")


@pytest.mark.parametrize("role", WRITES)
def test_only_the_image_worker_reads_the_watermark_and_nothing_beside_it(role: str) -> None:
    mark = f"arn:aws:s3:::{expand.EXAMPLES['Watermark']}"
    assert may(role, "s3:GetObject", mark) == (role == "ImageRole")
    assert not may(role, "s3:GetObject", f"{mark}2")
    assert not may(role, "s3:PutObject", mark)
