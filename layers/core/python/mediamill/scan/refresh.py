"""New definitions: freshclam brings them, clamd proves that they load and find, then they count."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from mediamill.aws.clients import client
from mediamill.aws.observe import logger
from mediamill.aws.table import utc_now
from mediamill.domain.bounded.deadline import at_most
from mediamill.domain.scan.definitions import BadDefinitions, Definitions, is_name
from mediamill.domain.scan.verdict import Finding, verdict
from mediamill.scan.clamd import Clamd, located
from mediamill.scan.store import Store, published_files
from mediamill.settings import Settings

_SECONDS = 600
_OVERLAP = 900  # seconds: a publication ends later than its downloads began
# The harmless file that every scanner finds, in two parts: whole, this file would be one.
_EICAR = (rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$", rb"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*")
_SAMPLES = ((b"".join(_EICAR), Finding.INFECTED), (b"a file of words", Finding.CLEAN))


def refresh(settings: Settings) -> Definitions:
    """Fetch, prove, publish. Raises BadDefinitions or ScannerFailed; what counted still counts."""
    store = Store(settings.definitions_bucket, client("s3"))
    with tempfile.TemporaryDirectory(prefix="definitions-") as name:
        folder = Path(name) / "definitions"
        _begin(store, folder)
        download(settings.scan_sources, folder, Path(name))
        prove(folder, Path(name) / "run", command=settings.clamd_command)
        published = store.publish(published_files(folder), utc_now())
    logger.info("definitions published", definitions=published.digest)
    return published


def download(sources: Iterable[str], folder: Path, scratch: Path) -> None:
    """Have freshclam bring a folder up to date from mirrors, or from addresses of single files."""
    program = located("freshclam")
    if program is None:
        raise BadDefinitions("There is no freshclam here.")
    addresses, lines = list(sources), [f"DatabaseDirectory {folder}", "Foreground yes"]
    mirrors = [each for each in addresses if not is_name(each.rpartition("/")[2])]
    lines += [f"DatabaseMirror {each}" for each in mirrors or ["localhost"]]  # it asks for one
    lines += [f"DatabaseCustomURL {each}" for each in addresses if each not in mirrors]
    if not os.getuid():  # it would become another user, who may not write here
        lines.append(f"DatabaseOwner {pwd.getpwuid(0).pw_name}")
    configuration = scratch / "freshclam.conf"
    configuration.write_text("\n".join(lines) + "\n")
    only = [] if mirrors else ["--update-db=custom"]
    run = subprocess.run(
        [program, f"--config-file={configuration}", "--stdout", "--no-warnings", *only],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"LANG": "C.UTF-8"},
        timeout=at_most(_SECONDS),
    )
    if run.returncode:
        words = run.stdout.decode("utf-8", "replace").strip().split("\n")
        raise BadDefinitions(f"freshclam ended with {run.returncode}: {' '.join(words[-3:])}")


def prove(folder: Path, scratch: Path, *, command: str = "clamd") -> None:
    """Load a folder's definitions, and find the test file by them. Raises where that fails."""
    clamd = Clamd(folder, scratch, command=command)
    clamd.start()
    try:
        for body, expected in _SAMPLES:
            with tempfile.NamedTemporaryFile(dir=scratch) as file:
                file.write(body)
                file.flush()
                found = verdict(clamd.ask(file.file)).finding
            if found is not expected:
                raise BadDefinitions(f"A file that is {expected} is {found} by these definitions.")
    finally:
        clamd.stop()


def _begin(store: Store, folder: Path) -> None:
    """Begin with what counts now: freshclam then loads the differences, as its mirrors ask for."""
    try:
        told = store.current()
        if told is not None:
            store.fetch(told[0], folder)
            then = datetime.fromisoformat(told[0].published_at).timestamp() - _OVERLAP
            for path in folder.iterdir():  # freshclam asks for what has changed since
                os.utime(path, (then, then))
    except BadDefinitions as error:
        logger.warning("begun with nothing", reason=str(error))
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(exist_ok=True)
