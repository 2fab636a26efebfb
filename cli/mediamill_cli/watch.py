"""Waiting for assets: each one's steps live, until all of them are terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from mediamill.domain.asset import Record
from mediamill.domain.kind import Status
from mediamill_cli.assets import records
from mediamill_cli.render import printable, shortened, status_text, steps_text
from mediamill_cli.stack import Stack
from mediamill_cli.upload import Uploaded

# Soon at first, for a small file on a warm stack; then no more often than reads are worth.
_FIRST_POLL, _LAST_POLL = 0.25, 2.0


@dataclass(slots=True)
class Watch:
    """Uploads that are waited for, and what the table said of them last.

    An upload is done when the record of its very version is terminal: the record of an older
    version stands until the pipeline has seen the new one.
    """

    uploads: Sequence[Uploaded]
    seen: dict[str, Record] = field(default_factory=dict)

    def update(self, found: Mapping[str, Record]) -> Sequence[Record]:
        """Take in what was read; the records that became terminal by it."""
        done = []
        for upload in self.waiting:
            record = found.get(upload.source.key)
            if record is None or record.asset.version_id != upload.version_id:
                continue
            self.seen[upload.source.key] = record
            if record.status is not Status.PROCESSING:
                done.append(record)
        return done

    @property
    def waiting(self) -> Sequence[Uploaded]:
        """The uploads that are not terminal yet."""
        return [
            upload
            for upload in self.uploads
            if (record := self.seen.get(upload.source.key)) is None
            or record.status is Status.PROCESSING
        ]

    @property
    def finished(self) -> Sequence[Record]:
        """The terminal records, in the order of the uploads."""
        return [
            record
            for upload in self.uploads
            if (record := self.seen.get(upload.source.key)) is not None
            and record.status is not Status.PROCESSING
        ]


def wait(
    stack: Stack, uploads: Sequence[Uploaded], console: Console, *, timeout: float, quiet: bool
) -> Watch:
    """Poll until every upload is terminal, or for `timeout` seconds; show it unless `quiet`."""
    watch = Watch(uploads)
    deadline = time.monotonic() + timeout
    pause = _FIRST_POLL
    with _shown(watch, console, quiet=quiet) as say:
        while True:
            keys = [upload.source.key for upload in watch.waiting]
            for record in watch.update(records(stack, keys)):
                say(record)
            if not watch.waiting or time.monotonic() > deadline:
                return watch
            time.sleep(pause)
            pause = min(pause * 1.25, _LAST_POLL)


@contextmanager
def _shown(watch: Watch, console: Console, *, quiet: bool) -> Iterator[Callable[[Record], None]]:
    if quiet:
        yield lambda record: None
    elif not console.is_terminal:
        yield lambda record: console.print(
            Text(f"{record.status.value:10} {printable(record.asset.key)}"), soft_wrap=True
        )
    else:
        view = _View(watch, console)
        with Live(view, console=console, transient=True, refresh_per_second=8):
            yield lambda record: None


class _View:
    """The assets under way, as many as fit, and a count of the rest."""

    def __init__(self, watch: Watch, console: Console) -> None:
        self._watch = watch
        self._console = console
        self._spinner = Spinner("dots")

    def __rich__(self) -> RenderableType:
        waiting = self._watch.waiting
        room = max(self._console.height - 4, 3)
        table = Table(box=None, pad_edge=False, show_header=False)
        for upload in waiting[:room]:
            record = self._watch.seen.get(upload.source.key)
            table.add_row(
                Text(shortened(upload.source.key, max(self._console.width // 2, 20))),
                record.asset.kind.value if record else "",
                status_text(record.status) if record else Text("waiting", style="dim"),
                steps_text(record.steps) if record else "",
            )
        done = len(self._watch.finished)
        more = f", {len(waiting) - room} more" if len(waiting) > room else ""
        self._spinner.update(text=Text(f"{done} of {len(self._watch.uploads)} done{more}"))
        return Group(table, self._spinner)
