"""Sending files: several at once, large ones in parts, with a bar for each and one for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from mediamill_cli.errors import Failure
from mediamill_cli.render import shortened
from mediamill_cli.sources import Source
from mediamill_cli.stack import Stack

FILES_AT_ONCE = 8
# From 16 MB on a file goes in parts of that size, four at a time: never more than 64 MB in memory.
_PARTS = TransferConfig(
    multipart_threshold=16_000_000, multipart_chunksize=16_000_000, max_concurrency=4
)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """One file that arrived, and the version that S3 made of it."""

    source: Source
    version_id: str | None


class Report(Protocol):
    """What an upload tells while it runs."""

    def begin(self, source: Source) -> Callable[[int], None]:
        """A file begins; call the result with the number of bytes sent since the last call."""

    def end(self, source: Source) -> None:
        """A file arrived."""


def send(stack: Stack, sources: Sequence[Source], report: Report) -> Sequence[Uploaded]:
    """Upload every source, streaming, and return them in their order.

    Raises Failure for the first file that cannot be sent; those under way are finished first.
    """
    bucket = stack.uploads
    given_up = Event()

    def one(source: Source) -> Uploaded:
        tell = report.begin(source)

        def sent(count: int) -> None:
            if given_up.is_set():
                raise InterruptedError("given up")  # ends the parts under way too
            tell(count)

        try:
            stack.s3.upload_file(
                str(source.path),
                bucket,
                source.key,
                ExtraArgs={"ContentType": source.content_type},
                Callback=sent,
                Config=_PARTS,
            )
        except S3UploadFailedError as error:
            raise Failure(
                f"{source.path} could not be sent: {error}",
                do="Upload it again; what arrived already is left as it is.",
            ) from error
        except OSError as error:
            raise Failure(
                f"{source.path} could not be read: {error.strerror or error}",
                do="Look at its permissions, then upload again.",
            ) from error
        version = stack.s3.head_object(Bucket=bucket, Key=source.key).get("VersionId")
        report.end(source)
        return Uploaded(source, version)

    with ThreadPoolExecutor(FILES_AT_ONCE, thread_name_prefix="upload") as pool:
        jobs = [pool.submit(one, source) for source in sources]
        try:
            wait(jobs, return_when=FIRST_EXCEPTION)
        except KeyboardInterrupt:
            given_up.set()
            raise
        finally:  # after a failure, or Ctrl-C, begin no further file
            for job in jobs:
                job.cancel()
        return [job.result() for job in jobs if not job.cancelled()]


class Bars:
    """Progress bars on a terminal: one for each file under way, one for all."""

    def __init__(self, progress: Progress, sources: Sequence[Source]) -> None:
        self._progress = progress
        self._left = len(sources)
        self._total = progress.add_task("", total=sum(source.bytes for source in sources))
        self._bars: dict[Path, TaskID] = {}
        self._name_total()

    def begin(self, source: Source) -> Callable[[int], None]:
        bar = self._progress.add_task(escape(shortened(source.key)), total=source.bytes)
        self._bars[source.path] = bar

        def sent(count: int) -> None:
            self._progress.advance(bar, count)
            self._progress.advance(self._total, count)

        return sent

    def end(self, source: Source) -> None:
        self._progress.remove_task(self._bars.pop(source.path))
        self._left -= 1
        self._name_total()

    def _name_total(self) -> None:
        self._progress.update(self._total, description=f"[bold]{self._left} to send")


class Silence:
    """No progress: the output is not a terminal, or is for a machine."""

    def begin(self, source: Source) -> Callable[[int], None]:
        return lambda count: None

    def end(self, source: Source) -> None:
        """Nothing to say."""


@contextmanager
def reporting(console: Console, sources: Sequence[Source]) -> Iterator[Report]:
    """Bars where somebody sees them, else silence."""
    if not console.is_terminal:
        yield Silence()
        return
    with Progress(
        TextColumn("{task.description}", markup=True),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    ) as progress:
        yield Bars(progress, sources)
