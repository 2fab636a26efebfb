"""One photo's way through the flow, for tests that stop it, double it or overtake it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from made.flow import Flow
from made.pictures import jpeg
from mediamill.aws.messages import Delivery
from mediamill.aws.task import Task
from mediamill.aws.worker import Job
from mediamill.domain.derivative import Product

WHOLE = {"thumbnail/a.jpg.webp", "manifest/a.jpg.json"}
"""What is in the results bucket once the photo is complete."""


def stores(text: str, *names: str) -> Job:
    """A job that stores derivatives of one text, and knows one fact."""

    def job(task: Task) -> Mapping[str, Any]:
        for name in names or ("thumbnail",):
            task.store(Product(name, text.encode(), "webp", 1, 1))
        return {"width": 1}

    return job


def nothing(task: Task) -> Mapping[str, Any]:
    """A job that makes nothing."""
    return {}


def never(task: Task) -> Mapping[str, Any]:
    """A job that nobody should do."""
    raise AssertionError("this is done")


def opened(flow: Flow, context: Any, sequencer: str = "01", body: bytes = b"") -> Delivery:
    """An original that was put and opened; what the workers are told."""
    flow.intake().handle(flow.upload("a.jpg", body or jpeg(), sequencer), context)
    (told,) = flow.told()
    return told


def handed_over(flow: Flow, context: Any) -> Delivery:
    """A photo whose workers are done; what the finisher is told."""
    told = opened(flow, context)
    flow.worker("image", stores("x")).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    (message,) = flow.hand_overs()
    return message


def settle(flow: Flow, context: Any, text: str = "new") -> None:
    """Deliver whatever waits, to workers that store a text."""
    flow.settle(context, image=stores(text), metadata=nothing)


def done(flow: Flow, context: Any, told: Delivery, text: str) -> None:
    """Both workers and the finisher, for one fan-out message."""
    flow.worker("image", stores(text)).handle(told, context)
    flow.worker("metadata", nothing).handle(told, context)
    settle(flow, context, text)
