"""The `mediamill` command: every subcommand, imported when it is asked for.

What one of them needs, boto3 above all, takes a second to import: nobody waits for it who asks for
help, or for another.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class _Subcommand(NamedTuple):
    """Where a subcommand is, and the first sentence of its help."""

    place: str
    sentence: str


COMMANDS = {
    "up": _Subcommand("local:up", "Start, build and deploy the whole stack on this machine."),
    "down": _Subcommand("local:down", "End the local stack."),
    "upload": _Subcommand("upload:upload", "Upload files and folders; their paths become keys."),
    "status": _Subcommand("assets:status", "Show where one asset stands."),
    "ls": _Subcommand("assets:ls", "List the assets, the newest first."),
    "get": _Subcommand(
        "results:get", "Download what was made of an asset, or one result by its own key."
    ),
    "open": _Subcommand("results:open_", "Show an asset, or one result, in the browser."),
    "rm": _Subcommand("assets:rm", "Remove originals; all that was made of them goes with them."),
    "dlq": _Subcommand("letters:dlq", "Show the dead letters: what failed, since when, and why."),
    "redrive": _Subcommand("letters:redrive", "Have dead letters processed once more."),
    "check": _Subcommand("check:check", "Hold originals, records, manifests and results together."),
    "cdn": _Subcommand("cdn:app", "CloudFront's links: make a key to sign them."),
    "content": _Subcommand("content:app", "Files by region, which GET /content/{path} serves."),
    "scan-definitions": _Subcommand(
        "scan:scan_definitions",
        "Publish files as the definitions that the scanner goes by, in place of what there was.",
    ),
    "rescan": _Subcommand(
        "scan:rescan",
        "Scan files again, by the definitions of now; all that was made of them is made again.",
    ),
    "webhooks": _Subcommand(
        "webhooks:app",
        "Signed POSTs about finished assets: try a receiver, show or change the secret.",
    ),
}


class _Lazy(TyperGroup):
    """Lists subcommands by their sentences, and imports the one that is called."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.commands = {
            name: TyperCommand(name, help=each.sentence) for name, each in COMMANDS.items()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The subcommand that is called, imported, and the words for it."""
        name, listed, rest = super().resolve_command(ctx, args)
        return name, listed and _imported(str(name)), rest


def _imported(name: str) -> Any:
    module, _, attribute = COMMANDS[name].place.partition(":")
    found = getattr(import_module(f"mediamill_cli.commands.{module}"), attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(pretty_exceptions_enable=False, add_completion=False)
        alone.command(name)(found)
        found = alone
    return typer.main.get_command(found)


app = typer.Typer(name="mediamill", cls=_Lazy, no_args_is_help=True, pretty_exceptions_enable=False)


@app.callback()
def mediamill() -> None:
    """Put any file in; find renditions, metadata, text, pages and one manifest."""
