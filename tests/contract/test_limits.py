"""AWS's limits that no schema knows, held with the longest names that a deployment can come to.

CloudFormation names what a template leaves unnamed by the stack, the logical name and some random
letters, cut to what the service takes. Each limit names the page of AWS's documentation it is from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import expand
import pytest
from made.roles import Roles, listed

WRITTEN = expand.template()
STACK = "s" * 128  # CloudFormation, CreateStack, StackName
LONG = {  # the most that a parameter of free text may say where AWS itself bounds it
    **expand.EXAMPLES,
    "OfficeWorker": "function",
    "Scan": "clamav",
    "AccessLogsBucket": "b" * 63,
    "Watermark": f"{63 * 'b'}/{'k' * 1024}",
    "ApiPrefix": f"{{{'c' * 60}}}/{'p' * 60}/",
}
MADE = {
    "a bucket of its own": expand.answered(WRITTEN, LONG),
    "a bucket of yours": expand.answered(
        WRITTEN, {**LONG, "ExistingBucket": "b" * 63, "UploadsPattern": f"{'p' * 1023}*"}
    ),
}
NAMES = {  # the longest name of each kind, from its own API reference
    "AWS::S3::Bucket": 63,
    "AWS::SQS::Queue": 80,
    "AWS::SNS::Topic": 256,
    "AWS::DynamoDB::Table": 255,
    "AWS::IAM::Role": 64,
    "AWS::Lambda::Function": 64,
    "AWS::Logs::LogGroup": 512,
}
REGION = "ap-southeast-1"  # no commercial region has a longer name

EVERY = pytest.mark.parametrize("made", MADE.values(), ids=MADE)


def named(made: Mapping[str, Any], logical: str, attribute: str = "Ref") -> str:
    """The longest that a reference to a resource can become."""
    kind = made["Resources"][logical]["Type"]
    length = NAMES.get(kind, 255)
    name = f"{STACK}-{logical}-{'r' * 13}"[:length].ljust(length, "r")
    if kind == "AWS::SQS::Queue" and attribute == "Ref":
        return f"https://sqs.{REGION}.amazonaws.com/{expand.ACCOUNT}/{name}"
    if kind == "AWS::SNS::Topic" or attribute == "Arn":
        service = kind.split("::")[1].lower()
        return f"arn:aws:{service}:{REGION}:{expand.ACCOUNT}:function:{name}"
    return name


def deployed(made: Mapping[str, Any], value: Any) -> Any:
    """A value of the template, with the longest names for its references."""
    if isinstance(value, list):
        return [deployed(made, entry) for entry in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return named(made, value["Ref"])
    if "Fn::GetAtt" in value:
        return named(made, *value["Fn::GetAtt"])
    if "Fn::Sub" in value:
        return re.sub(
            r"\$\{(\w+)(?:\.(\w+))?\}",
            lambda found: named(made, found[1], found[2] or "Ref"),
            value["Fn::Sub"],
        )
    return {name: deployed(made, entry) for name, entry in value.items()}


def size(value: Any) -> int:
    """Bytes of JSON without blanks, as IAM and Lambda count."""
    return len(json.dumps(value, separators=(",", ":")).encode())


def of(made: Mapping[str, Any], kind: str) -> dict[str, Any]:
    return {
        name: deployed(made, entry.get("Properties", {}))
        for name, entry in made["Resources"].items()
        if entry["Type"] == kind
    }


@EVERY
def test_variables_leave_room_for_long_renditions(made: Mapping[str, Any]) -> None:
    # Lambda, quotas: 4 KB for all environment variables of a function.
    room = 1000  # thirty renditions as large=1920x1080:cover:webp,avif@55
    mark = len(LONG["Watermark"])  # the longest key that S3 takes is no name for a watermark
    for name, function in of(made, "AWS::Lambda::Function").items():
        taken = size(function["Environment"]["Variables"]) - mark
        assert taken <= 4096 - room, (name, taken)


@EVERY
def test_the_policies_of_a_role_are_within_what_it_may_carry(made: Mapping[str, Any]) -> None:
    # IAM, quotas: 10,240 characters in the inline policies of a role, 6,144 in a managed one.
    roles = Roles(made)
    for role in roles.properties:
        statements = [deployed(made, dict(statement)) for statement in roles.statements(role)]
        assert size(statements) + 500 <= 10_240, (role, size(statements))
    for name, policy in of(made, "AWS::IAM::ManagedPolicy").items():
        assert size(policy["PolicyDocument"]) <= 6144, name


@EVERY
def test_statements_have_names_that_iam_takes(made: Mapping[str, Any]) -> None:
    for role in (roles := Roles(made)).properties:
        names = [statement["Sid"] for statement in roles.statements(role)]
        assert all(re.fullmatch("[A-Za-z0-9]+", name) for name in names)


@EVERY
def test_a_queues_policy_is_within_what_sqs_takes(made: Mapping[str, Any]) -> None:
    # SQS, quotas, policies: 8,192 bytes, 20 statements, 50 principals, 7 actions a statement.
    for name, policy in of(made, "AWS::SQS::QueuePolicy").items():
        document = policy["PolicyDocument"]
        assert size(document) <= 8192, name
        assert len(document["Statement"]) <= 20
        assert all(len(listed(entry["Action"])) <= 7 for entry in document["Statement"])


@EVERY
def test_a_topic_keeps_to_what_sns_takes_in_filters(made: Mapping[str, Any]) -> None:
    # SNS, "Subscription filter policies", constraints: 5 names, 150 combinations; 200 a topic.
    filters = [each.get("FilterPolicy", {}) for each in of(made, "AWS::SNS::Subscription").values()]
    assert len(filters) <= 200
    for policy in filters:
        combinations = 1
        for values in policy.values():
            combinations *= len(values)
        assert len(policy) <= 5
        assert combinations <= 150


def test_the_rule_of_a_bucket_of_yours_is_within_what_eventbridge_takes() -> None:
    # EventBridge, quotas: 2,048 characters of an event pattern.
    (rule,) = (
        each
        for each in of(MADE["a bucket of yours"], "AWS::Events::Rule").values()
        if "EventPattern" in each
    )
    assert size(rule["EventPattern"]) <= 2048


@EVERY
def test_functions_and_layers_are_within_what_lambda_takes(made: Mapping[str, Any]) -> None:
    # Lambda, quotas: 5 layers; API reference: 256 characters of a description.
    for name, function in of(made, "AWS::Lambda::Function").items():
        assert len(function.get("Layers", [])) <= 5, name
        assert len(function["Description"]) <= 256, name
        assert function["Timeout"] <= 900
        assert 128 <= function["MemorySize"] <= 10_240


@pytest.mark.parametrize(
    ("writes", "is_taken"),
    [
        ("0", True),
        ("1", False),
        ("3999", False),
        ("4000", True),
        ("40000", True),
        ("1000000", True),
        ("1000001", False),
        ("-1", False),
        ("04000", False),
    ],
)
def test_a_table_is_warmed_to_no_less_than_it_comes_with(writes: str, is_taken: bool) -> None:
    """DynamoDB, Understanding DynamoDB warm throughput: on demand, 4,000 writes from the start."""
    pattern = WRITTEN["Parameters"]["WarmWrites"]["AllowedPattern"]
    assert bool(re.search(pattern, writes)) is is_taken


@EVERY
def test_the_api_waits_no_longer_than_api_gateway_does(made: Mapping[str, Any]) -> None:
    # API Gateway, quotas of HTTP APIs: 30 s for an integration, 300 routes, 10 authorizers.
    patience = {
        each["TimeoutInMillis"] for each in of(made, "AWS::ApiGatewayV2::Integration").values()
    }
    assert max(patience) <= 30_000
    functions = of(made, "AWS::Lambda::Function")
    assert functions["ApiFunction"]["Timeout"] * 1000 < min(patience)
    assert len(of(made, "AWS::ApiGatewayV2::Route")) <= 300
    assert len(STACK) <= 128  # the API's name


@EVERY
def test_the_template_is_within_what_cloudformation_takes(made: Mapping[str, Any]) -> None:
    # CloudFormation, quotas: 500 resources, 200 parameters and outputs, 1 MB in S3.
    assert len(made["Resources"]) <= 500
    assert len(WRITTEN["Parameters"]) <= 200
    assert len(made["Outputs"]) <= 200
    assert size(expand.expanded(WRITTEN, LONG)) <= 1_000_000
    assert len(WRITTEN["Description"]) <= 1024
    for name, parameter in WRITTEN["Parameters"].items():
        assert len(parameter["Description"]) <= 4000, name
        assert len(str(parameter["Default"])) <= 4096, name


def test_the_application_has_words_that_the_repository_takes() -> None:
    # Serverless Application Repository, CreateApplication.
    told = WRITTEN["Metadata"]["AWS::ServerlessRepo::Application"]
    assert re.fullmatch("[a-zA-Z0-9-]{1,140}", told["Name"])
    assert 1 <= len(told["Description"]) <= 256
    assert 1 <= len(told["Author"]) <= 127
    assert len(told["Labels"]) <= 10
