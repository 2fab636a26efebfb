"""The gate: a version is scanned, tagged with what was found, and goes on only if it is clean.

Whatever goes wrong (no definitions, old ones, a scanner that dies) is raised: the message comes
again and at last waits among the dead letters. Nothing is taken for clean but what a scanner with
definitions of these days called so.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mediamill.aws.clients import client
from mediamill.aws.observe import logger
from mediamill.aws.storage import save
from mediamill.aws.task import Task
from mediamill.domain.asset import Source
from mediamill.domain.scan.definitions import BadDefinitions, Definitions
from mediamill.domain.scan.verdict import LARGEST, TOO_LARGE, Verdict, judged, verdict
from mediamill.scan.clamd import Clamd
from mediamill.scan.store import Store
from mediamill.scan.tagging import tag
from mediamill.settings import Settings

LOOK_SECONDS = 240
"""How long a sandbox goes by what it knows of the pointer to the definitions."""

_DAY = 86_400


class Gate:
    """One sandbox's scanner, and the definitions that it has loaded."""

    def __init__(
        self,
        settings: Settings,
        *,
        scratch: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._scratch = scratch
        self._clock = clock
        self._definitions: Definitions | None = None
        self._etag = ""
        self._looked_at = 0.0
        self._clamd: Clamd | None = None

    def look(self, task: Task) -> Mapping[str, Any]:
        """Scan the original; its version is tagged. Raises Refusal where it may not go on."""
        found = self.scan(task.source)
        tag(task.asset, found.finding)
        return judged(found, passes_unknown=self._settings.passes_unknown)

    def scan(self, source: Source) -> Verdict:
        """The verdict on a version. Raises whatever keeps it from being known."""
        if source.bytes > LARGEST:
            return TOO_LARGE
        try:
            clamd = self._ready()
            with tempfile.NamedTemporaryFile(dir=self._folder) as copy:
                save(source, Path(copy.name), LARGEST)
                if Path(copy.name).stat().st_size != source.bytes:
                    raise RuntimeError("the copy to scan has not all of the file's bytes")
                return verdict(clamd.ask(copy.file))
        except BaseException:
            self.stop()  # it may still be at this file, or at nothing
            raise

    def stop(self) -> None:
        """End the scanner; the next file starts another."""
        if self._clamd is not None:
            self._clamd.stop()

    @property
    def _folder(self) -> Path:
        if self._scratch is None:
            self._scratch = _swept()
        return self._scratch

    def _ready(self) -> Clamd:
        """The scanner with the definitions that count now, started where it is not running."""
        definitions = self._current()
        definitions.check_age(self._clock(), self._settings.scan_max_age_days * _DAY)
        folder = self._folder / definitions.digest
        if self._clamd is not None and not folder.exists():
            self._clamd.stop()  # first: two of them would not fit into the memory
            self._clamd = None
        if self._clamd is None:
            for old in self._folder.glob("*/"):
                shutil.rmtree(old)
            self._fetch(definitions, folder)
            scratch = self._folder / "run"
            self._clamd = Clamd(folder, scratch, command=self._settings.clamd_command)
        if not self._clamd.is_running:
            began = time.monotonic()
            self._clamd.start()
            taken = time.monotonic() - began
            logger.info("the scanner is ready", definitions=definitions.digest, seconds=taken)
        return self._clamd

    def _current(self) -> Definitions:
        """What the pointer says; asked for at most every few minutes."""
        now = self._clock()
        if self._definitions is None or now - self._looked_at > LOOK_SECONDS:
            told = self._store.current(self._etag if self._definitions else "")
            if told is not None:
                self._definitions, self._etag = told
            self._looked_at = now
        if self._definitions is None:
            raise BadDefinitions("No definitions are known.")
        return self._definitions

    def _fetch(self, definitions: Definitions, folder: Path) -> None:
        """All of a set, or nothing of it."""
        arriving = folder.with_name("arriving")
        try:
            self._store.fetch(definitions, arriving)
        except BaseException:
            self._definitions = None  # what the pointer said may have been mended by the next try
            shutil.rmtree(arriving, ignore_errors=True)
            raise
        arriving.rename(folder)

    @property
    def _store(self) -> Store:
        return Store(self._settings.definitions_bucket, client("s3"))


def _swept() -> Path:
    """A folder of this process's own; those of processes that have ended are removed."""
    root = Path(tempfile.gettempdir())
    for left in root.glob("mediamill-scan-*"):
        if not Path(f"/proc/{left.name.rpartition('-')[2]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    folder = root / f"mediamill-scan-{os.getpid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
