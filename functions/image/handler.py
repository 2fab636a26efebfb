"""Image worker: an original in, its renditions out."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from mediamill.aws import storage
from mediamill.aws.task import Task
from mediamill.aws.worker import worker
from mediamill.domain.assembly import picture_facts
from mediamill.domain.image import Watermark, crops, parse_focus, ready, render
from mediamill.settings import Settings

settings = Settings.from_env()
ready()


@cache
def watermark() -> Watermark | None:
    """What the parameters name, read once by each instance of the function."""
    if settings.watermark is None:
        return None
    png = storage.read_named(*settings.watermark, Watermark.MOST_BYTES + 1)
    return Watermark.read(png, settings.watermark_style)


def renditions(task: Task) -> Mapping[str, Any]:
    """Store every rendition; what the one decode told about the picture."""
    said = task.user_metadata() if crops(settings.profiles) else {}
    rendering = render(
        task.read(),
        settings.profiles,
        settings.limits,
        background=settings.background,
        focus=parse_focus(said.get("focus", "")),
        keep_colour=settings.keep_colour,
        watermark=watermark(),
    )
    for rendition in rendering:
        task.store(rendition)
    return picture_facts(rendering.facts)


lambda_handler = worker("image", settings, renditions)
