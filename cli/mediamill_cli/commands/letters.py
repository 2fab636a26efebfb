"""`mediamill dlq` and `redrive`: what nobody could process, why, and once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from mediamill.domain.asset import Record
from mediamill_cli.choice import find_stack
from mediamill_cli.console import as_typed, err, out, print_json
from mediamill_cli.errors import Failure, Usage, explained
from mediamill_cli.letters import (
    DeadLetters,
    Letter,
    dead_letters,
    looked_at,
    moved,
    records_of,
    why,
)
from mediamill_cli.options import Json, Profile, Region, StackName, State
from mediamill_cli.render import printable
from mediamill_cli.stack import Stack

_Queue = Annotated[
    str | None,
    typer.Option("--queue", metavar="NAME", help="Only this function's: image, ingest, …"),
]


def dlq(
    queue: _Queue = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="How many of each queue; 0 for all.")
    ] = 20,
    json: Json = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Show the dead letters: what failed, since when, and why."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        told = []
        for each in _named(chosen, queue):
            letters = looked_at(chosen, each)
            found = records_of(chosen, letters)
            hidden = max(0, each.waiting + each.hidden - len(letters))
            told.append(_told(each, letters, found, hidden))
            if not json and (letters or hidden):
                shown = letters[:limit] if limit else letters
                _print(each, shown, found, len(letters), hidden)
        if json:
            print_json(told)
        elif not any(each["letters"] or each["hidden"] for each in told):
            out.print("There are no dead letters.")
        else:
            out.print(as_typed("Next: mend what they tell of, then mediamill redrive"))


def redrive(
    queue: _Queue = None,
    key: Annotated[
        str | None, typer.Option(metavar="KEY", help="Only what is about this asset.")
    ] = None,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Have dead letters processed once more. What is interrupted can be begun again."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        total = hidden = 0
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            console=err,
            transient=True,
            disable=not err.is_terminal,
        ) as progress:
            for each in _named(chosen, queue):
                hidden += each.hidden
                if not each.waiting:
                    continue
                bar = progress.add_task(each.name, total=None if key else each.waiting)
                done = 0
                for done in moved(chosen, each, key):
                    progress.update(bar, completed=done)
                total += done
                if done:
                    out.print(f"{each.name}: {done} on the way again")
        if hidden:
            err.print(
                f"[yellow]! About {hidden} are being read by somebody, the sweep perhaps: "
                "ask again in two minutes.[/]",
                soft_wrap=True,
            )
        if key and not total:
            raise Failure(
                f"There is no dead letter of {printable(key)}.",
                do="See those there are with `mediamill dlq`; a file without one is done again by "
                "the API's `POST /assets/{key}/reprocess`.",
            )
        if not total and not hidden:
            out.print("There are no dead letters.")


def _named(stack: Stack, name: str | None) -> Sequence[DeadLetters]:
    """The dead-letter queues, or the one of this name."""
    every = dead_letters(stack)
    chosen = [each for each in every if name in (None, each.name)]
    if not chosen:
        raise Usage(
            f"There is no queue named {name!r}.",
            do="Name one of these: " + ", ".join(each.name for each in every) + ".",
        )
    return chosen


def _told(
    queue: DeadLetters, letters: Sequence[Letter], found: Mapping[str, Record], hidden: int
) -> dict[str, Any]:
    """A queue, for a machine."""
    return {
        "queue": queue.name,
        "letters": len(letters),
        "hidden": hidden,
        "oldest": letters[0].sent_at.isoformat() if letters else None,
        "assets": [
            {"key": key, "since": each.sent_at.isoformat(), "why": why(queue, each, found.get(key))}
            for each in letters
            for key in each.keys
        ],
    }


def _print(
    queue: DeadLetters,
    shown: Sequence[Letter],
    found: Mapping[str, Record],
    count: int,
    hidden: int,
) -> None:
    """A queue, for people."""
    head = Text.assemble((queue.name, "bold"), f"  {count} dead letter{'' if count == 1 else 's'}")
    if hidden:
        head.append(f", about {hidden} more being read by somebody", "yellow")
    out.print(head)
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("  asset", overflow="fold")
    table.add_column("since", no_wrap=True)
    table.add_column("why", overflow="fold")
    for letter in shown:
        for key in letter.keys or (None,):
            table.add_row(
                Text("  " + (printable(key) if key is not None else "(no message of mediamill's)")),
                _ago(letter.sent_at),
                Text(printable(why(queue, letter, found.get(key)) if key is not None else "")),
            )
    if shown:
        out.print(table)
    if count > len(shown):
        out.print(f"  and {count - len(shown)} more", style="dim")
    out.print()


def _ago(moment: datetime) -> str:
    """How long ago, in its largest unit: 3 d, 5 h, 12 min, 40 s."""
    seconds = max(0, int((datetime.now(UTC) - moment).total_seconds()))
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
