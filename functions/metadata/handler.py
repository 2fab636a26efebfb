"""Metadata worker: any original in, one true record of it out, read by ranges."""

import json
from collections.abc import Mapping
from typing import Any

from mediamill.aws.observe import log_fences
from mediamill.aws.task import Task
from mediamill.aws.worker import worker
from mediamill.domain.derivative import Product
from mediamill.domain.metadata import describe, publish
from mediamill.domain.wire import to_json
from mediamill.settings import Settings

settings = Settings.from_env()


def record(task: Task) -> Mapping[str, Any]:
    """Store the whole record; the part of it that may be published."""
    asset = task.asset
    with task.open() as file:
        found = describe(
            file,
            key=asset.key,
            size=asset.bytes,
            kind=asset.kind,
            content_type=asset.content_type,
            stored=task.stored(),
            digest=settings.digest,
        )
    body = json.dumps(to_json(found), ensure_ascii=False, indent=2).encode()
    task.store(Product("metadata", body, "json"))
    return publish(found, settings.privacy)


log_fences()
lambda_handler = worker("metadata", settings, record)
