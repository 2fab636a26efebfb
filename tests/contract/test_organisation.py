"""What an organisation asks for, holds for every resource of its kind: key, TLS, logs, network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import expand
import pytest
from made.roles import Roles, listed

WRITTEN = expand.template()
PAGE = (Path(__file__).parents[2] / "docs" / "organisation.md").read_text()
KEY = expand.EXAMPLES["KeyArn"]
GIVEN = expand.answered(WRITTEN, {**expand.EXAMPLES, "OfficeWorker": "function", "Scan": "clamav"})[
    "Resources"
]
DEFAULT = expand.answered(WRITTEN, {"OfficeWorker": "function", "Scan": "clamav"})["Resources"]


def of(kind: str, resources: Mapping[str, Any] = GIVEN) -> dict[str, Any]:
    """The properties of every resource of a kind."""
    return {
        name: resource.get("Properties", {})
        for name, resource in resources.items()
        if resource["Type"] == kind
    }


def rule(bucket: Mapping[str, Any]) -> Mapping[str, Any]:
    (found,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    return dict(found)


def test_whatever_holds_data_is_encrypted_with_the_key_that_is_given() -> None:
    for bucket in of("AWS::S3::Bucket").values():
        assert rule(bucket)["BucketKeyEnabled"] is True
        assert rule(bucket)["ServerSideEncryptionByDefault"] == {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": KEY,
        }
    for table in of("AWS::DynamoDB::Table").values():
        assert table["SSESpecification"]["KMSMasterKeyId"] == KEY
    for kind in ("AWS::SQS::Queue", "AWS::SNS::Topic"):
        for name, properties in of(kind).items():
            assert properties["KmsMasterKeyId"] == KEY, name
            assert "SqsManagedSseEnabled" not in properties, name  # SQS refuses both
    assert [group["KmsKeyId"] for group in of("AWS::Logs::LogGroup").values()] == [KEY]
    for name, function in of("AWS::Lambda::Function").items():
        assert function["KmsKeyArn"] == KEY, name


def test_without_a_key_everything_is_encrypted_by_what_costs_nothing() -> None:
    for bucket in of("AWS::S3::Bucket", DEFAULT).values():
        assert rule(bucket)["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    for name, queue in of("AWS::SQS::Queue", DEFAULT).items():
        assert queue["SqsManagedSseEnabled"] is True, name
    assert "kms" not in str(DEFAULT).lower().replace("kmsmasterkeyid", "")


def refuses_plain_http(statement: Mapping[str, Any]) -> bool:
    said = (statement["Effect"], statement["Principal"], statement.get("Condition"))
    return said == ("Deny", "*", {"Bool": {"aws:SecureTransport": "false"}})


@pytest.mark.parametrize(
    ("kind", "policy", "named"),
    [
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ],
)
def test_every_queue_and_topic_has_one_policy_that_refuses_plain_http(
    kind: str, policy: str, named: str
) -> None:
    protected = [
        entry["Ref"]
        for found in of(policy, DEFAULT).values()
        if any(map(refuses_plain_http, found["PolicyDocument"]["Statement"]))
        for entry in found[named]
    ]
    assert sorted(protected) == sorted(of(kind, DEFAULT))  # each once: a second would replace it


def test_tables_that_are_to_be_kept_cannot_be_deleted_by_hand() -> None:
    kept = expand.answered(WRITTEN, {"RemovalPolicy": "Retain"})["Resources"]
    gone = expand.answered(WRITTEN, {"RemovalPolicy": "Delete"})["Resources"]
    assert all(t["DeletionProtectionEnabled"] for t in of("AWS::DynamoDB::Table", kept).values())
    assert not any(
        t["DeletionProtectionEnabled"] for t in of("AWS::DynamoDB::Table", gone).values()
    )


def test_every_function_runs_in_the_network_that_is_given() -> None:
    for function in of("AWS::Lambda::Function").values():
        assert function["VpcConfig"] == {
            "SubnetIds": expand.EXAMPLES["SubnetIds"].split(","),
            "SecurityGroupIds": [expand.EXAMPLES["SecurityGroupIds"]],
        }
    assert not any("VpcConfig" in each for each in of("AWS::Lambda::Function", DEFAULT).values())


def test_no_function_is_made_before_its_role_may_join_the_network() -> None:
    # Lambda refuses to make one otherwise. A policy that is put on a role once the role is there
    # comes at the same time as the function, or after it.
    for name, function in of("AWS::Lambda::Function").items():
        role = GIVEN[function["Role"]["Fn::GetAtt"][0]]["Properties"]
        first = [GIVEN[arn["Ref"]]["Properties"] for arn in role["ManagedPolicyArns"]]
        actions = {
            action
            for policy in (*role["Policies"], *first)
            for statement in policy["PolicyDocument"]["Statement"]
            for action in listed(statement["Action"])
        }
        assert "ec2:CreateNetworkInterface" in actions, name


def test_a_function_that_leaves_the_network_may_still_take_its_interfaces_away() -> None:
    # Lambda, "Giving Lambda functions access to resources in an Amazon VPC": interfaces are removed
    # with the role's permissions, for minutes after the update that took the subnets away.
    left = expand.answered(WRITTEN, {**expand.EXAMPLES, "SubnetIds": ""})
    assert not any(
        "VpcConfig" in each for each in of("AWS::Lambda::Function", left["Resources"]).values()
    )
    roles = Roles(left)
    assert roles.properties
    for role in roles.properties:
        assert roles.may(role, "ec2:DeleteNetworkInterface", "*"), role


def test_whoever_deploys_is_told_of_every_service_that_the_stack_is_made_of() -> None:
    _, _, told = PAGE.partition("Its permissions: CloudFormation")
    told = told.partition("\n3. ")[0]
    called = {
        **{"ApiGatewayV2": "API Gateway", "Events": "EventBridge", "Logs": "CloudWatch Logs"},
        **{"SecretsManager": "Secrets Manager", "Serverless": "Lambda"},
    }
    for kind in {resource["Type"] for resource in WRITTEN["Resources"].values()}:
        service = kind.split("::")[1]
        assert called.get(service, service) in told, kind


def test_warming_a_table_asks_for_writes_alone() -> None:
    # DynamoDB refuses less than a table has come to, and reads grow by themselves: any number of
    # them would have an update refused in which nobody speaks of reads.
    for table in of("AWS::DynamoDB::Table").values():
        for each in (table, *table.get("GlobalSecondaryIndexes", ())):
            assert each["WarmThroughput"] == {"WriteUnitsPerSecond": expand.EXAMPLES["WarmWrites"]}


def test_both_buckets_log_who_came_where_a_bucket_for_it_is_given() -> None:
    prefixes = {str(b["LoggingConfiguration"]) for b in of("AWS::S3::Bucket").values()}
    assert len(prefixes) == len(of("AWS::S3::Bucket"))  # apart from each other
    assert not any("LoggingConfiguration" in b for b in of("AWS::S3::Bucket", DEFAULT).values())


def test_browsers_may_upload_from_the_origins_that_are_given_and_none_other() -> None:
    allowed, reading = GIVEN["UploadsBucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    assert allowed["AllowedOrigins"] == expand.EXAMPLES["UploadOrigins"].split(",")
    assert {"PUT", "POST"} <= set(allowed["AllowedMethods"])
    assert "DELETE" not in allowed["AllowedMethods"]
    assert set(reading["AllowedMethods"]) == {"GET", "HEAD"}
    assert not any("CorsConfiguration" in b for b in of("AWS::S3::Bucket", DEFAULT).values())


def test_pages_may_read_every_bucket_that_the_api_leads_to() -> None:
    """Fetch, "HTTP-redirect fetch": past the API's redirect a page's origin is told as `null`."""
    roles = Roles({"Resources": GIVEN})
    linked = [
        name for name in of("AWS::S3::Bucket") if roles.may("ApiRole", "s3:GetObject", f"{name}/a")
    ]
    assert {"UploadsBucket", "ResultsBucket"} <= set(linked)
    for name in linked:
        rules = GIVEN[name]["Properties"]["CorsConfiguration"]["CorsRules"]
        to_all = [rule for rule in rules if rule["AllowedOrigins"] == ["*"]]
        assert [set(rule["AllowedMethods"]) for rule in to_all] == [{"GET", "HEAD"}], name


def test_an_existing_bucket_is_read_and_nothing_else() -> None:
    theirs = expand.answered(WRITTEN, expand.EXISTING)["Resources"]
    assert not {"UploadsBucket", "UploadsBucketPolicy"} & theirs.keys()
    arn = f"arn:aws:s3:::{expand.EXISTING['ExistingBucket']}"
    allowed = [
        statement["Action"]
        for role in of("AWS::IAM::Role", theirs).values()
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if str(statement["Resource"]).startswith(arn)
    ]
    actions = {action for each in allowed for action in ([each] if isinstance(each, str) else each)}
    assert actions == {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"}


def test_only_the_keys_that_are_named_of_an_existing_bucket_are_uploads() -> None:
    theirs = expand.answered(WRITTEN, expand.EXISTING)["Resources"]
    told = theirs["ExistingBucketRule"]["Properties"]
    assert told["EventPattern"]["detail"] == {
        "bucket": {"name": ["bucket-of-yours"]},
        "object": {"key": [{"wildcard": "photos/*.jpg"}]},
    }
    assert "ExistingBucketRule" not in DEFAULT
