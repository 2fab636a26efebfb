"""MiniStack as a child process: AWS on one loopback port, its state in one folder.

The child gets an environment of its own, because the functions it runs inherit it, and a folder of
its own for temporary files, because it leaves some behind. Docker it sees only where a function
runs in a container.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mediamill_cli.environment import search_path
from mediamill_cli.errors import Failure
from mediamill_cli.local.containers import Containers
from mediamill_cli.local.folder import Server, StateFolder
from mediamill_cli.local.release import release_in_flight

READY_SECONDS = 30.0
# Twice what MiniStack gives requests under way (3 s) and its own shutdown took at most here.
STOP_SECONDS = 20.0
_POLL = 0.05
# Never by way of the proxy that the user's network may need.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def start(
    folder: StateFolder, port: int, *, auth: bool, containers: Containers | None = None
) -> Server:
    """Start MiniStack on a loopback port (0: any free one) and wait until it answers.

    With `containers` it runs functions that are images; all others stay processes.
    Raises Failure if the port is taken or the server does not come up.
    """
    port = port or _free_port()
    _refuse_taken(port)
    folder.sweep()
    release_in_flight(folder.state)
    for path in (folder.temporary, folder.home, folder.state, folder.objects):
        path.mkdir(parents=True, exist_ok=True)
    with folder.lock.open("a") as lock, folder.log.open("ab") as log:
        fcntl.flock(lock, fcntl.LOCK_EX)
        child = subprocess.Popen(
            [sys.executable, *_program(port, containers)],
            env=_environment(folder, port, auth=auth, containers=containers),
            cwd=folder.home,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours to handle; the group is ours to end
            pass_fds=[lock.fileno()],  # the lock lives exactly as long as the child
        )
    server = Server(pid=child.pid, port=port, has_containers=containers is not None)
    folder.write_server(server)
    try:
        _wait(
            lambda: child.poll() is not None or answers(server),
            READY_SECONDS,
        )
        if child.poll() is None and answers(server):
            child.returncode = 0  # from here on it is known by its id, and outlives this object
            return server
    except BaseException:
        stop(folder)
        raise
    stop(folder)
    raise Failure(
        f"The local server did not start. Its last words: {_tail(folder.log)}",
        do=f"The whole log is {folder.log}. If the state there is damaged, remove "
        f"{folder.root} and run `mediamill up` again.",
    )


def stop(folder: StateFolder) -> bool:
    """End the server, its functions and all they left in temporary folders; False if none ran."""
    server = folder.running()
    if server is None:
        folder.sweep()
        return False
    _signal(server.pid, signal.SIGTERM)
    if not _wait(lambda: _ended(folder, server), STOP_SECONDS):
        _signal(server.pid, signal.SIGKILL)
        _wait(lambda: _ended(folder, server), STOP_SECONDS)
    # Functions in the middle of a file outlive their server; the group is theirs too.
    _signal_group(server.pid, signal.SIGKILL)
    folder.sweep()
    return True


def answers(server: Server) -> bool:
    """Whether the server is ready for requests."""
    try:
        with _DIRECT.open(f"{server.endpoint}/_ministack/ready", timeout=2) as response:
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def alive(folder: StateFolder, server: Server) -> bool:
    """Whether this very server still runs."""
    _reap(server.pid)
    return folder.running() == server


def _program(port: int, containers: Containers | None) -> list[str]:
    if containers is None:
        return ["-m", "ministack"]
    return ["-m", "mediamill_cli.local.emulator", *containers.arguments(port)]


def _environment(
    folder: StateFolder, port: int, *, auth: bool, containers: Containers | None
) -> dict[str, str]:
    interpreter = Path(sys.executable).parent
    return {
        "PATH": f"{interpreter}{os.pathsep}{search_path()}",
        "HOME": str(folder.home),
        "TMPDIR": str(folder.temporary),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder.home}/no-docker",
        "LOG_LEVEL": "WARNING",
        "AUTH": "true" if auth else "false",
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder.state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder.objects),
        **(containers.environment(port) if containers else {}),
    }


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise Failure(
                f"Port {port} on 127.0.0.1 is taken by another program ({error.strerror}).",
                do=f"End that program, or choose another port: mediamill up --port {port + 1}",
            ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _wait(done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _ended(folder: StateFolder, server: Server) -> bool:
    _reap(server.pid)
    return folder.running() is None


def _reap(pid: int) -> None:
    """Collect the child if it is ours, so that no zombie stays."""
    with suppress(ChildProcessError):  # an earlier command's child
        os.waitpid(pid, os.WNOHANG)


def _signal(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _tail(log: Path, lines: int = 3) -> str:
    try:
        return " / ".join(log.read_text(errors="replace").splitlines()[-lines:]) or "(none)"
    except FileNotFoundError:
        return "(none)"
