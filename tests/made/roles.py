"""What roles of an expanded template may do, weighed as IAM does: deny, then allow, else no."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

Statement = Mapping[str, Any]


@dataclass(frozen=True)
class Roles:
    """The roles of a template whose parameters are answered, by logical name."""

    made: Mapping[str, Any]

    @cached_property
    def properties(self) -> dict[str, Any]:
        return {
            name: role["Properties"]
            for name, role in self.made["Resources"].items()
            if role["Type"] == "AWS::IAM::Role"
        }

    def statements(self, role: str) -> Iterator[Statement]:
        """The role's own statements, and those of policies that are attached to it."""
        resources = self.made["Resources"]
        shared = (
            policy["Properties"]
            for policy in resources.values()
            if policy["Type"] == "AWS::IAM::Policy"
            and {"Ref": role} in policy["Properties"]["Roles"]
        )
        own = self.properties[role]
        named = (resources[arn["Ref"]]["Properties"] for arn in own.get("ManagedPolicyArns", ()))
        for policy in (*own["Policies"], *named, *shared):
            yield from policy["PolicyDocument"]["Statement"]

    def may(self, role: str, action: str, resource: str) -> bool:
        """Whether a role may do this to that; logical names stand for ARNs."""
        effects = set()
        for statement in self.statements(role):
            patterns = map(named, listed(statement["Resource"]))
            if action in listed(statement["Action"]) and any(
                fnmatchcase(resource, pattern) for pattern in patterns
            ):
                effects.add(statement["Effect"])
        return effects == {"Allow"}

    def allowed(self, role: str) -> set[str]:
        """Every action that a role may do to anything."""
        return {
            str(action)
            for statement in self.statements(role)
            if statement["Effect"] == "Allow"
            for action in listed(statement["Action"])
        }


def listed(value: Any) -> list[Any]:
    """IAM takes one as well as a list."""
    return value if isinstance(value, list) else [value]


def named(resource: Any) -> str:
    """The pattern of a resource, where its logical name stands for its ARN."""
    if isinstance(resource, str):
        return resource
    if "Fn::Sub" in resource:
        return str(resource["Fn::Sub"]).replace("${", "").replace(".Arn}", "")
    return str(resource["Ref"] if "Ref" in resource else resource["Fn::GetAtt"][0])
