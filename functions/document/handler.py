"""Document worker: a PDF in; the renditions of its first page, its text and its pages out."""

from collections.abc import Mapping
from typing import Any

from mediamill.aws.worker import Task, worker
from mediamill.domain.derivative import Product
from mediamill.domain.document import begin, isolated, make_part, parse_part, wanted_of
from mediamill.settings import Settings

settings = Settings.from_env()


def derivatives(task: Task) -> Mapping[str, Any]:
    """Store all that the PDF becomes, one page at a time; leave a long one's parts to others."""
    is_original = task.source.bucket == task.asset.bucket
    wanted = wanted_of(
        settings.document_extras, settings.profiles, settings.limits, is_original=is_original
    )
    source = task.read()
    if task.part is not None:
        for product in isolated(None, make_part, source, wanted, parse_part(task.part)):
            task.store(product)
        return {}
    for made in isolated(None, begin, source, wanted):
        if isinstance(made, Product):
            task.store(made)
        else:
            task.leave(str(made))
    return {}


lambda_handler = worker("document", settings, derivatives)
