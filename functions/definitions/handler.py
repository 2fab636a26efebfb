"""Definitions: what the scanner goes by, renewed on a schedule."""

from typing import Any

from mediamill.scan.refresh import refresh
from mediamill.settings import Settings

settings = Settings.from_env()


def lambda_handler(event: Any, context: Any) -> None:
    """Fetch, prove and publish; a failure is retried by Lambda, and by the next round."""
    refresh(settings)
