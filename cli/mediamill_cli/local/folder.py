"""The state folder: where the local stack keeps everything, and how it knows that it runs.

server.lock   held by the server for as long as it lives, however it ends
server.json   its process id, port and address: true only while the lock is held
server.log    what it had to say
state/ s3/    queues, tables, functions; objects
build/        what `sam build` made, and the digest of what it was made from; may be shared
deployed.json the digest of what was deployed
containers.json  the network that functions in containers have, while there is one
tmp/ home/    the server's and its functions' own, emptied at every start and stop
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mediamill_cli.errors import Failure

DEFAULT = ".mediamill"


@dataclass(frozen=True, slots=True)
class Server:
    """A running local server: its process id, its port, and whether it can run containers."""

    pid: int
    port: int
    has_containers: bool = False

    @property
    def endpoint(self) -> str:
        """The one address of every service."""
        return f"http://127.0.0.1:{self.port}"


class StateFolder:
    """The paths of one local stack, and who holds them."""

    def __init__(self, root: Path, *, build: Path | None = None) -> None:
        self.root = root.absolute()
        self.build = build.absolute() if build else self.root / "build"

    def create(self) -> None:
        """Make the folder; git does not see what is in it."""
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / ".gitignore").write_text("*\n")

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def objects(self) -> Path:
        return self.root / "s3"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def log(self) -> Path:
        return self.root / "server.log"

    @property
    def lock(self) -> Path:
        return self.root / "server.lock"

    @property
    def _server(self) -> Path:
        return self.root / "server.json"

    @property
    def _deployed(self) -> Path:
        return self.root / "deployed.json"

    def running(self) -> Server | None:
        """The server that runs from this folder, if one does."""
        try:
            with self.lock.open("r") as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return self._read_server()
        except FileNotFoundError:
            pass
        return None

    def _read_server(self) -> Server | None:
        try:
            return Server(**json.loads(self._server.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None  # it holds the lock, and is still starting

    def write_server(self, server: Server) -> None:
        """Say which process serves from this folder."""
        _write(self._server, asdict(server))

    def last_port(self) -> int | None:
        """The port of the server that ran here last."""
        server = self._read_server()
        return server.port if server else None

    def deployed(self) -> dict[str, Any]:
        """What was deployed last, as `write_deployed` was told."""
        try:
            record: dict[str, Any] = json.loads(self._deployed.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return record

    def write_deployed(self, record: dict[str, Any]) -> None:
        """Remember what was deployed."""
        _write(self._deployed, record)

    def sweep(self) -> None:
        """Empty the temporary folder and the home of server and functions."""
        for folder in (self.temporary, self.home):
            shutil.rmtree(folder, ignore_errors=True)

    @contextmanager
    def starting(self) -> Iterator[None]:
        """Hold the folder while starting and deploying; a second one is told so."""
        with (self.root / "up.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Failure(
                    f"Another `mediamill up` is at work in {self.root}.",
                    do="Wait until it is done, then try again.",
                ) from None
            yield

    @contextmanager
    def building(self) -> Iterator[None]:
        """Hold the build, which several folders may share; a second one waits."""
        self.build.parent.mkdir(parents=True, exist_ok=True)
        with self.build.with_suffix(".lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _write(path: Path, record: dict[str, Any]) -> None:
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(record, indent=2) + "\n")
    partial.replace(path)
