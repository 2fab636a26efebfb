"""One upload, one trace: X-Ray's header carried from message to message, and a segment for each.

S3's event begins a trace, or goes on with the uploader's. What a function sends while it works on a
message says in the header `X-Amzn-Trace-Id` which trace that is; SNS and SQS hand it to the next
function as the message's attribute `AWSTraceHeader`. Lambda itself traces invocations, of which one
may have ten messages, so each message's work is told to X-Ray as a segment of its own trace.

The header and the documents: "Tracing header" and "Segment documents" in X-Ray's developer guide;
the daemon's protocol: "Sending trace data to X-Ray" there.
"""

from __future__ import annotations

import json
import re
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from mediamill.settings import Tracing

HEADER = "X-Amzn-Trace-Id"
ATTRIBUTE = "AWSTraceHeader"
_ROOT = re.compile("1-[0-9a-f]{8}-[0-9a-f]{24}")
_PARENT = re.compile("[0-9a-f]{16}")
_DAEMON = b'{"format": "json", "version": 1}\n'


@dataclass
class Segment:
    """The work on one message, as a part of its upload's trace."""

    root: str
    parent: str | None
    sampled: bool
    lineage: str | None = None
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    annotations: dict[str, str] = field(default_factory=dict)

    @property
    def header(self) -> str:
        """What requests made for this message say, so that what follows belongs to the trace.

        Lambda counts in `Lineage` how often functions have called each other, to end loops.
        """
        said = f"Root={self.root};Parent={self.id};Sampled={int(self.sampled)}"
        return f"{said};Lineage={self.lineage}" if self.lineage else said


_open: list[Segment] = []  # a function works on one message at a time, and its threads on the same


def current() -> Segment | None:
    """The segment of the message that is being worked on."""
    return _open[-1] if _open else None


@contextmanager
def traced(record: Mapping[str, Any], tracing: Tracing) -> Iterator[Segment]:
    """Work on one record of an SQS event, as a segment of the trace that its message belongs to."""
    segment = begun(record.get("attributes", {}).get(ATTRIBUTE, ""), tracing.invocation)
    started = time.time()
    failure: BaseException | None = None
    _open.append(segment)
    try:
        yield segment
    except BaseException as error:
        failure = error
        raise
    finally:
        _open.pop()
        if segment.sampled and tracing.daemon is not None:
            _send(_document(segment, tracing.name, started, failure), tracing.daemon)


def begun(header: str, invocation: str) -> Segment:
    """A segment in the trace that a message's header names; without one, a trace of its own.

    The first header is the uploader's word: what is no trace is not carried on. Whether a new one
    is sampled is what Lambda decided for this invocation.
    """
    told, own = _parts(header), _parts(invocation)
    root, parent = told.get("Root", ""), told.get("Parent", "")
    is_known = _ROOT.fullmatch(root) is not None
    sampled = told.get("Sampled", "") if is_known else ""
    return Segment(
        root=root if is_known else f"1-{int(time.time()):08x}-{secrets.token_hex(12)}",
        parent=parent if is_known and _PARENT.fullmatch(parent) else None,
        sampled=(sampled if sampled in ("0", "1") else own.get("Sampled")) == "1",
        lineage=own.get("Lineage"),
    )


def carry(params: dict[str, Any] | None = None, **_: Any) -> None:
    """Botocore's `before-call`: let a request say for which upload it is made."""
    segment = current()
    if segment is not None and params is not None:
        params["headers"][HEADER] = segment.header


def _parts(header: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def _document(
    segment: Segment, name: str, started: float, failure: BaseException | None
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "name": name,
        "id": segment.id,
        "trace_id": segment.root,
        "start_time": started,
        "end_time": time.time(),
        "annotations": segment.annotations,
    }
    if segment.parent is not None:
        document["parent_id"] = segment.parent
    if failure is not None:
        document["fault"] = True
        document["annotations"] |= {"error": type(failure).__name__}
    return document


def _send(document: Mapping[str, Any], daemon: tuple[str, int]) -> None:
    """By UDP, as X-Ray's daemon takes it: nobody waits, and what is lost is lost."""
    with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.sendto(_DAEMON + json.dumps(document).encode(), daemon)
