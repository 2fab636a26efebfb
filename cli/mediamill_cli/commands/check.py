"""`mediamill check`: whether everything is as it should be, and what is not."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from mediamill.aws.announce import announce_unknown
from mediamill_cli.assets import listing
from mediamill_cli.check import SENTENCES, Checked, Finding
from mediamill_cli.check import check as checked
from mediamill_cli.choice import find_stack
from mediamill_cli.console import as_typed, err, out, print_json
from mediamill_cli.errors import explained
from mediamill_cli.options import Json, Profile, Region, StackName, State
from mediamill_cli.render import printable
from mediamill_cli.stack import Stack

_SHOWN = 20  # findings, to people


def check(
    contents: Annotated[
        bool, typer.Option("--contents", help="Read every result, and compare its bytes.")
    ] = False,
    announce: Annotated[
        bool, typer.Option("--announce", help="Have originals processed that no record knows.")
    ] = False,
    patience: Annotated[
        float,
        typer.Option(
            metavar="MINUTES", min=0, help="What began later than that may still be under way."
        ),
    ] = 60,
    json: Json = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Hold originals, records, manifests and results together. Exit code 0 if all is well."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        with err.status("Checking") as status:
            found = checked(
                chosen,
                patience=timedelta(minutes=patience),
                contents=contents,
                progress=lambda what: status.update(f"Checking: {what}"),
            )
        if json:
            print_json({**asdict(found), "findings": [_row(each) for each in found.findings]})
        else:
            _print(found)
        if announce and any(each.code == "unknown_original" for each in found.findings):
            err.print(f"Announced {_announce(chosen)}; they are processed now.")
        if found.findings:
            raise typer.Exit(1)


def _announce(stack: Stack) -> int:
    return announce_unknown(
        stack.uploads,
        stack.output("IngestQueueUrl"),
        s3=stack.s3,
        sqs=stack.sqs,
        listing=listing(stack),
        pattern=stack.parameters().get("UploadsPattern", "*"),
    )


def _row(finding: Finding) -> dict[str, str | None]:
    return {**asdict(finding), "sentence": SENTENCES[finding.code]}


def _print(found: Checked) -> None:
    out.print(
        f"{found.originals:,} originals, {found.assets:,} assets, {found.results:,} results; "
        f"{found.under_way:,} under way"
    )
    if not found.findings:
        out.print("[green]All is as it should be.[/]")
        return
    for code, count in sorted(Counter(each.code for each in found.findings).items()):
        out.print(Text.assemble((f"{count:,} × {code}", "red"), f"  {SENTENCES[code]}"))
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("what", no_wrap=True)
    table.add_column("key", overflow="fold")
    for each in found.findings[:_SHOWN]:
        table.add_row(each.code, Text(printable(each.result or each.key)))
    out.print(table)
    if len(found.findings) > _SHOWN:
        out.print(as_typed(f"and {len(found.findings) - _SHOWN:,} more: mediamill check --json"))
    if any(each.code == "unknown_original" for each in found.findings):
        out.print(as_typed("Have them processed: mediamill check --announce"))
