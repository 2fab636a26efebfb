"""The `mediamill` command: every subcommand, wired."""

from __future__ import annotations

import typer

from mediamill_cli.commands import assets, content, letters, local, results, scan, upload, webhooks

app = typer.Typer(
    name="mediamill",
    help="Put any file in; find renditions, metadata, text, pages and one manifest.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

app.command("up")(local.up)
app.command("down")(local.down)
app.command("upload")(upload.upload)
app.command("status")(assets.status)
app.command("ls")(assets.ls)
app.command("get")(results.get)
app.command("open")(results.open_)
app.command("rm")(assets.rm)
app.command("dlq")(letters.dlq)
app.command("redrive")(letters.redrive)
app.add_typer(content.app, name="content")
app.command("scan-definitions")(scan.scan_definitions)
app.command("rescan")(scan.rescan)
app.add_typer(webhooks.app, name="webhooks")
