"""`mediamill scan-definitions`: what the scanner goes by, published by hand."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from mediamill.aws.table import utc_now
from mediamill.scan.clamd import Clamd, ScannerFailed, located
from mediamill.scan.store import Store, published_files
from mediamill_cli.choice import find_stack
from mediamill_cli.console import as_typed, err, out
from mediamill_cli.errors import Failure, Usage, explained
from mediamill_cli.options import Profile, Region, StackName, State


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
            raise Failure(
                f"The stack {chosen.name} scans nothing.",
                do="Deploy it with Scan=clamav, or start it with `mediamill up --scan`.",
            )
        _try(files)
        store = Store(chosen.output("DefinitionsBucketName"), chosen.s3)
        with err.status("Publishing"):
            published = store.publish(files, utc_now())
        size = sum(file.bytes for file in published.files)
        names = ", ".join(file.name for file in published.files)
        out.print(as_typed(f"Published {names}: {size:,} bytes. Scanners take them in minutes."))


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
