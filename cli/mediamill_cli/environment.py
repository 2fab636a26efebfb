"""The one place of the command line that reads the environment it was started in."""

from __future__ import annotations

import os
from collections.abc import Mapping

# What names an AWS account: none of it may reach the local stack, or a build could talk to AWS.
_AWS = "AWS_"


def inherited() -> dict[str, str]:
    """The caller's variables, without those that name an AWS account, endpoint or profile."""
    variables: Mapping[str, str] = os.environ  # noqa: TID251
    return {name: value for name, value in variables.items() if not name.startswith(_AWS)}


def search_path() -> str:
    """The caller's PATH."""
    return inherited().get("PATH", os.defpath)
