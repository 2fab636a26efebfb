"""The account that the local server plays: its region, its root's key, and the stack in it."""

from __future__ import annotations

import boto3

from mediamill_cli.local.folder import Server
from mediamill_cli.stack import DEFAULT_NAME, Stack

REGION = "us-east-1"
# MiniStack takes this key for the account's root; like every local key, it is no secret.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}


def local_stack(server: Server, name: str = DEFAULT_NAME) -> Stack:
    """The stack on a local server, as the account's root."""
    session = boto3.Session(
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
        region_name=REGION,
    )
    return Stack(name, session, server.endpoint)
