"""Document worker: a PDF in; the renditions of its first page, its text and its pages out."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from mediamill.aws.observe import log_fences
from mediamill.aws.task import Task
from mediamill.aws.worker import worker
from mediamill.domain.derivative import Product
from mediamill.domain.document import (
    Ahead,
    Opened,
    Wanted,
    ahead,
    begin,
    make_part,
    parse_part,
    ready,
    unlocked,
    wanted_of,
    warm,
)
from mediamill.settings import Settings

settings = Settings.from_env()


def derivatives(task: Task) -> Mapping[str, Any]:
    """Store all that the PDF becomes, one page at a time; leave a long one's parts to others."""
    wanted = wanted_of(
        settings.document_extras,
        settings.profiles,
        settings.limits,
        page_size=settings.page_size,
        is_original=task.source.bucket == task.asset.bucket,
    )
    ready(wanted)
    # One child for this document alone, which gets ready while the document is fetched.
    with ahead(partial(warm, wanted)) as child:
        return _made(task, wanted, child)


def _made(task: Task, wanted: Wanted, child: Ahead) -> Mapping[str, Any]:
    source = task.read()

    def password() -> str | None:
        return task.user_metadata().get("password")

    if task.part is not None:
        part = parse_part(task.part)
        for product in unlocked(
            wanted, password, lambda wish: child.isolated(make_part, source, wish, part)
        ):
            task.store(product)
        return {}
    facts: Mapping[str, Any] = {}
    for made in unlocked(wanted, password, lambda wish: child.isolated(begin, source, wish)):
        match made:
            case Opened():
                facts = made.facts(wanted)
            case Product():
                task.store(made)
            case _:
                task.leave(str(made))
    return facts


log_fences()
lambda_handler = worker("document", settings, derivatives)
