"""What `make audit` is for, it finds: settings that AWS would refuse, and such as are not safe."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import audit
import expand
import pytest
from cfnlint.core import get_rules  # type: ignore[import-untyped]
from samcli.yamlhelper import yaml_dump  # type: ignore[import-untyped]

WRITTEN = expand.template()


def text(**parameters: str) -> str:
    dumped: str = yaml_dump(expand.answered(WRITTEN, parameters))
    return dumped


def rules(findings: Iterable[audit.Finding]) -> set[str]:
    return {finding.rule for finding in findings}


def test_a_value_that_lambda_refuses_is_found_behind_its_parameter() -> None:
    all_rules = get_rules([], [], [])
    assert rules(audit.linted(text(LogLevel="WARNING"), all_rules)) == {"E3030"}
    assert rules(audit.linted(text(LogLevel="WARN"), all_rules)) == set()


@pytest.mark.skipif(not audit.CHECKOV.exists(), reason="make audit installs checkov")
def test_a_bucket_that_is_not_private_is_found(tmp_path: Path) -> None:
    (tmp_path / "open.yaml").write_text(text().replace("BlockPublicPolicy: true", ""))
    found = rules(audit.checked(tmp_path)["open.yaml"])
    assert {rule for rule in found if not audit.is_skipped(rule, {})} == {"CKV_AWS_54"}


@pytest.mark.parametrize("name", WRITTEN["Parameters"])
def test_every_allowed_value_of_every_parameter_is_looked_at(name: str) -> None:
    allowed = WRITTEN["Parameters"][name].get("AllowedValues", [])
    given = {values.get(name) for values in expand.variants(WRITTEN)}
    assert set(map(str, allowed)) <= given


def test_every_skipped_rule_has_its_reason() -> None:
    assert all(len(reason.split()) > 5 for reason in audit.SKIPPED.values())
