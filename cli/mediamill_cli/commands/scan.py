"""`mediamill scan-definitions` and `rescan`: what the scanner goes by, and who is scanned again."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Annotated

import typer

from mediamill.aws.again import Refused, again
from mediamill.aws.clients import lending
from mediamill.aws.table import AssetsTable, utc_now
from mediamill.domain.asset import Record
from mediamill.domain.kind import Status
from mediamill.scan.clamd import Clamd, ScannerFailed, located
from mediamill.scan.store import Store, published_files
from mediamill.settings import Settings
from mediamill_cli.assets import listed
from mediamill_cli.choice import find_stack
from mediamill_cli.console import as_typed, err, out
from mediamill_cli.deployed import environment
from mediamill_cli.errors import Failure, Usage, explained
from mediamill_cli.options import Profile, Region, StackName, State
from mediamill_cli.stack import Stack


def scan_definitions(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH", exists=True, help="A folder of ClamAV's definitions, or one file."
        ),
    ],
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Publish files as the definitions that the scanner goes by, in place of what there was."""
    with explained(err):
        files = published_files(path)
        if not files:
            raise Usage(
                f"There are no definitions in {path}.",
                do="Their names end in .cvd, .cld, .hdb, .ndb, .ldb, .yara …",
            )
        chosen = find_stack(stack, profile, region, state)
        if "DefinitionsBucketName" not in chosen.outputs:
            raise _scans_nothing(chosen)
        _try(files)
        store = Store(chosen.output("DefinitionsBucketName"), chosen.s3)
        with err.status("Publishing"):
            published = store.publish(files, utc_now())
        size = sum(file.bytes for file in published.files)
        names = ", ".join(file.name for file in published.files)
        out.print(as_typed(f"Published {names}: {size:,} bytes. Scanners take them in minutes."))


def rescan(
    prefix: Annotated[str, typer.Argument(help='Keys that begin with this; "" for all.')],
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Scan files again, by the definitions of now; all that was made of them is made again."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        settings = Settings(environment(chosen, "ApiFunction"))
        if not any(entry.is_gate for entry in settings.plan.entries.values()):
            raise _scans_nothing(chosen)
        keys = [row.key for row in listed(chosen, prefix=prefix)]
        with lending(cache(chosen.client)), err.status(f"Asking for {len(keys):,} files"):
            came_to = Counter(_ask(settings, key) for key in keys)
        for what, count in sorted(came_to.items()):
            out.print(as_typed(f"{count:,} {what}"))
        if not keys:
            out.print(as_typed("There are no such assets."))


_ASKED = "asked for again"
_BUSY = "being processed: ask once more when they are done"
_GONE = "deleted meanwhile"


class _Gone(Exception):
    """Nothing is there any more."""


def _ask(settings: Settings, key: str) -> str:
    """Have one asset scanned again; what came of it."""
    table, seen = AssetsTable(settings.assets_table), list[Record]()

    def look() -> Record:
        record = table.get(key)
        if record is None or record.status is Status.DELETED:
            raise _Gone
        seen.append(record)
        return record

    try:
        again(settings, look)
    except _Gone:
        return _GONE
    except Refused as refused:
        return f"refused and gone ({refused.code})"
    return _BUSY if seen[-1].status is Status.PROCESSING else _ASKED


def _scans_nothing(stack: Stack) -> Failure:
    return Failure(
        f"The stack {stack.name} scans nothing.",
        do="Deploy it with Scan=clamav, or start it with `mediamill up --scan`.",
    )


def _try(files: list[Path]) -> None:
    """Have this machine's scanner load them, where it has one: what does not load stops it all."""
    if located("clamd") is None:
        return
    with tempfile.TemporaryDirectory(prefix="definitions-") as name, err.status("Trying them"):
        folder = Path(name) / "definitions"
        folder.mkdir()
        for file in files:
            shutil.copy(file, folder)
        clamd = Clamd(folder, Path(name) / "run")
        try:
            clamd.start()
        except ScannerFailed as failure:
            raise Failure(
                f"These definitions do not load: {failure}", do="Nothing was published."
            ) from failure
        finally:
            clamd.stop()
