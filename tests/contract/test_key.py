"""A key of KMS: each role may use it as its calls ask, and so may each service, and no more.

What a call asks for is AWS's documentation, in made/key.py. tests/e2e/test_key.py holds the actions
that the roles are allowed against the calls that they make.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import expand
import pytest
from made.key import OF_LOGS, OF_MESSAGES, OF_TABLES, UNTOLD, asked
from made.roles import Roles, listed

KEY = expand.EXAMPLES["KeyArn"]
PAGE = (Path(__file__).parents[2] / "docs" / "organisation.md").read_text()
GIVEN = {**expand.EXAMPLES, "OfficeWorker": "function", "Scan": "clamav"}
MADE = {
    "its own bucket": expand.answered(expand.template(), GIVEN),
    "with GuardDuty": expand.answered(expand.template(), {**GIVEN, "Scan": "guardduty"}),
    "a bucket of yours": expand.answered(expand.template(), {**GIVEN, **expand.EXISTING}),
}
CASES = [(bucket, role) for bucket, made in MADE.items() for role in Roles(made).properties]


def allowed(roles: Roles, role: str) -> set[str]:
    """What a role may do with the key."""
    actions = {action for action in roles.allowed(role) if action.startswith("kms:")}
    return {action for action in actions if roles.may(role, action, KEY)}


def wanting(roles: Roles, role: str) -> tuple[set[str], set[str]]:
    """What of KMS a role lacks for what it may do, and what it has too much."""
    wanted = asked(action for action in roles.allowed(role) if not action.startswith("kms:"))
    has = allowed(roles, role)
    return set(wanted - has), has - wanted


@pytest.mark.parametrize(("bucket", "role"), CASES)
def test_a_role_may_use_the_key_for_what_it_does_and_for_nothing_else(
    bucket: str, role: str
) -> None:
    assert wanting(Roles(MADE[bucket]), role) == (set(), set())


@pytest.mark.parametrize(("bucket", "role"), CASES)
def test_an_action_too_few_is_found_and_one_too_many(bucket: str, role: str) -> None:
    for action in allowed(Roles(MADE[bucket]), role):
        assert wanting(Roles(without(MADE[bucket], role, action)), role) == ({action}, set())
    more = copy.deepcopy(dict(MADE[bucket]))
    more["Resources"]["More"] = policy(role, "kms:Encrypt")
    assert wanting(Roles(more), role) == (set(), {"kms:Encrypt"})


def without(made: Mapping[str, Any], role: str, action: str) -> dict[str, Any]:
    """The template, where one role may not do one thing with the key."""
    changed = copy.deepcopy(dict(made))
    for entry in list(changed["Resources"].values()):
        properties = entry.get("Properties", {})
        if entry["Type"] == "AWS::IAM::Policy" and properties["PolicyName"] == "key":
            properties["Roles"] = [each for each in properties["Roles"] if each != {"Ref": role}]
    left = allowed(Roles(made), role) - {action}
    changed["Resources"]["Left"] = policy(role, *left)
    return changed


def policy(role: str, *actions: str) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": KEY}
    properties = {
        "PolicyName": "another",
        "Roles": [{"Ref": role}],
        "PolicyDocument": {"Statement": [statement] if actions else []},
    }
    return {"Type": "AWS::IAM::Policy", "Properties": properties}


# ── The key's own policy, as the page has it ─────────────────────────────────────────────────────


def told(heading: str) -> list[Any]:
    """The statements of the page's blocks of JSON, from a heading to the next."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"^```json\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    return [statement for block in blocks for statement in listed(json.loads(block))]


STATEMENTS = {statement["Sid"]: statement for statement in told("A key of yours")}


def services(statement: Mapping[str, Any]) -> set[str]:
    return set(listed(statement["Principal"].get("Service", [])))


def senders(made: Mapping[str, Any]) -> set[str]:
    """The services that may send to a queue or topic that has the key."""
    resources = made["Resources"]
    found: set[str] = set()
    for entry in resources.values():
        if entry["Type"] in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy"):
            held = entry["Properties"].get("Queues", entry["Properties"].get("Topics"))
            assert all(
                resources[each["Ref"]]["Properties"]["KmsMasterKeyId"] == KEY for each in held
            )
            for statement in entry["Properties"]["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow":
                    found |= services(statement)
    return found


def test_the_page_lets_each_service_that_sends_use_the_key_and_no_other() -> None:
    always, bucket = (
        services(STATEMENTS[name]) for name in ("MessagesFromServices", "EventsOfYourBucket")
    )
    assert always == senders(MADE["its own bucket"])
    assert always | bucket == senders(MADE["a bucket of yours"])
    assert not always & bucket
    for name in ("MessagesFromServices", "EventsOfYourBucket"):
        assert set(STATEMENTS[name]["Action"]) == OF_MESSAGES


def test_a_service_is_bound_to_the_account_where_it_tells_kms_of_it_and_only_there() -> None:
    for name, statement in STATEMENTS.items():
        text = json.dumps(statement.get("Condition", {}))
        if services(statement) & UNTOLD:
            assert "aws:Source" not in text, name
        elif services(statement):
            assert expand.ACCOUNT in text, name


def test_the_page_lets_the_logs_use_the_key_as_their_guide_has_it() -> None:
    logs = STATEMENTS["Logs"]
    assert services(logs) == {"logs.eu-central-1.amazonaws.com"}
    assert set(logs["Action"]) == OF_LOGS
    (context,) = logs["Condition"]["ArnLike"].values()
    assert context == f"arn:aws:logs:eu-central-1:{expand.ACCOUNT}:log-group:*"


def test_the_page_lets_whoever_deploys_give_the_key_to_tables_and_functions() -> None:
    deploying = STATEMENTS["Deploying"]
    assert set(deploying["Action"]) == OF_TABLES
    assert set(deploying["Principal"]) == {"AWS"}


def test_the_page_names_no_statement_that_is_not_held_here() -> None:
    held = {"MessagesFromServices", "EventsOfYourBucket", "Logs", "Deploying"}
    assert STATEMENTS.keys() == held


def test_whatever_can_have_the_key_has_it() -> None:
    without = json.dumps(
        expand.answered(expand.template(), {"OfficeWorker": "function", "Scan": "clamav"})
    )
    assert KEY not in without
    for name, entry in MADE["its own bucket"]["Resources"].items():
        if entry["Type"] in ENCRYPTED:
            assert KEY in json.dumps(entry["Properties"]), name


ENCRYPTED = {
    *("AWS::S3::Bucket", "AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::DynamoDB::Table"),
    *("AWS::Lambda::Function", "AWS::Logs::LogGroup", "AWS::SecretsManager::Secret"),
}
