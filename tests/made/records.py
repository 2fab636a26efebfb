"""Assets and records for tests, with everything at its plainest."""

from __future__ import annotations

from typing import Any

from mediamill.domain.asset import Asset, Record, Step, asset_id_of
from mediamill.domain.derivative import Derivative
from mediamill.domain.formats import FORMATS
from mediamill.domain.keys import derivative_key
from mediamill.domain.kind import Kind, Status, StepStatus
from mediamill.domain.made import Stored

SEQUENCER = "0055AED6DCD90281E5"


def asset(key: str = "photos/cat.jpg", *, version: str = "v1", **more: Any) -> Asset:
    values: dict[str, Any] = {
        "asset_id": asset_id_of("uploads", key, version_id=version, etag="e", sequencer=SEQUENCER),
        "bucket": "uploads",
        "key": key,
        "version_id": version,
        "etag": "e",
        "sequencer": SEQUENCER,
        "bytes": 1000,
        "kind": Kind.IMAGE,
        "content_type": "image/jpeg",
        "created_at": "2026-11-20T10:00:00.000Z",
    }
    return Asset(**{**values, **more})


def derivative(
    name: str, key: str, format_name: str = "webp", page: int | None = None
) -> Derivative:
    return Derivative(
        name=name,
        key=derivative_key(name, key, format_name, page),
        content_type=FORMATS[format_name].content_type,
        format=format_name,
        bytes=123,
        sha256="0" * 64,
        width=10,
        height=20,
        page=page,
    )


def stored(
    name: str, key: str, format_name: str = "webp", page: int | None = None, etag: str = "e"
) -> Stored:
    return Stored(derivative(name, key, format_name, page), etag, "v")


def complete(**more: Any) -> Step:
    values: dict[str, Any] = {
        "status": StepStatus.COMPLETE,
        "by": "0123456789abcd",
        "started_at": "2026-11-20T10:00:01.000Z",
        "finished_at": "2026-11-20T10:00:02.000Z",
        "duration_ms": 1000,
    }
    return Step(**{**values, **more})


def record(**more: Any) -> Record:
    values: dict[str, Any] = {
        "asset": asset(),
        "status": Status.PROCESSING,
        "steps": {"image": Step(), "metadata": Step()},
        "revision": 1,
    }
    return Record(**{**values, **more})
