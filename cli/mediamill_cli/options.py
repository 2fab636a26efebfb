"""The options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mediamill_cli.local.folder import DEFAULT

StackName = Annotated[
    str | None,
    typer.Option("--stack", metavar="NAME", help="The stack on AWS; without it, the local one."),
]
Profile = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The AWS profile to use with --stack."),
]
Region = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The AWS region that the stack is in."),
]
State = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER", help="The local stack's folder.", show_default=f"{DEFAULT} in the project"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for a machine.")]
Keys = Annotated[list[str], typer.Argument(metavar="KEY", help="Keys in the uploads bucket.")]
Key = Annotated[str, typer.Argument(metavar="KEY", help="A key in the uploads bucket.")]
Timeout = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="How long to wait at the most.")
]
