"""The template against the code: what one says, the other does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import expand
import pytest
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

from mediamill.domain.limits import MEGA, Limits
from mediamill.domain.office import Bounds
from mediamill.domain.plan import Plan
from mediamill.domain.profile import parse_profiles
from mediamill.domain.webhooks.retrying import WAITS
from mediamill.settings import Settings

ROOT = Path(__file__).parents[2]
CORE = ROOT / "layers" / "core" / "python" / "mediamill"


@cache
def template() -> Mapping[str, Any]:
    loaded: Mapping[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return loaded


def resources(kind: str) -> Mapping[str, Mapping[str, Any]]:
    return {
        name: resource
        for name, resource in template()["Resources"].items()
        if resource["Type"] == kind
    }


FUNCTIONS = resources("AWS::Serverless::Function")


def events(function: str) -> Iterator[Mapping[str, Any]]:
    for event in FUNCTIONS[function]["Properties"].get("Events", {}).values():
        yield event["Properties"]


OTHERWISE_CALLED = ("SweepFunction", "ApiFunction", "DefinitionsFunction")  # schedules, HTTP
IMAGES = {"OfficeImageFunction": "office", "ScanImageFunction": "scan"}
WORKED_BY_QUEUE = [name for name in FUNCTIONS if name not in OTHERWISE_CALLED]


def queue_of(function: str) -> str:
    (event,) = events(function)
    name: str = event["Queue"]["Fn::GetAtt"][0]
    return name


def environment() -> set[str]:
    names = set(template()["Globals"]["Function"]["Environment"]["Variables"])
    for function in FUNCTIONS.values():
        names |= set(function["Properties"].get("Environment", {}).get("Variables", {}))
    return names


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_folder_handler_and_role(name: str) -> None:
    properties = FUNCTIONS[name]["Properties"]
    if properties.get("PackageType") != "Image":
        folder = ROOT / properties["CodeUri"]
        assert "lambda_handler" in (folder / "handler.py").read_text()
        assert (folder / "requirements.txt").exists()
    assert properties["Role"]["Fn::GetAtt"][1] == "Arn"


def test_every_folder_of_a_function_is_deployed() -> None:
    deployed = {
        Path(function["Properties"].get("CodeUri", IMAGES.get(name, "definitions"))).name
        for name, function in FUNCTIONS.items()
    }
    assert deployed == {path.parent.name for path in ROOT.glob("functions/*/handler.py")}


@pytest.mark.parametrize("name", WORKED_BY_QUEUE)
def test_every_queue_waits_six_times_as_long_as_its_function_may_take(name: str) -> None:
    queue = template()["Resources"][queue_of(name)]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * FUNCTIONS[name]["Properties"]["Timeout"]


@pytest.mark.parametrize("name", WORKED_BY_QUEUE)
def test_every_queue_has_dead_letters_that_are_kept_for_two_weeks(name: str) -> None:
    queue = template()["Resources"][queue_of(name)]["Properties"]
    dead = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    letters = template()["Resources"][dead]["Properties"]
    assert letters["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("name", WORKED_BY_QUEUE)
def test_every_function_counts_tries_as_its_queue_does(name: str) -> None:
    queue = template()["Resources"][queue_of(name)]["Properties"]
    variables = {
        **template()["Globals"]["Function"]["Environment"]["Variables"],
        **FUNCTIONS[name]["Properties"]["Environment"]["Variables"],
    }
    count = queue["RedrivePolicy"]["maxReceiveCount"]
    assert count == int(variables["MAX_RECEIVE_COUNT"])
    assert count == (len(WAITS) + 1 if name == "WebhookFunction" else 5)


@pytest.mark.parametrize("name", WORKED_BY_QUEUE)
def test_every_batch_fails_in_parts_and_scales_within_a_bound(name: str) -> None:
    (event,) = events(name)
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert "MaximumConcurrency" in event["ScalingConfig"]


def read_variables() -> set[str]:
    """The environment variables that settings.py names."""
    tree = ast.parse((CORE / "settings.py").read_text())
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and re.fullmatch("[A-Z][A-Z_]+", text)}


UNTOLD = {
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",  # set by Lambda
    "AWS_XRAY_DAEMON_ADDRESS",
    "POWERTOOLS_SERVICE_NAME",  # declared, and Powertools' to read
    "_X_AMZN_TRACE_ID",
    "OFFICE_COMMAND",  # set by the container image, where they are true
    "OFFICE_PROFILE",
    "CLAMD_COMMAND",  # said in tests
}


def test_every_variable_that_settings_read_is_declared_and_the_other_way_round() -> None:
    declared = {name for name in environment() if not name.startswith("POWERTOOLS_")}
    assert read_variables() - UNTOLD == declared


def statements() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, role in resources("AWS::IAM::Role").items():
        named = role["Properties"].get("ManagedPolicyArns", {"Fn::If": [None, [], None]})
        assert all(arn["Ref"] in template()["Resources"] for arn in named["Fn::If"][1]), name
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                yield name, statement


def test_every_statement_names_its_actions_and_resources() -> None:
    for role, statement in statements():
        actions = statement["Action"]
        for action in [actions] if isinstance(actions, str) else actions:
            assert "*" not in action, (role, action)
        if statement["Sid"] != "Traces":  # X-Ray's actions take no resource
            assert statement["Resource"] != "*", (role, statement["Sid"])


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [
        function["Properties"]["Role"]["Fn::GetAtt"][0]
        for function in FUNCTIONS.values()
        if not function["Properties"].get("PackageType")
    ]
    assert len(set(roles)) == len(roles)


def subscribed() -> Mapping[str, Mapping[str, Any]]:
    """Step → the filter policy of its queue's subscription to the assets topic."""
    topic = {"Ref": "AssetsTopic"}
    return {
        subscription["Properties"]["Endpoint"]["Fn::GetAtt"][0].removesuffix("Queue").lower(): (
            subscription["Properties"]["FilterPolicy"]
        )
        for subscription in resources("AWS::SNS::Subscription").values()
        if subscription["Properties"]["TopicArn"] == topic
    }


OPTIONAL = {"office": "OfficeWorker", "av": "VideoWorker"}
"""The steps that a parameter leaves out, and that parameter."""


def plans() -> list[Plan]:
    """The plan with a gate, for each choice of the optional workers, the full one first."""
    _, parts = template()["Globals"]["Function"]["Environment"]["Variables"]["PLAN"]["Fn::Join"]
    choices = []
    for part in parts:
        if isinstance(part, str):
            choices.append([part])
            continue
        name, chosen, _ = part["Fn::FindInMap"]
        marks = template()["Mappings"][name]
        assert set(marks) == set(template()["Parameters"][chosen["Ref"]]["AllowedValues"])
        texts = dict.fromkeys(text for each in marks.values() for text in each.values())
        choices.append([text for text in texts if text] if name == "ScanStep" else list(texts))
    return [Plan.parse("".join(chosen)) for chosen in product(*choices)]


def test_every_step_of_the_plan_has_its_own_subscription() -> None:
    filters = subscribed()
    for plan in plans():
        assert set(plan.entries) == set(filters)
    for step, policy in filters.items():
        assert policy == {"steps": [step]}


def test_without_receivers_there_is_nothing_of_webhooks() -> None:
    def webhooks(**parameters: str) -> set[str]:
        made = expand.answered(expand.template(), parameters)
        return {name for name in (*made["Resources"], *made["Outputs"]) if "Webhook" in name}

    assert webhooks() == set()
    assert len(webhooks(WebhookUrls="https://example.com/")) > 7


def test_every_plan_has_the_same_steps_and_lacks_only_workers_that_are_optional() -> None:
    most, *others = plans()
    assert all(entry.is_deployed for entry in most.entries.values())
    for plan in others:
        lacking = {name for name, entry in plan.entries.items() if not entry.is_deployed}
        assert lacking <= set(OPTIONAL)


def test_the_sweep_reads_the_dead_letters_of_every_queue_that_records_wait_for() -> None:
    told = FUNCTIONS["SweepFunction"]["Properties"]["Environment"]["Variables"]["DEAD_LETTERS"]
    named = re.findall(r"(\w+)=\$\{(\w+)\.QueueName\}", str(told))
    dead = {name for name in resources("AWS::SQS::Queue") if name.endswith("DeadLetters")}
    assert {queue for _, queue in named} == dead - {"WebhookDeadLetters", "QuarantineDeadLetters"}
    assert all(queue == f"{name.capitalize()}DeadLetters" for name, queue in named)


def test_every_subscription_delivers_raw_messages() -> None:
    for name, subscription in resources("AWS::SNS::Subscription").items():
        assert subscription["Properties"]["RawMessageDelivery"] is True, name


def test_the_defaults_are_those_of_the_code() -> None:
    parameters = {name: entry.get("Default") for name, entry in template()["Parameters"].items()}
    limits = Limits()
    assert parameters["MaxImageMegabytes"] * MEGA == limits.image_bytes
    assert parameters["MaxDocumentMegabytes"] * MEGA == limits.document_bytes
    assert parameters["MaxOfficeMegabytes"] * MEGA == limits.office_bytes
    assert parameters["MaxMegabytes"] * MEGA == limits.any_bytes
    assert parameters["MaxMegapixels"] * MEGA == limits.pixels
    assert parameters["MaxFrames"] == limits.frames
    assert parameters["MaxPages"] == limits.pages
    assert parameters["MaxTextMegabytes"] * MEGA == limits.text_bytes
    assert parameters["MaxSoundMinutes"] * 60 == limits.sound_seconds
    profiles = parse_profiles(
        parameters["Renditions"], parameters["Formats"], qualities=parameters["Qualities"]
    )
    assert [(p.name, p.width) for p in profiles] == [
        ("thumbnail", 256),
        ("medium", 800),
        ("large", 1920),
    ]


@pytest.mark.parametrize("name", ["OfficeImageFunction", "OfficeFunction"])
def test_libreoffice_is_bounded_by_the_memory_of_its_function(name: str) -> None:
    memory = FUNCTIONS[name]["Properties"]["MemorySize"] << 20
    assert Settings({}).memory_bytes == memory
    assert Bounds().memory_bytes == Bounds.within(memory, pages=1).memory_bytes < memory


@pytest.mark.parametrize("name", resources("AWS::S3::Bucket"))
def test_every_bucket_is_versioned_encrypted_private_and_refuses_plain_http(name: str) -> None:
    bucket = template()["Resources"][name]
    properties = bucket["Properties"]
    assert properties["VersioningConfiguration"]["Status"] == "Enabled"
    assert properties["BucketEncryption"]
    assert all(properties["PublicAccessBlockConfiguration"].values())
    assert "BucketName" not in properties
    policy = template()["Resources"][f"{name}Policy"]
    stated = policy["Properties"]["PolicyDocument"]["Statement"]
    found = [each.get("Fn::If", [None, each])[1] for each in stated]
    (statement,) = [each for each in found if each["Sid"] == "OnlyOverTls"]
    assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert template()["Parameters"]["RequireTls"]["Default"] == "true"
