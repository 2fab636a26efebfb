"""`mediamill upload`: files in, and with --wait what became of each."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mediamill.domain.asset import Record
from mediamill.domain.kind import Status
from mediamill_cli.assets import manifests
from mediamill_cli.choice import find_stack
from mediamill_cli.console import as_typed, err, out, print_json
from mediamill_cli.errors import explained
from mediamill_cli.options import Json, Profile, Region, StackName, State, Timeout
from mediamill_cli.render import (
    assets_table,
    printable,
    problems,
    record_json,
    size,
    summary,
)
from mediamill_cli.sources import find_sources
from mediamill_cli.upload import reporting, send
from mediamill_cli.watch import Watch, wait


def upload(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH", help="Files and folders.")],
    prefix: Annotated[str, typer.Option(help="Put in front of every key.")] = "",
    wait_: Annotated[
        bool, typer.Option("--wait", "-w", help="Wait until everything is made, and show it.")
    ] = False,
    timeout: Timeout = 1800.0,
    lenient: Annotated[
        bool,
        typer.Option("--lenient", help="With --wait: exit 0 if all are done, complete or not."),
    ] = False,
    json: Json = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Upload files and folders; their paths become keys.

    With --wait the exit code is 0 only if every asset is complete.
    """
    with explained(err):
        sources = find_sources(paths, prefix)
        chosen = find_stack(stack, profile, region, state)
        with reporting(err, sources) as report:
            uploads = send(chosen, sources, report)
        if not wait_:
            if json:
                print_json(
                    [
                        {
                            "key": each.source.key,
                            "version_id": each.version_id,
                            "bytes": each.source.bytes,
                        }
                        for each in uploads
                    ]
                )
            else:
                sent = size(sum(source.bytes for source in sources))
                out.print(f"Uploaded {_files(len(sources))}, {sent}.")
                out.print(as_typed("Next: mediamill ls shows what becomes of them."))
            return
        watch = wait(chosen, uploads, err, timeout=timeout, quiet=json)
        if json:
            told = manifests(chosen, watch.finished)
            print_json([record_json(each, told.get(each.asset.key)) for each in watch.finished])
        else:
            _tell(watch, timeout)
        if watch.waiting or not (lenient or all_complete(watch.finished)):
            raise typer.Exit(1)


def all_complete(records: Sequence[Record]) -> bool:
    """Whether every asset ended as it should."""
    return all(record.status is Status.COMPLETE for record in records)


def tell_problems(records: Sequence[Record]) -> None:
    """Print a sentence for each thing that could not be made, or is not as it should be."""
    for record in records:
        for problem in problems(record):
            usable = record.status in (Status.PARTIAL, Status.COMPLETE)
            line = Text.assemble(
                ("! ", "yellow") if usable else ("✗ ", "red"),
                (printable(record.asset.key), "bold"),
                f"  {printable(problem)}",
            )
            out.print(line, soft_wrap=True)


def _tell(watch: Watch, timeout: float) -> None:
    finished = watch.finished
    if finished:
        out.print(assets_table(finished))
        out.print()
    tell_problems(finished)
    out.print(Text(f"{_files(len(watch.uploads))}: {summary(finished) or 'none done'}"))
    _tell_where(finished)
    if watch.waiting:
        names = ", ".join(printable(each.source.key) for each in watch.waiting[:3])
        err.print(
            Text(
                f"✗ {_files(len(watch.waiting))} not done after {timeout:.0f} s: {names}"
                + (" …" if len(watch.waiting) > 3 else "")
                + as_typed("\n  They go on; `mediamill status --wait KEY` waits for one.")
            ),
            style="red",
        )


def _tell_where(finished: Sequence[Record]) -> None:
    example = next((record.asset.key for record in finished if record.count > 1), None)
    if example is None:
        return
    key = printable(shlex.quote(example))
    for what, command in (
        ("See one", f"mediamill open {key}"),
        ("Get all of it", f"mediamill get {key} --output FOLDER"),
        ("List all", "mediamill ls"),
    ):
        out.print(Text(f"  {what:14} {as_typed(command)}"), soft_wrap=True)


def _files(count: int) -> str:
    return f"{count} file" if count == 1 else f"{count} files"
