"""`mediamill cdn`: the key that CloudFront's links are signed with."""

from __future__ import annotations

import secrets
from typing import Any

import typer
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from mediamill_cli.choice import find_stack
from mediamill_cli.console import err
from mediamill_cli.errors import explained
from mediamill_cli.options import Profile, Region, StackName, State

app = typer.Typer(help="CloudFront's links: make a key to sign them.", no_args_is_help=True)

_BITS = 2048  # CloudFront takes no other size of RSA


@app.callback()
def only() -> None:
    """CloudFront's links: make a key to sign them."""


@app.command()
def key(
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Make a key, keep its private half in Secrets Manager, print what to deploy with."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        given = chosen.parameters()
        pair = generate_private_key(public_exponent=65537, key_size=_BITS)
        private = pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = pair.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        own_key: Any = {"KmsKeyId": given["KeyArn"]} if given.get("KeyArn") else {}
        made = chosen.secrets.create_secret(
            Name=f"{chosen.name}/cdn/{secrets.token_hex(4)}",
            Description="Signs the links that CloudFront takes.",
            SecretString=private.decode(),
            **own_key,
        )
        is_first = not given.get("CdnPublicKey")
        slot = "a" if is_first or given.get("CdnKeySlot") == "b" else "b"
        lines = public.decode().split("\n")[1:-2]
        for name, value in {
            "Cdn": "on",
            "CdnKeyArn": made["ARN"],
            "CdnPublicKey": ",".join(lines),
            "CdnKeySlot": slot,
        }.items():
            print(f"{name}={value}")
