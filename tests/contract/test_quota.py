"""What this deployment asks of an account, before anybody raises a parameter."""

from __future__ import annotations

from pathlib import Path

from botocore.session import Session
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

TEMPLATE = yaml_parse((Path(__file__).parents[2] / "template.yaml").read_text())


def test_the_default_is_the_least_that_a_queue_may_call_its_function_at_once() -> None:
    shape = Session().get_service_model("lambda").shape_for("MaximumConcurrency")
    assert int(TEMPLATE["Parameters"]["MaxConcurrency"]["Default"]) == shape.metadata["min"]
