"""Hold the template that CloudFormation gets against AWS's schemas and the rules of safe settings.

    make audit                (`make lint` does it where the template changed)

The template is expanded as in expand.py, so many times that each allowed value of each parameter
was in it, and cfn-lint and checkov look at every one. What they find has to be mended, or stand in
SKIPPED with the reason why it is right as it is.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import expand
from cfnlint.api import lint  # type: ignore[import-untyped]
from cfnlint.config import ManualArgs  # type: ignore[import-untyped]
from cfnlint.core import get_rules  # type: ignore[import-untyped]
from cfnlint.rules import RulesCollection  # type: ignore[import-untyped]
from samcli.yamlhelper import yaml_dump  # type: ignore[import-untyped]

CHECKOV = expand.ROOT / ".build" / "checkov" / "bin" / "checkov"

SKIPPED = {
    "CKV_AWS_111": "Lambda's network interfaces: EC2's actions for them take no resource",
    "CKV_AWS_115": "reserved concurrency would take it from the account's other functions; the "
    "queues' MaximumConcurrency bounds each function",
    "CKV_AWS_116": "a queue calls each function, and has dead letters of its own",
    "CKV_AWS_174": "the domain is CloudFront's own, whose least version of TLS nobody can choose",
    "CKV_AWS_68": "a firewall costs by the month; results are files, and the API is throttled",
    "CKV_AWS_86": "CloudFront's logs want a bucket with access lists, which no new bucket has",
}
"""Rules that this template breaks, and why that is right."""

UNLESS = {
    "CKV_AWS_117": ("SubnetIds", "the functions call AWS alone, with a role; a network costs"),
    "CKV_AWS_119": ("KeyArn", "encrypted with a key of DynamoDB's, which costs nothing"),
    "CKV_AWS_158": ("KeyArn", "encrypted with a key of CloudWatch's, which costs nothing"),
    "CKV_AWS_173": ("KeyArn", "encrypted with a key of Lambda's; and no variable is a secret"),
    "CKV_AWS_18": ("AccessLogsBucket", "only the account's owner knows where such logs belong"),
    "CKV_AWS_26": ("KeyArn", "messages have names, no contents; SNS encrypts with a key or not"),
    "CKV_AWS_27": ("KeyArn", "encrypted by SqsManagedSseEnabled, which the rule does not know"),
}
"""Rules that hold once a parameter is given: the parameter, and why it is not by default."""


@dataclass(frozen=True, order=True)
class Finding:
    """One rule that one resource breaks."""

    rule: str
    resource: str
    says: str


def linted(text: str, rules: RulesCollection) -> Iterator[Finding]:
    """What cfn-lint finds in one expanded template."""
    for match in lint(text, rules, config=ManualArgs(regions=[expand.REGION])):
        where = "/".join(map(str, getattr(match, "path", None) or ()))
        yield Finding(match.rule.id, where, match.message)


def checked(folder: Path) -> Mapping[str, list[Finding]]:
    """What checkov finds in each expanded template of a folder, by file name."""
    command = [
        str(CHECKOV),
        "--directory",
        str(folder),
        "--framework",
        "cloudformation",
        "--output",
        "json",
    ]
    run = subprocess.run(
        [*command, "--skip-download", "--quiet", "--compact"],
        capture_output=True,
        text=True,
    )
    report = json.loads(run.stdout)
    found: dict[str, list[Finding]] = defaultdict(list)
    if not report["summary"]["passed"] or report["summary"]["parsing_errors"]:
        sys.exit(f"checkov did not look at the template:\n{run.stdout}{run.stderr}")
    for failed in report["results"]["failed_checks"]:
        finding = Finding(failed["check_id"], failed["resource"], failed["check_name"])
        found[Path(failed["file_path"]).name].append(finding)
    return found


def is_skipped(rule: str, values: Mapping[str, str]) -> bool:
    """Whether there is a reason for breaking a rule with these values of the parameters."""
    if rule in UNLESS:
        return not values.get(UNLESS[rule][0])
    return rule in SKIPPED


def main() -> None:
    """Print what was found, by rule and resource; exit 1 if anything was."""
    written = expand.template()
    found: dict[Finding, str] = {}
    used: set[str] = set()
    rules = get_rules([], [], [])
    variants = {f"{turn:02}.yaml": each for turn, each in enumerate(expand.variants(written))}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, values in variants.items():
            text = yaml_dump(expand.answered(written, values))
            (folder / file).write_text(text)
            for finding in linted(text, rules):
                found.setdefault(finding, file)
        for file, findings in checked(folder).items():
            for finding in findings:
                used.add(finding.rule)
                if not is_skipped(finding.rule, variants[file]):
                    found.setdefault(finding, file)
    for finding, file in sorted(found.items()):
        given = " ".join(f"{name}={value}" for name, value in variants[file].items())
        print(f"{finding.rule} {finding.resource}: {finding.says}\n    with {given or 'defaults'}")
    for rule in sorted({*SKIPPED, *UNLESS} - used):
        print(f"{rule} is skipped and never broken: take it out of {Path(__file__).name}")
    if found or {*SKIPPED, *UNLESS} - used:
        sys.exit(1)
    print(f"{len(variants)} expanded templates: nothing found")


if __name__ == "__main__":
    main()
