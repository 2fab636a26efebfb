"""A key of yours, a bucket of yours: what roles call asks for what they may do with the key.

Two stacks on one server that writes down every call of a role: one with a bucket of its own, one
that takes its uploads from a bucket that is there already.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import samples
from made.key import asked
from made.office import docx
from made.pdf import document, line
from made.pictures import jpeg
from made.pipeline import OFFICE, Pipeline, until
from made.recorder import Asked, read
from made.web import call, signed

from mediamill_cli.local import LocalStack, server
from mediamill_cli.local.account import local_stack
from mediamill_cli.local.announce import announce_swallowed
from mediamill_cli.local.office import Office

pytestmark = pytest.mark.e2e

ROOT = Path(__file__).parents[2]
RECORDER = ROOT / "tests" / "made" / "recorder.py"
BUCKET, PATTERN = "bucket-of-yours", "photos/*.jpg"


@dataclass(frozen=True)
class Account:
    """The account: its server, a key, and what was called so far."""

    state: Path
    key: str

    @property
    def _calls(self) -> Path:
        return self.state / "calls"

    def deploy(self, name: str, **parameters: str) -> Pipeline:
        local = self.stacks(name, KeyArn=self.key, RemovalPolicy="Retain", **parameters)
        local.deploy()
        return Pipeline(local.stack(), local)

    def stacks(self, name: str, **parameters: str) -> LocalStack:
        return LocalStack(
            ROOT,
            office=OFFICE,
            state_dir=self.state / "stack",
            build_dir=ROOT / ".build" / "e2e",
            port=0,
            name=name,
            parameters=parameters,
        )

    def calls(self, pipeline: Pipeline) -> list[Asked]:
        """What the roles of a stack have asked for, under their logical names."""
        names = {physical: logical for logical, physical in roles(pipeline).items()}
        found = (Asked(names.get(a.role, ""), a.action, a.resource) for a in read(self._calls))
        return [each for each in found if each.role]


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    state = tmp_path_factory.mktemp("account")
    with pytest.MonkeyPatch.context() as patch:
        program = ["-P", str(RECORDER), str(state / "calls")]
        patch.setattr(server, "_program", lambda port, containers: program)
        local = Account(state, "").stacks("mediamill")
        local.start()
        try:
            local.build()
            assert local.server is not None
            kms = local_stack(local.server).session.client(
                "kms", endpoint_url=local.server.endpoint
            )
            yield Account(state, kms.create_key()["KeyMetadata"]["Arn"])
        finally:
            local.stop()


def roles(pipeline: Pipeline) -> dict[str, str]:
    """The physical names of a stack's roles by their logical ones."""
    found = pipeline.stack.cloudformation.describe_stack_resources(StackName=pipeline.stack.name)
    return {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in found["StackResources"]
        if resource["ResourceType"] == "AWS::IAM::Role"
    }


def allowed(pipeline: Pipeline, role: str, key: str) -> set[str]:
    """What a deployed role may do with the key."""
    iam = pipeline.stack.session.client("iam", endpoint_url=pipeline.stack.endpoint)
    name = roles(pipeline)[role]
    actions: set[str] = set()
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        said: Any = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
        for statement in said["Statement"]:
            if statement["Resource"] == key:
                actions |= set(statement["Action"])
    return actions


def needed(account: Account, pipeline: Pipeline) -> dict[str, set[str]]:
    """What of KMS each role's calls ask for, and Lambda's own with the role of a queue's function.

    The local server takes messages out of queues itself; AWS does it with the function's role.
    """
    called: dict[str, set[str]] = {}
    for each in account.calls(pipeline):
        action = each.action.replace("PublishBatch", "Publish")  # one action, on AWS
        called.setdefault(each.role, set()).add(action)
    for role in called:
        if role not in ("ApiRole", "SweepRole"):
            called[role].add("sqs:ReceiveMessage")
    return {role: set(asked(actions)) for role, actions in called.items()}


# ── A bucket of its own ──────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def own(account: Account) -> Pipeline:
    """The stack with the key, after it did all that its functions do."""
    pipeline = account.deploy("own")
    names = ["cat.jpg", "report.pdf", "letter.docx", "clip.mp4"]
    pipeline.put("cat.jpg", jpeg(400, 300))
    pipeline.put("report.pdf", document([line("A page of words.")]))
    pipeline.put("letter.docx", docx("A letter."))
    clip = account.state / "clip.mp4"
    samples.clip(clip)
    pipeline.put("clip.mp4", clip.read_bytes())
    for name in names:
        pipeline.settled(name)
    bury(pipeline, "buried.jpg")
    pipeline.settled("buried.jpg")
    use_the_api(pipeline)
    return pipeline


def bury(pipeline: Pipeline, key: str) -> None:
    """An upload whose event ends among the dead letters, where the sweep finds it."""
    stack = pipeline.stack
    found = stack.cloudformation.describe_stack_resources(StackName=stack.name)["StackResources"]
    named = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in found}
    (mapping,) = stack.functions.list_event_source_mappings(FunctionName=named["IngestFunction"])[
        "EventSourceMappings"
    ]
    stack.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    pipeline.put(key, jpeg(64, 48))
    (letter,) = until(
        lambda: stack.sqs.receive_message(QueueUrl=named["IngestQueue"]).get("Messages"),
        "the upload's event",
    )
    stack.sqs.send_message(QueueUrl=named["IngestDeadLetters"], MessageBody=letter["Body"])
    stack.sqs.delete_message(QueueUrl=named["IngestQueue"], ReceiptHandle=letter["ReceiptHandle"])
    stack.functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)
    answer = stack.functions.invoke(FunctionName=named["SweepFunction"])
    assert "FunctionError" not in answer


def use_the_api(pipeline: Pipeline) -> None:
    """Lists, an asset, its picture, and an upload by a link that the role signs."""
    stack = pipeline.stack
    assert signed(stack, "GET", "/assets").status == 200
    assert signed(stack, "GET", "/assets/cat.jpg").json["status"] == "complete"
    shown = signed(stack, "GET", "/picture/cat.jpg?w=100").headers["location"]
    assert call("GET", shown).status == 200
    body = b"by a link"
    put = signed(stack, "POST", "/uploads", body={"key": "a.txt", "bytes": len(body)}).json["put"]
    assert call("PUT", put["url"], body=body, headers=put["headers"]).status == 200
    pipeline.settled("a.txt")
    assert signed(stack, "DELETE", "/assets/a.txt").status == 202


def test_every_role_may_use_the_key_as_its_calls_ask_and_no_further(
    account: Account, own: Pipeline
) -> None:
    wanted = needed(account, own)
    expected = roles(own).keys() - (set() if OFFICE is Office.FUNCTION else {"OfficeRole"})
    assert wanted.keys() == expected
    assert {role: allowed(own, role, account.key) for role in wanted} == wanted


# ── A bucket of yours ────────────────────────────────────────────────────────────────────────────


THERE = {"photos/old.jpg": jpeg(32, 24), "other/a.jpg": jpeg(48, 36), "photos/a.png": b"no"}


def facts(pipeline: Pipeline) -> Mapping[str, Any]:
    """All that a bucket is set to, and what lies in it."""
    s3 = pipeline.stack.s3
    told: dict[str, Any] = {
        "notifications": s3.get_bucket_notification_configuration(Bucket=BUCKET),
        "versions": s3.get_bucket_versioning(Bucket=BUCKET),
        "policy": s3.get_bucket_policy(Bucket=BUCKET)["Policy"],
        "encryption": s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"],
        "tags": s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"],
        "lifecycle": s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"],
    }
    for answer in told.values():
        if isinstance(answer, dict):
            answer.pop("ResponseMetadata", None)
    return told


def stored(pipeline: Pipeline) -> dict[str, bytes]:
    s3 = pipeline.stack.s3
    listed = s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    return {
        each["Key"]: s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed
    }


def prepare(s3: Any, key: str) -> None:
    """A bucket as somebody else has set it up, with files in it."""
    s3.create_bucket(Bucket=BUCKET)
    arn = f"arn:aws:s3:::{BUCKET}"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutBucketAcl", "Resource": arn}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": [{"Key": "team", "Value": "others"}]})
    s3.put_bucket_encryption(
        Bucket=BUCKET,
        ServerSideEncryptionConfiguration={
            "Rules": [
                {
                    "ApplyServerSideEncryptionByDefault": {
                        "SSEAlgorithm": "aws:kms",
                        "KMSMasterKeyID": key,
                    }
                }
            ]
        },
    )
    rule = {
        "ID": "old",
        "Status": "Enabled",
        "Filter": {"Prefix": "tmp/"},
        "Expiration": {"Days": 9},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]})
    for name, body in THERE.items():
        s3.put_object(Bucket=BUCKET, Key=name, Body=body)
    s3.put_bucket_notification_configuration(
        Bucket=BUCKET, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )


@pytest.fixture(scope="module")
def theirs(account: Account) -> Pipeline:
    local = account.stacks("theirs")
    prepare(local.stack().s3, account.key)
    return account.deploy("theirs", ExistingBucket=BUCKET, UploadsPattern=PATTERN)


def test_files_that_fit_are_done_and_others_untouched_until_the_stack_goes(
    account: Account, theirs: Pipeline
) -> None:
    s3 = theirs.stack.s3
    before = facts(theirs)
    fitting = ["photos/new.jpg", "photos/2026/größe & 1.jpg"]
    others = {"photos/new.jpeg": jpeg(40, 30), "new/photos/b.jpg": jpeg(56, 42)}
    for name in fitting:
        s3.put_object(Bucket=BUCKET, Key=name, Body=jpeg(300, 200))
    for name, body in others.items():
        s3.put_object(Bucket=BUCKET, Key=name, Body=body)
    for name in fitting:
        assert theirs.manifest(name)["status"] == "complete"
        assert theirs.result(f"thumbnail/{name}.webp")
    api = signed(theirs.stack, "GET", "/assets").json["assets"]
    assert {row["key"] for row in api} == set(fitting)
    original = signed(theirs.stack, "GET", "/deliver/original/photos/new.jpg").headers["location"]
    assert call("GET", original).body == jpeg(300, 200)

    s3.delete_object(Bucket=BUCKET, Key=fitting[1])
    until(lambda: not theirs.results(fitting[1]), "what was made of it to be gone")
    untouched = {*THERE, *others}
    assert not [name for name in untouched if theirs.record(name) or theirs.results(name)]
    looked = {each.resource.partition(f"{BUCKET}/")[2] for each in account.calls(theirs)}
    assert not untouched & looked

    announce_swallowed(theirs.stack, pytest.fail)  # as `mediamill up` does, after a stop
    assert theirs.manifest("photos/old.jpg")["status"] == "complete"
    assert not [name for name in (*others, "other/a.jpg") if theirs.record(name)]

    for role, wanted in needed(account, theirs).items():
        assert wanted <= allowed(theirs, role, account.key), role

    theirs.stack.cloudformation.delete_stack(StackName="theirs")
    theirs.stack.cloudformation.get_waiter("stack_delete_complete").wait(
        StackName="theirs", WaiterConfig={"Delay": 1}
    )
    assert facts(theirs) == before
    kept = {**THERE, **others, fitting[0]: jpeg(300, 200)}
    assert stored(theirs) == kept
