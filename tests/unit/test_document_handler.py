"""The document function: what it takes from its settings and from the upload, and what it tells."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from made import pdf

from mediamill.domain.derivative import Product

HANDLER = Path(__file__).parents[2] / "functions" / "document" / "handler.py"


def handler() -> Any:
    specification = importlib.util.spec_from_file_location("document_handler", HANDLER)
    assert specification is not None
    assert specification.loader is not None
    module: Any = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


class FakeTask:
    """A task over bytes; `said` is the upload's object metadata."""

    def __init__(self, body: bytes, part: str | None = None, **said: str) -> None:
        self.body, self.part, self.said = body, part, said
        self.asset = self.source = SimpleNamespace(bucket="uploads")
        self.stored: list[Product] = []
        self.parts: list[str] = []
        self.store, self.leave = self.stored.append, self.parts.append

    def read(self) -> bytes:
        return self.body

    def user_metadata(self) -> dict[str, str]:
        return self.said


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENDITIONS", "thumbnail=64")
    monkeypatch.setenv("FORMATS", "jpeg,webp")
    monkeypatch.setenv("PAGE_SIZE", "100px")
    monkeypatch.setenv("MAX_PAGES", "2")


def test_pages_are_made_as_the_settings_say() -> None:
    task = FakeTask(pdf.document([b"", b""]))
    assert handler().derivatives(task) == {"document": {"page_count": 2}}
    made = [each for each in task.stored if each.name == "pages"]
    assert [(each.page, each.format, each.width) for each in made] == [
        (1, "jpeg", 100),
        (1, "webp", 100),
        (2, "jpeg", 100),
        (2, "webp", 100),
    ]


def test_tells_of_pages_past_the_limit() -> None:
    facts = handler().derivatives(FakeTask(pdf.document([b""] * 3)))
    assert facts["document"] == {"page_count": 3}
    assert [each["code"] for each in facts["warnings"]] == ["truncated"]


@pytest.mark.parametrize("part", [None, "text", "1-1"])
def test_opens_a_locked_document_with_the_upload_s_password(part: str | None) -> None:
    task = FakeTask(pdf.locked("user"), part, password="user")
    handler().derivatives(task)
    assert task.stored


class NotingTask(FakeTask):
    """It notes when it is read, and when something is stored."""

    def __init__(self, body: bytes, part: str) -> None:
        super().__init__(body, part)
        self.events: list[str] = []
        self.store = lambda product: self.events.append("store")

    def read(self) -> bytes:
        self.events.append("read")
        return super().read()


def test_the_child_is_there_before_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    document = handler()
    document.derivatives(FakeTask(pdf.document([b""])))  # what is done once a process
    task, fork = NotingTask(pdf.document([b""]), "text"), os.fork
    monkeypatch.setattr(os, "fork", lambda: task.events.append("fork") or fork())  # type: ignore[func-returns-value]
    document.derivatives(task)
    assert task.events == ["fork", "read", "store", "store"]
