"""`mediamill status`, `ls` and `rm`: single assets, lists of them, and their removal."""

from __future__ import annotations

import time
from typing import Annotated, Literal

import typer
from botocore.exceptions import ClientError
from rich.text import Text

from mediamill.domain.kind import Kind, Status
from mediamill_cli.assets import listed, manifests, record, records
from mediamill_cli.choice import find_stack
from mediamill_cli.commands.upload import tell_problems
from mediamill_cli.console import as_typed, err, out, print_json
from mediamill_cli.errors import Failure, explained
from mediamill_cli.options import Json, Key, Keys, Profile, Region, StackName, State, Timeout
from mediamill_cli.render import (
    derivatives_table,
    printable,
    record_json,
    row_json,
    rows_table,
    seconds,
    size,
    status_text,
    steps_table,
)
from mediamill_cli.stack import Stack

_POLL_SECONDS = 0.5
_Listed = Literal["processing", "complete", "partial", "failed", "rejected"]


def status(
    key: Key,
    wait: Annotated[bool, typer.Option("--wait", "-w", help="Wait until it is done.")] = False,
    timeout: Timeout = 1800.0,
    json: Json = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Show where one asset stands. The exit code is 0 only if it is complete."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        found = record(chosen, key)
        if wait and found.status is Status.PROCESSING:
            deadline = time.monotonic() + timeout
            with err.status(Text(f"Waiting for {printable(key)}")):
                while found.status is Status.PROCESSING and time.monotonic() < deadline:
                    time.sleep(_POLL_SECONDS)
                    found = record(chosen, key)
            if found.status is Status.PROCESSING:
                err.print(
                    Text(f"! Not done after {timeout:.0f} s; it goes on.", style="yellow"),
                    soft_wrap=True,
                )
        manifest = manifests(chosen, [found]).get(key)
        if json:
            print_json(record_json(found, manifest))
        else:
            asset = found.asset
            took = seconds(found)
            head = Text.assemble(
                (printable(asset.key), "bold"),
                "  ",
                status_text(found.status),
                f"  {asset.kind.value}, {asset.content_type}, {size(asset.bytes)}",
                "" if took is None else f", {took:.1f} s",
            )
            out.print(head, soft_wrap=True)
            out.print(steps_table(found))
            if manifest is not None and manifest["derivatives"]:
                out.print()
                out.print(derivatives_table(manifest["derivatives"]))
                out.print()
            tell_problems([found])
        if found.status is not Status.COMPLETE:
            raise typer.Exit(1)


def ls(
    prefix: Annotated[str, typer.Argument(help="Only keys that begin with this.")] = "",
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="How many at the most; 0 for all.")
    ] = 50,
    status: Annotated[_Listed | None, typer.Option(help="Only those of this status.")] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only those of this kind.")] = None,
    json: Json = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """List the assets, the newest first."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        rows = listed(
            chosen,
            prefix=prefix,
            status=Status(status) if status else None,
            kind=kind,
            limit=limit + 1 if limit else None,
        )
        is_part = bool(prefix or status or kind)
        shown = rows[:limit] if limit else rows
        if json:
            print_json([row_json(row) for row in shown])
        elif not shown:
            out.print("There are no such assets." if is_part else "There are no assets yet.")
            if not is_part:
                out.print(as_typed("Next: mediamill upload --wait FILE_OR_FOLDER…"))
        else:
            out.print(rows_table(shown))
            if len(rows) > len(shown):
                err.print(f"[dim]The newest {limit}; --limit 0 lists all.[/]")


def rm(
    keys: Keys,
    wait: Annotated[
        bool, typer.Option("--wait", "-w", help="Wait until what was made is gone, too.")
    ] = False,
    timeout: Timeout = 300.0,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Remove originals; all that was made of them goes with them."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        for key in keys:
            _refuse_missing(chosen, key)
        for key in keys:
            chosen.s3.delete_object(Bucket=chosen.uploads, Key=key)
        if wait:
            _wait_gone(chosen, keys, timeout)
        for key in keys:
            out.print(Text(f"Removed {printable(key)}"), soft_wrap=True)


def _refuse_missing(stack: Stack, key: str) -> None:
    try:
        stack.s3.head_object(Bucket=stack.uploads, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("404", "NoSuchKey", "NotFound"):
            raise
        raise Failure(
            f"There is no original {key!r} in the stack {stack.name}; nothing was removed.",
            do="See the originals there are with `mediamill ls`.",
        ) from error


def _wait_gone(stack: Stack, keys: list[str], timeout: float) -> None:
    deadline = time.monotonic() + timeout
    with err.status("Waiting until everything made of it is gone"):
        while any(
            found.status is not Status.DELETED or found.is_untidy
            for found in records(stack, keys).values()
        ):
            if time.monotonic() > deadline:
                raise Failure(
                    f"Not everything was gone after {timeout:.0f} s.",
                    do="It goes on; look again with `mediamill ls`.",
                )
            time.sleep(_POLL_SECONDS)
