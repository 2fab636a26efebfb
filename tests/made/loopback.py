"""Servers of a test's own on the loopback: whatever answers HTTP, and the emulator of AWS."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from mediamill_cli.local import server
from mediamill_cli.local.folder import Server, StateFolder


@contextmanager
def answering(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """The address of a server that has a `handler` answer each call; it ends with the block."""
    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.server_port}"
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()


@contextmanager
def emulator(folder: Path) -> Iterator[Server]:
    """An emulator that keeps an empty account in `folder`, and asks nobody for permissions."""
    state = StateFolder(folder)
    state.create()
    try:
        yield server.start(state, 0, auth=False)
    finally:
        server.stop(state)
