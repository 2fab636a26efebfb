"""What a function did, noted on Lambda's own X-Ray trace: find a file's traces by its asset_id.

Lambda makes the trace and its segment; the daemon beside the function takes a subsegment as one
datagram of JSON (AWS X-Ray Developer Guide, "Sending trace data to AWS X-Ray"). That is all that is
sent, so there is no SDK to load at every cold start.
"""

from __future__ import annotations

import json
import secrets
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from mediamill.settings import trace_settings

_HEADER = b'{"format": "json", "version": 1}\n'

_annotations: dict[str, str] = {}


def annotate(name: str, value: str) -> None:
    """Note a value that traces can be found by on the subsegment that is open."""
    _annotations[name] = value


@contextmanager
def traced(name: str) -> Iterator[None]:
    """Send the time that this block took, as a subsegment of the invocation that is traced."""
    _annotations.clear()
    started, fault = time.time(), True
    try:
        yield
        fault = False
    finally:
        _send(name, started, fault)


def _send(name: str, started: float, fault: bool) -> None:
    tracing = trace_settings()
    if tracing is None:
        return
    subsegment = {
        "type": "subsegment",
        "id": secrets.token_hex(8),
        "trace_id": tracing.root,
        "parent_id": tracing.parent,
        "name": name,
        "start_time": started,
        "end_time": time.time(),
        "annotations": dict(_annotations),
        "fault": fault,
    }
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as daemon:
        daemon.setblocking(False)
        try:
            daemon.sendto(_HEADER + json.dumps(subsegment).encode(), tracing.daemon)
        except OSError:  # a trace is never worth a file
            return
