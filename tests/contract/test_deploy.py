"""What a deployment may never do: lose data, collide with another, or leave a thing untagged."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from samcli.lib.package.ecr_utils import is_ecr_url  # type: ignore[import-untyped]
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]
TEMPLATE: Mapping[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
RESOURCES: Mapping[str, Mapping[str, Any]] = TEMPLATE["Resources"]

# A change of one of these has CloudFormation make a new resource beside the old one ("Update
# requires: Replacement" in the CloudFormation resource reference).
REPLACING = {
    "AWS::S3::Bucket": {"BucketName", "BucketNamePrefix", "BucketNamespace"},
    "AWS::DynamoDB::Table": {
        *("TableName", "KeySchema", "LocalSecondaryIndexes", "ImportSourceSpecification"),
    },
    "AWS::SQS::Queue": {"QueueName", "FifoQueue"},
    "AWS::SNS::Topic": {"TopicName", "FifoTopic"},
    "AWS::Cognito::UserPool": {"AliasAttributes", "UsernameAttributes", "UsernameConfiguration"},
}
# What only this stack has.
KEPT = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")

NAMES = {
    *("BucketName", "TableName", "QueueName", "TopicName", "FunctionName", "RoleName"),
    *("LogGroupName", "LayerName", "ManagedPolicyName", "AlarmName", "DashboardName", "Name"),
}

# CloudFormation hands a stack's tags on to these; the rest of what we use has no tags at all.
TAGGED = {
    *("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::SQS::Queue", "AWS::SNS::Topic"),
    *("AWS::IAM::Role", "AWS::Logs::LogGroup", "AWS::Serverless::Function"),
    *("AWS::CloudWatch::Alarm", "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage"),
    "AWS::GuardDuty::MalwareProtectionPlan",
    *("AWS::SecretsManager::Secret", "AWS::Cognito::UserPool", "AWS::CloudFront::Distribution"),
}
UNTAGGED = {
    *("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::Subscription"),
    *("AWS::Serverless::LayerVersion", "AWS::SNS::TopicPolicy", "AWS::Lambda::Permission"),
    *("AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route", "AWS::CloudWatch::Dashboard"),
    *("AWS::ApiGatewayV2::Authorizer", "AWS::IAM::Policy", "AWS::Events::Rule"),
    *("AWS::IAM::ManagedPolicy", "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolDomain"),
    *("AWS::CloudFront::CachePolicy", "AWS::CloudFront::ResponseHeadersPolicy"),
    *("AWS::CloudFront::OriginAccessControl", "AWS::CloudFront::KeyGroup"),
    "AWS::CloudFront::PublicKey",
}


def of_type(*kinds: str) -> list[str]:
    return [name for name, resource in RESOURCES.items() if resource["Type"] in kinds]


def references(value: object) -> Iterator[str]:
    """The parameters that a value depends on."""
    if isinstance(value, Mapping):
        for name, entry in value.items():
            if name == "Ref" and entry in TEMPLATE["Parameters"]:
                yield entry
            yield from references(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from references(entry)


@pytest.mark.parametrize("name", of_type(*KEPT))
def test_data_outlives_the_stack_unless_its_owner_says_otherwise(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == {"Ref": "RemovalPolicy"}
    assert TEMPLATE["Parameters"]["RemovalPolicy"]["Default"] == "Retain"


def test_no_transform_stands_between_policies_and_the_resources_that_there_may_be() -> None:
    # CloudFormation itself takes a parameter for a DeletionPolicy (its user guide, "Intrinsic
    # function references in DeletionPolicy …"). AWS::LanguageExtensions refuses one on a resource
    # that has a condition, and puts values in place of parameters, which updates then miss.
    assert TEMPLATE["Transform"] == "AWS::Serverless-2016-10-31"
    assert any("Condition" in RESOURCES[name] for name in of_type(*KEPT))


@pytest.mark.parametrize("name", of_type(*KEPT))
def test_data_outlives_a_replacement_always(name: str) -> None:
    assert RESOURCES[name]["UpdateReplacePolicy"] == "Retain"


@pytest.mark.parametrize("name", of_type(*REPLACING))
def test_no_parameter_can_replace_what_holds_data(name: str) -> None:
    resource = RESOURCES[name]
    for wanted in REPLACING[resource["Type"]]:
        assert not list(references(resource.get("Properties", {}).get(wanted)))


def test_the_table_keeps_its_key() -> None:
    schema = RESOURCES["AssetsTable"]["Properties"]["KeySchema"]
    assert schema == [{"AttributeName": "key", "KeyType": "HASH"}]  # another one is another table


def test_the_data_keeps_its_logical_names() -> None:
    # A renamed resource is a new one beside the old: these three names are for ever.
    assert set(of_type(*KEPT)) >= {"UploadsBucket", "ResultsBucket", "AssetsTable"}


@pytest.mark.parametrize("name", RESOURCES)
def test_no_resource_has_a_fixed_name(name: str) -> None:
    if RESOURCES[name]["Type"].startswith("AWS::ApiGatewayV2::"):
        return  # its names are labels, not identities
    if RESOURCES[name]["Type"] == "AWS::Lambda::Permission":
        return  # the name is a function's, which it speaks of
    assert not NAMES & set(RESOURCES[name].get("Properties", {}))


def test_nothing_is_exported_under_a_name_that_a_second_stack_would_want() -> None:
    assert not [name for name, output in TEMPLATE["Outputs"].items() if "Export" in output]


ENVIRONMENTS = sorted(name for name, entry in CONFIG.items() if isinstance(entry, dict))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_deployment_tags_its_stack(environment: str) -> None:
    tags = CONFIG[environment]["deploy"]["parameters"]["tags"].split()
    assert "application=mediamill" in tags


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_gives_parameters_that_there_are(environment: str) -> None:
    given = CONFIG[environment]["deploy"]["parameters"].get("parameter_overrides", "")
    for name, value in (pair.split("=") for pair in given.split()):
        allowed = TEMPLATE["Parameters"][name].get("AllowedValues", [value])
        assert value in map(str, allowed)


def test_the_workflow_deploys_environments_that_there_are() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy.yml").read_text())
    asked = workflow[True]["workflow_dispatch"]["inputs"]["environment"]  # YAML 1.1 reads "on" so
    assert set(asked["options"]) <= set(ENVIRONMENTS)


def test_only_development_deletes_data_with_its_stack() -> None:
    deleting = {
        name
        for name in ENVIRONMENTS
        if "RemovalPolicy=Delete" in str(CONFIG[name]["deploy"]["parameters"])
    }
    assert deleting == {"dev", "local"}


def test_every_resource_gets_the_stacks_tags_or_can_have_none() -> None:
    unknown = {resource["Type"] for resource in RESOURCES.values()} - TAGGED - UNTAGGED
    assert not unknown, "say whether CloudFormation tags these"


@pytest.mark.parametrize("name", TEMPLATE["Parameters"])
def test_every_prompt_of_a_guided_deploy_can_be_answered_by_return(name: str) -> None:
    parameter = TEMPLATE["Parameters"][name]
    assert "Default" in parameter
    assert parameter["Description"].endswith(".")


def test_prompts_come_in_groups() -> None:
    groups = TEMPLATE["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(TEMPLATE["Parameters"])


def test_a_deploy_is_shown_before_it_is_done() -> None:
    assert CONFIG["default"]["deploy"]["parameters"]["confirm_changeset"] is True


@pytest.mark.parametrize(
    "image",
    [
        function["Properties"]["ImageUri"]["Ref"]
        for function in RESOURCES.values()
        if function.get("Properties", {}).get("PackageType") == "Image"
    ],
)
def test_a_guided_deploy_does_not_look_for_an_image_that_nobody_wants(image: str) -> None:
    # SAM asks Docker for every image that is not in a registry, whatever its function's condition.
    assert is_ecr_url(TEMPLATE["Parameters"][image]["Default"])
