"""Document worker: a PDF in; the renditions of its first page, its text and its pages out."""

from collections.abc import Mapping
from typing import Any

from mediamill.aws.worker import Task, worker
from mediamill.domain.document import Wanted, make
from mediamill.settings import Settings

settings = Settings.from_env()


def derivatives(task: Task) -> Mapping[str, Any]:
    """Store all that the PDF becomes, one page in memory at a time."""
    wanted = Wanted(profiles=settings.profiles, limits=settings.limits)
    for product in make(task.read(), wanted):
        task.store(product)
    return {}


lambda_handler = worker("document", settings, derivatives)
