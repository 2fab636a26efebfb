"""Updates go live: whatever changes, the queues call it; and where nothing changes, nothing does.

CloudFormation updates what differs between two templates with all their values in place. So the
template is expanded by SAM's own translator, twice, and compared as CloudFormation would.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import expand
import pytest

WRITTEN = expand.template()
ALL_ON = {
    "OfficeWorker": "image",
    "OfficeImage": f"{expand.ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/office:1",
    "Scan": "clamav",
    "ScanImage": f"{expand.ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/scan:1",
    "SubnetIds": "subnet-0123456789abcdef0",
    "SecurityGroupIds": "sg-0123456789abcdef1",
    "ApiAccess": "jwt",
    "JwtIssuer": "https://example.com/",
    "JwtAudience": "app",
    "WebhookUrls": "https://example.com/other",
    "Cdn": "on",
    "CdnKeyArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:other-AbCdEf",
    "CdnPublicKey": "MFww,DQYJ",
}

# Another value for every parameter of free text; the others have theirs in AllowedValues.
OTHERWISE = {
    **expand.EXAMPLES,
    **expand.EXISTING,
    "Renditions": "small=100",
    "Formats": "webp,avif",
    "Qualities": "webp=70",
    "Background": "#000000",
    "WatermarkStyle": "center,50%,50%",
    "CacheControl": "no-store",
    "DocumentExtras": "words",
    "PageSize": "100dpi",
    "OfficeImage": f"{expand.ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/office:2",
    "ScanImage": f"{expand.ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/scan:2",
    "ScanSources": "mirror.example.com",
}
USERS = {
    "ApiAccess": "jwt",
    "Users": "cognito",
    "UserDomain": "photos-of-others",
    "UserPages": "https://example.com/others/",
}
BESIDE = {
    "UploadsPattern": {"ExistingBucket": "theirs"},
    "UserDomain": USERS,
    "UserPages": USERS,
}
"""Parameters that say something beside others alone, which not all tests here have."""

IMAGES = {"OfficeImageFunction", "ScanImageFunction", "DefinitionsFunction"}
LOCAL = {"OfficeFunction": {"OfficeWorker": "function"}, "ScanFunction": {"Scan": "local"}}


def functions(made: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: resource["Properties"]
        for name, resource in made["Resources"].items()
        if resource["Type"] == "AWS::Lambda::Function"
    }


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> set[str]:
    """The functions that CloudFormation updates, makes or takes away."""
    old, new = functions(before), functions(after)
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def otherwise(name: str) -> str:
    """A value of a parameter that is not the one it has in these tests."""
    entry = WRITTEN["Parameters"][name]
    now = {**expand.defaults(WRITTEN), **ALL_ON}[name]
    if "AllowedValues" in entry:
        return next(str(value) for value in entry["AllowedValues"] if str(value) != now)
    return OTHERWISE[name] if name in OTHERWISE else str(int(now) + 1)


BEFORE = expand.answered(WRITTEN, ALL_ON)
EXPANDED = expand.expanded(WRITTEN, ALL_ON)
EVERY = functions(BEFORE) | functions(
    expand.answered(WRITTEN, {"OfficeWorker": "function", "Scan": "local"})
)


@pytest.mark.parametrize("worker", ["image", "function"])
def test_every_queue_calls_its_function_and_no_version_of_it(worker: str) -> None:
    made = expand.answered(WRITTEN, {**ALL_ON, "OfficeWorker": worker})
    called = [
        resource["Properties"]["FunctionName"]
        for resource in made["Resources"].values()
        if resource["Type"] == "AWS::Lambda::EventSourceMapping"
    ]
    otherwise_called = {"SweepFunction", "ApiFunction", "DefinitionsFunction"}  # schedules, HTTP
    assert {name["Ref"] for name in called} == functions(made).keys() - otherwise_called
    kinds = {resource["Type"] for resource in made["Resources"].values()}
    assert not kinds & {"AWS::Lambda::Alias", "AWS::Lambda::Version"}


def test_no_change_updates_nothing() -> None:
    assert expand.answered(WRITTEN, ALL_ON) == BEFORE


def test_a_change_of_the_core_updates_every_function_that_has_it() -> None:
    before = expand.answered(WRITTEN, ALL_ON, {"CoreLayer": "s3://artifacts/1"})
    after = expand.answered(WRITTEN, ALL_ON, {"CoreLayer": "s3://artifacts/2"})
    assert changed(before, after) == functions(after).keys() - IMAGES


@pytest.mark.parametrize("name", sorted(EVERY.keys() - IMAGES))
def test_a_change_of_its_own_code_updates_a_function_alone(name: str) -> None:
    here = LOCAL.get(name, ALL_ON)
    before = expand.answered(WRITTEN, here, {name: "s3://artifacts/1"})
    after = expand.answered(WRITTEN, here, {name: "s3://artifacts/2"})
    assert changed(before, after) == {name}


@pytest.mark.parametrize("name", WRITTEN["Parameters"])
def test_a_change_of_a_parameter_reaches_all_that_it_says_something_to(name: str) -> None:
    if name in BESIDE:
        given = BESIDE[name]
        other = {**given, name: otherwise(name)}
        assert expand.answered(WRITTEN, given) != expand.answered(WRITTEN, other)
        return
    after = expand.answered(WRITTEN, {**ALL_ON, name: otherwise(name)})
    assert after != BEFORE, f"{name} changes nothing"
    told = {function for function in functions(BEFORE) if name in referred(function)}
    if name not in ("OfficeWorker", "Scan"):  # which take functions away
        assert changed(BEFORE, after) == told


def referred(function: str) -> set[str]:
    """The parameters that a function's properties depend on, through conditions as well."""
    text = json.dumps(EXPANDED["Resources"][function]["Properties"])
    for condition in re.findall(r'"Fn::If": \["(\w+)"', text):
        text += json.dumps(EXPANDED["Conditions"][condition])
    return set(re.findall(r'"Ref": "(\w+)"', text)) & set(WRITTEN["Parameters"])


@pytest.mark.parametrize("refused", ["office", "office:latest", "host:5000/office"])
def test_an_office_image_has_a_name_that_is_another_for_another_image(refused: str) -> None:
    pattern = WRITTEN["Parameters"]["OfficeImage"]["AllowedPattern"]
    assert not re.fullmatch(pattern, refused)
    assert re.fullmatch(pattern, ALL_ON["OfficeImage"])
    assert re.fullmatch(pattern, f"host:5000/office@sha256:{64 * 'a'}")
    assert re.fullmatch(pattern, WRITTEN["Parameters"]["OfficeImage"]["Default"])
