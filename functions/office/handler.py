"""Office worker: an Office file in, its PDF out, which the document worker then goes on with."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from mediamill.aws.observe import log_fences
from mediamill.aws.task import Task
from mediamill.aws.worker import worker
from mediamill.domain.office import Bounds, Office, convert, install
from mediamill.settings import Settings

settings = Settings.from_env()


@cache
def office() -> Office:
    """The LibreOffice of this sandbox, warmed by its first document or in the image."""
    return install(settings.office_command, settings.office_profile)


def pdf(task: Task) -> Mapping[str, Any]:
    """Store the document as PDF; tell where it was cut."""
    bounds = Bounds.within(settings.memory_bytes, pages=settings.office_pages)
    made = convert(
        task.read(),
        name=task.asset.key,
        content_type=task.source.content_type,
        office=office(),
        bounds=bounds,
        pdf_a=settings.pdf_a,
    )
    task.store(made)
    return bounds.facts(made)


log_fences()
lambda_handler = worker("office", settings, pdf)
