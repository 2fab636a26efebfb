"""Workers' jobs that take no time: each does as the content of the original says.

What they store says which original it is of, and a PDF has a number of its own each time that it
is made, as LibreOffice's have dates.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from mediamill.aws.task import Task
from mediamill.domain.derivative import Product
from mediamill.domain.errors import Broken, Refusal
from model.contents import MAGIC, Content


class Crash(BaseException):
    """The end of a function's process, in the middle of whatever it was at."""


class Fault(Exception):
    """Something that trying again may help against."""


class Jobs:
    """The jobs of one history's workers, and how often each has been tried."""

    def __init__(self) -> None:
        self._tries: Counter[tuple[str, str, str | None]] = Counter()
        self._made = 0
        self.by_step: Mapping[str, Callable[[Task], Mapping[str, Any]]] = {
            "image": self.image,
            "metadata": self.metadata,
            "office": self.office,
            "document": self.document,
            "scan": self.scan,
        }

    def scan(self, task: Task) -> Mapping[str, Any]:
        """Nothing but a look: whether the others may start."""
        for _ in self._failing(task, "scan", Content.of(task.read()), ()):
            pass
        return {}

    def image(self, task: Task) -> Mapping[str, Any]:
        """Two renditions; one for an original of one page."""
        content = Content.of(task.read())
        sizes = ("thumbnail", "medium")[: content.pages]
        for size in self._failing(task, "image", content, sizes):
            task.store(Product(size, f"{size} of {content.digest}".encode(), "webp", 1, 1))
        return {"image": {"dominant_color": content.digest}}

    def metadata(self, task: Task) -> Mapping[str, Any]:
        """One file of metadata, from a file that is read piece by piece."""
        with task.open() as file:
            content = Content.of(file.read())
        for name in self._failing(task, "metadata", content, ("metadata",)):
            task.store(Product(name, f"{name} of {content.digest}".encode(), "json"))
        return {"tags": {"title": content.digest}}

    def office(self, task: Task) -> Mapping[str, Any]:
        """A PDF, different each time."""
        content = Content.of(task.read())
        for name in self._failing(task, "office", content, ("pdf",)):
            self._made += 1
            plain = {"number": self._made, **json.loads(content.body[len(MAGIC["office"]) :])}
            task.store(Product(name, MAGIC["document"] + json.dumps(plain).encode(), "pdf"))
        return {}

    def document(self, task: Task) -> Mapping[str, Any]:
        """Pages, at once or in parts."""
        source = task.read()
        if not source.startswith(MAGIC["document"]):
            raise Broken("It is no PDF.")
        plain = json.loads(source[source.index(b'{"') :])
        number = plain.pop("number", 0)
        content = Content(**plain)
        pages = list(range(1, content.pages + 1))
        if task.part is not None:
            first, last = map(int, task.part.split("-"))
            pages = pages[first - 1 : last]
        elif content.parts:
            size = -(-content.pages // content.parts)
            for first in range(1, content.pages + 1, size):
                task.leave(f"{first}-{min(first + size - 1, content.pages)}")
            pages = []
        for page in self._failing(task, "document", content, pages):
            text = f"page {page} of {content.digest} from {number}"
            task.store(Product("pages", text.encode(), "webp", 1, 1, page))
        return {} if task.part else {"document": {"title": f"{content.digest} from {number}"}}

    def _failing(self, task: Task, step: str, content: Content, names: Any) -> Any:
        """Each of `names`, unless this content is to fail here, after the first or before it."""
        fails = content.fails if content.step == step else ""
        # The last part of a split job fails; its beginning and the others are as they should be.
        is_early = (
            content.parts
            and step == "document"
            and not (task.part or "").endswith(f"-{content.pages}")
        )
        if not fails or is_early:
            yield from names
            return
        if content.stores_first:
            yield from names[:1]
        tried = (task.asset.asset_id, step, task.part)
        self._tries[tried] += 1
        if fails == "refuses":
            raise Refusal("No.") if step == "scan" else Broken("It cannot be read.")
        if self._tries[tried] <= content.times:
            raise Crash if fails == "crashes" else Fault("not this time")
        yield from names[1:] if content.stores_first else names
