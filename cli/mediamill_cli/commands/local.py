"""`mediamill up` and `mediamill down`: the whole stack on this machine."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer
from rich.text import Text

from mediamill.scan.clamd import located
from mediamill_cli.console import as_typed, err, out
from mediamill_cli.errors import Failure, Usage, explained
from mediamill_cli.local import LocalStack
from mediamill_cli.local.folder import DEFAULT, StateFolder
from mediamill_cli.local.office import Office, Progress
from mediamill_cli.local.project import find_root
from mediamill_cli.local.server import alive
from mediamill_cli.local.stack import DEFAULT_PORT
from mediamill_cli.options import State
from mediamill_cli.stack import Stack

_LOOK_SECONDS = 0.5
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def up(
    detach: Annotated[
        bool, typer.Option("--detach", "-d", help="Return as soon as it runs; `down` ends it.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="The loopback port to serve on.",
            show_default=f"the last one, or {DEFAULT_PORT}",
        ),
    ] = None,
    parameter: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A parameter of template.yaml; repeat for more."),
    ] = None,
    office: Annotated[
        Office,
        typer.Option(
            help="Who makes PDFs of Office files: a container image, a plain function with this "
            "machine's LibreOffice, or nobody; auto is the first that is possible."
        ),
    ] = Office.AUTO,
    scan: Annotated[
        bool,
        typer.Option(
            "--scan", help="Scan every file with this machine's ClamAV before a worker reads it."
        ),
    ] = False,
    state: State = None,
) -> None:
    """Start, build and deploy the whole stack on this machine. Ctrl-C ends it."""
    with explained(err):
        local = LocalStack(
            find_root(),
            state_dir=state,
            port=port,
            parameters={**_scanning(scan), **_parameters(parameter or [])},
            office=office,
            phase=_phase,
            notice=lambda said: err.print(Text(f"! {said}", style="yellow"), soft_wrap=True),
        )
        ran = local.server is not None
        with _interruptible():
            try:
                _say_where(local, local.up())
                if detach or ran:
                    out.print(as_typed("It runs in the background; `mediamill down` ends it."))
                    return
                out.print(as_typed("Ctrl-C ends it, and so does `mediamill down`."))
            except BaseException:
                if not ran:
                    _stop(local)
                raise
            _stay(local)


def down(state: State = None) -> None:
    """End the local stack. What was uploaded and made stays for the next `up`."""
    with explained(err):
        folder = StateFolder(state if state is not None else find_root() / DEFAULT)
        local = LocalStack(folder.root.parent, state_dir=folder.root)
        with err.status("Stopping"):
            stopped = local.stop()
        out.print("Stopped." if stopped else "The local stack was not running.")


def _stay(local: LocalStack) -> None:
    server = local.server
    try:
        while server is not None and alive(local.folder, server):
            time.sleep(_LOOK_SECONDS)
    except KeyboardInterrupt:
        _stop(local)
    out.print("Stopped.")


def _stop(local: LocalStack) -> None:
    """Stop it, whatever is pressed meanwhile."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    with err.status("Stopping"):
        local.stop()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Take what a closing terminal or a supervisor sends for Ctrl-C."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _phase(what: str) -> Iterator[Progress]:
    began = time.monotonic()
    with err.status(what) as status:
        yield lambda detail: status.update(f"{what} [dim]{detail}[/]")
    took = time.monotonic() - began
    if took >= _LOOK_SECONDS:
        err.print(f"[green]✓[/] {what} [dim]{took:.1f} s[/]")


def _say_where(local: LocalStack, stack: Stack) -> None:
    out.print(f"[bold]mediamill is up[/] at {stack.endpoint}")
    for name, value in (
        ("uploads", f"s3://{stack.uploads}"),
        ("results", f"s3://{stack.results}"),
        ("api", stack.api),
        ("state", str(local.folder.root)),
    ):
        out.print(Text(f"  {name:8} {value}"), soft_wrap=True)
    out.print(as_typed("Next: mediamill upload --wait FILE_OR_FOLDER…"))


def _scanning(is_wanted: bool) -> dict[str, str]:
    """What `--scan` sets. Raises Failure where there is no scanner."""
    if not is_wanted:
        return {}
    if located("clamd") is None:
        raise Failure(
            "There is no clamd on this machine, and --scan needs one.",
            do="On Debian: apt-get install clamav-daemon. On macOS: brew install clamav.",
        )
    return {"Scan": "local"}


def _parameters(given: list[str]) -> dict[str, str]:
    parameters = {}
    for each in given:
        name, equals, value = each.partition("=")
        if not (name and equals):
            raise Usage(
                f"{each!r} is no parameter.", do="Write it like --parameter LogLevel=DEBUG."
            )
        parameters[name] = value
    return parameters
