"""The template as AWS sees it: expanded by SAM's own translator, and answered for given parameters.

`sam validate` looks at what we write; CloudFormation gets what SAM makes of it, with the values of
parameters in place. Both the checks of `make lint` and the contract tests look at the latter.
"""

from __future__ import annotations

import copy
import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from samcli.lib.cfn_language_extensions.api import (  # type: ignore[import-untyped]
    process_template,
)
from samcli.lib.cfn_language_extensions.models import (  # type: ignore[import-untyped]
    PseudoParameterValues,
)
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]
from samtranslator.translator.transform import transform  # type: ignore[import-untyped]

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it misses metrics that nobody reads

ROOT = Path(__file__).resolve().parent.parent
REGION = "us-east-1"
ACCOUNT = "123456789012"

Template = dict[str, Any]

EXAMPLES = {
    "KeyArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "PermissionsBoundary": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "SubnetIds": "subnet-0123456789abcdef0,subnet-0123456789abcdef1",
    "SecurityGroupIds": "sg-0123456789abcdef0",
    "AccessLogsBucket": "access-logs",
    "WarmWrites": "40000",
    "UploadOrigins": "https://example.com,http://localhost:8080",
    "Watermark": "assets-of-yours/logo.png",
    "JwtIssuer": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_example",
    "JwtAudience": "web,app",
    "UserDomain": "photos-of-example",
    "UserPages": "https://example.com/photos/,http://localhost:8080/",
    "ApiPrefix": "users/{sub}/",
    "WebhookUrls": "https://example.com/hook,https://example.org:8443/in?from=mediamill",
    "ContentBucket": "own",
    "QuarantineReader": f"arn:aws:iam::{ACCOUNT}:role/analyst",
    "CdnKeyArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:mediamill/cdn/1234abcd-AbCdEf",
    "CdnPublicKey": ",".join(
        [
            "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKXxIvOuPQhEkKvZrFZLiBPYHYGl3KxJ",
            "kPsYGlHXHh1z3zQZBxEC1wlGdSsJpGkGvk2mJzgfDlfZVfNbqSIb0r0CAwEAAQ==",
        ]
    ),
}
"""A value of each parameter that is empty by default and brings something once it is not."""

EXISTING = {"ExistingBucket": "bucket-of-yours", "UploadsPattern": "photos/*.jpg"}
"""A bucket in place of the stack's own."""


def template(path: Path = ROOT / "template.yaml") -> Template:
    """The template as it is written."""
    loaded: Template = yaml_parse(path.read_text())
    return loaded


def defaults(written: Mapping[str, Any]) -> dict[str, str]:
    """Every parameter's default, as CloudFormation has it: text."""
    return {name: str(entry["Default"]) for name, entry in written["Parameters"].items()}


def expanded(
    written: Mapping[str, Any],
    parameters: Mapping[str, str] | None = None,
    code: Mapping[str, str] | None = None,
) -> Template:
    """What SAM's translator makes of the template, with references still in it.

    `code` has the address of a function's or layer's artifact by logical name, as `sam package`
    puts it there: other bytes, another address.
    """
    packaged = copy.deepcopy(dict(written))
    for name, resource in packaged["Resources"].items():
        for entry in ("CodeUri", "ContentUri"):
            if entry in resource.get("Properties", {}):
                resource["Properties"][entry] = (code or {}).get(name, f"s3://artifacts/{name}")
    values = {**defaults(written), **(parameters or {})}
    with mock.patch.dict("os.environ", {"AWS_DEFAULT_REGION": REGION}):
        made: Template = transform(packaged, values, _NoPolicies())
    return made


def answered(
    written: Mapping[str, Any],
    parameters: Mapping[str, str] | None = None,
    code: Mapping[str, str] | None = None,
) -> Template:
    """The expanded template with every parameter, condition and mapping answered.

    Resources whose condition does not hold are gone. Only what a deployment finds out stays: names
    of resources, and their attributes.
    """
    values = {**defaults(written), **(parameters or {})}
    made = expanded(written, parameters, code)
    holding = {name: holds(made, {"Condition": name}, values) for name in made["Conditions"]}
    for section in ("Resources", "Outputs"):
        for name, entry in list(made[section].items()):
            if not holding.get(entry.pop("Condition", None), True):
                del made[section][name]
    pseudo = PseudoParameterValues(region=REGION, account_id=ACCOUNT, partition="aws")
    made = process_template(made, values, pseudo)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": _substituting(made["Resources"]),
        "Outputs": _substituting(made["Outputs"]),
    }


def _substituting(value: Any) -> Any:
    """The same, with `Fn::Sub` again around texts that still name a resource: SAM's resolver drops
    it once it has answered what it could."""
    if isinstance(value, dict):
        return {name: _substituting(entry) for name, entry in value.items()}
    if isinstance(value, list):
        return [_substituting(entry) for entry in value]
    if isinstance(value, str) and re.search(r"\$\{[\w.:]+\}", value):
        return {"Fn::Sub": value}
    return value


def holds(made: Mapping[str, Any], condition: Any, values: Mapping[str, str]) -> bool:
    """Whether a condition holds for these values of the parameters."""
    ((function, told),) = condition.items()
    if function == "Condition":
        return holds(made, made["Conditions"][told], values)
    if function == "Fn::Equals":
        left, right = (values[side["Ref"]] if isinstance(side, dict) else side for side in told)
        return str(left) == str(right)
    each = [holds(made, entry, values) for entry in told]
    if function == "Fn::Not":
        return not each[0]
    return any(each) if function == "Fn::Or" else all(each)


def variants(written: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Values for all parameters, so many times that each allowed value of each was given once.

    The first are the defaults. What is empty by default is an example now and then; another
    parameter of free text has its default everywhere. No two parameters go through their values in
    step, so that an image of one worker meets a function of another.
    """
    yield {}
    choices = {
        name: [str(value) for value in entry["AllowedValues"]]
        for name, entry in written["Parameters"].items()
        if "AllowedValues" in entry
    }
    for turn in range(max(map(len, choices.values()))):
        chosen = {
            name: allowed[(turn + number) % len(allowed)]
            for number, (name, allowed) in enumerate(choices.items())
        }
        examples = EXAMPLES if turn // 2 % 2 else {}
        yield chosen | examples | (EXISTING if turn % 3 == 1 else {})


class _NoPolicies:
    """SAM asks IAM for the names of AWS's own policies; this template uses none of them."""

    def load(self) -> dict[str, str]:
        return {}
