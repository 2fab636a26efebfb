"""The workers' blocks of the template against each other: what may differ is said here."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

TEMPLATE: Mapping[str, Any] = yaml_parse((Path(__file__).parents[2] / "template.yaml").read_text())
WORKERS = ["Image", "Metadata", "Document", "Office", "Scan", "Av"]
PARTS = ["Subscription", "Queue", "DeadLetters", "Function", "Role"]

# What a worker is, and how much it needs.
OWN = {"CodeUri", "Description", "MemorySize", "Timeout", "EphemeralStorage", "VisibilityTimeout"}
# What it may write and read of the results.
OWN_STATEMENTS = {
    *("Derivatives", "DerivativesOfOthers", "DerivedOriginals", "Posters"),
    *("Tags", "Definitions", "TellMissingFromForbidden"),
}
SHARED_VARIABLES = {"POWERTOOLS_SERVICE_NAME", "OWN_QUEUE"}


def block(worker: str, part: str) -> Any:
    """One resource of a worker without what is its own, and with its name left out."""
    resource = json.loads(json.dumps(TEMPLATE["Resources"][f"{worker}{part}"], default=str))
    resource.pop("Condition", None)  # an optional worker has one
    properties = {name: value for name, value in resource["Properties"].items() if name not in OWN}
    if part == "Function":
        variables = properties["Environment"]["Variables"]
        properties["Environment"] = {
            name: value for name, value in variables.items() if name in SHARED_VARIABLES
        }
    if part == "Role":
        (policy,) = properties["Policies"]
        policy["PolicyDocument"]["Statement"] = [
            statement
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Sid"] not in OWN_STATEMENTS
        ]
    text = json.dumps({**resource, "Properties": properties}, sort_keys=True)
    named = re.sub(rf"{worker}(?={'|'.join(PARTS)})", "Worker", text)
    return json.loads(named.replace(f'"{worker.lower()}"', '"worker"'))


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("worker", WORKERS[1:])
def test_a_workers_block_is_as_every_other(worker: str, part: str) -> None:
    assert block(worker, part) == block(WORKERS[0], part)
