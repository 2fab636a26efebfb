"""A plug-in for the botocore of a deployed function: one request in twenty is answered with 503.

A function whose environment has what `environment` gives loads it. Botocore tries such a request
again, as it does with AWS's own; four refusals in a row are the function's to deal with.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

FAILING = 0.05
LOG = "FAULTS_LOG"


def environment(log: Path) -> Mapping[str, str]:
    """The variables that a function loads this by, and the file that gets a line a refusal."""
    return {
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "faults=made.faults",
        "PYTHONPATH": str(Path(__file__).parents[1]),
        LOG: str(log),
    }


class _Nothing:
    """The body of an answer that has none."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        return iter(())

    def read(self, *_: Any, **__: Any) -> bytes:
        return b""


def initialize_client_plugin(client: Any) -> None:
    """Botocore's door for plug-ins: called with every client that is made."""
    client.meta.events.register("before-send", _refuse)


def _refuse(request: Any, **_: Any) -> AWSResponse | None:
    """An answer instead of sending the request, or None to send it."""
    if random.random() >= FAILING:
        return None
    with Path(os.environ[LOG]).open("a", encoding="ascii") as log:  # noqa: TID251 - no Settings here
        log.write(f"{request.method}\n")
    return AWSResponse(request.url, 503, HTTPHeaders(), _Nothing())
