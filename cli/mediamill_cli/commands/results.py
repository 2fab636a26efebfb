"""`mediamill get` and `open`: what was made, on disk or in the browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mediamill.domain.keys import manifest_key
from mediamill.domain.kind import Status
from mediamill_cli.assets import Manifest, manifests, records
from mediamill_cli.choice import find_stack
from mediamill_cli.console import err, out, print_json
from mediamill_cli.errors import Failure, explained
from mediamill_cli.fetch import fetch, link, result_keys
from mediamill_cli.options import Json, Profile, Region, StackName, State
from mediamill_cli.render import printable
from mediamill_cli.stack import Stack

# What shows an asset best, from the best on.
_BEST = ("large", "medium", "thumbnail", "pages", "pdf", "text")

ResultKeys = Annotated[
    list[str], typer.Argument(metavar="KEY", help="Keys of assets, or of single results.")
]


def get(
    keys: ResultKeys,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where to put them.")
    ] = Path(),
    json: Json = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Download what was made of an asset, or one result by its own key."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        wanted = list(dict.fromkeys(each for key in keys for each in result_keys(chosen, key)))
        with err.status("Downloading"):
            paths = fetch(chosen, wanted, output)
        if json:
            print_json(
                [{"key": key, "path": str(path)} for key, path in zip(wanted, paths, strict=True)]
            )
        else:
            for path in paths:
                out.print(Text(printable(str(path))), soft_wrap=True)


def open_(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Key of an asset, or of a result.")],
    show: Annotated[
        str | None,
        typer.Option(
            "--show",
            metavar="NAME",
            help="Which derivative: thumbnail, text … or `original`, `manifest`.",
            show_default="the best there is",
        ),
    ] = None,
    print_: Annotated[
        bool, typer.Option("--print", help="Only print the link; it works for an hour.")
    ] = False,
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Show an asset, or one result, in the browser."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        url = link(chosen, *_place(chosen, key, show))
        print(url)
        if not print_:
            typer.launch(url)


def _place(stack: Stack, key: str, show: str | None) -> tuple[str, str]:
    """Bucket and key of what is to be shown."""
    if show == "original":
        return stack.uploads, key
    record = records(stack, [key]).get(key)
    if record is None or record.status is Status.DELETED:
        return stack.results, result_keys(stack, key)[0]
    if show == "manifest":
        return stack.results, manifest_key(key)
    manifest = manifests(stack, [record]).get(key)
    return stack.results, _derivative(key, manifest, show)


def _derivative(key: str, manifest: Manifest | None, show: str | None) -> str:
    rows = manifest["derivatives"] if manifest else []
    by_name: dict[str, str] = {row["name"]: row["key"] for row in reversed(rows)}
    if show is not None:
        if show in by_name:
            return by_name[show]
        raise Failure(
            f"{key} has no {show}.",
            do=f"It has: {', '.join(sorted(by_name)) or 'nothing yet'}.",
        )
    best = next((by_name[name] for name in (*_BEST, *by_name) if name in by_name), None)
    if best is None:
        raise Failure(
            f"Nothing was made of {key}" + ("." if manifest else " yet."),
            do="See why with `mediamill status`, or look at it with --show original.",
        )
    return best
