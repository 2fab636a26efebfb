"""The secrets that webhooks are signed with: the current one, and the one before it.

Secrets Manager keeps both: whoever puts a new one has every message signed twice from then on,
until the next is put.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mediamill.aws.clients import client

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

_KEPT_SECONDS = 300.0


@dataclass(slots=True)
class Secrets:
    """The secrets of one deployment, read again every five minutes."""

    arn: str
    _read: Sequence[str] = ()
    _until: float = field(default=0.0)

    def current(self) -> Sequence[str]:
        """The secrets, the newest first."""
        if time.monotonic() >= self._until:
            self._read = standing(client("secretsmanager"), self.arn)
            self._until = time.monotonic() + _KEPT_SECONDS
        return self._read


def standing(manager: SecretsManagerClient, arn: str) -> Sequence[str]:
    """The secrets that messages are signed with just now, the newest first."""
    found = [manager.get_secret_value(SecretId=arn)["SecretString"]]
    try:
        before = manager.get_secret_value(SecretId=arn, VersionStage="AWSPREVIOUS")
    except manager.exceptions.ResourceNotFoundException:
        return found  # it was never changed
    return [*found, before["SecretString"]]
