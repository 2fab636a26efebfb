"""Video worker: films and sounds in; out comes what pages and players show of them."""

from collections.abc import Mapping
from typing import Any

from mediamill.aws.observe import log_fences
from mediamill.aws.task import Task
from mediamill.aws.worker import worker
from mediamill.domain.derivative import Product
from mediamill.domain.video import Medium, isolated, ready
from mediamill.settings import Settings

settings = Settings.from_env()


def derivatives(task: Task) -> Mapping[str, Any]:
    """Store all that the film or the sound becomes, reading only the parts of it that it takes."""
    ready()
    medium = Medium(
        task.source.kind,
        task.source.content_type,
        settings.limits,
        key=task.asset.key,
        bytes=task.source.bytes,
    )
    facts: dict[str, Any] = {}
    with task.open(block=medium.block) as file:
        for made in isolated(file, medium):
            if isinstance(made, Product):
                task.store(made)
            else:
                facts = made.onto(facts)
    return facts


log_fences()
lambda_handler = worker("av", settings, derivatives)
