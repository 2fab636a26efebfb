"""What this deployment asks of an account, before anybody adds a worker or raises a parameter."""

from __future__ import annotations

from pathlib import Path

from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

TEMPLATE = yaml_parse((Path(__file__).parents[2] / "template.yaml").read_text())
LEAST_QUOTA = 10  # concurrent executions of a new account


def test_the_default_needs_no_more_room_than_the_newest_account_has() -> None:
    default = int(TEMPLATE["Parameters"]["MaxConcurrency"]["Default"])
    unasked = [
        name
        for name, resource in TEMPLATE["Resources"].items()
        if resource["Type"] == "AWS::Serverless::Function"
        and "Condition" not in resource
        and any(
            event["Type"] == "SQS" for event in resource["Properties"].get("Events", {}).values()
        )
    ]
    assert len(unasked) > 1
    assert default * len(unasked) <= LEAST_QUOTA
