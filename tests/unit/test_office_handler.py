"""The office function: what it tells LibreOffice of the function that it runs in."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import mediamill.aws.observe  # noqa: F401 (its tracer opens a socket, which tests may not)
from mediamill.domain.office import Bounds

HANDLER = Path(__file__).parents[2] / "functions" / "office" / "handler.py"


def test_libreoffice_gets_less_memory_than_its_function_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
    monkeypatch.setenv("MAX_OFFICE_PAGES", "7")
    specification = importlib.util.spec_from_file_location("office_handler", HANDLER)
    assert specification is not None
    assert specification.loader is not None
    handler: Any = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(handler)
    asked: list[Bounds] = []
    monkeypatch.setattr(handler, "office", lambda: None)
    monkeypatch.setattr(handler, "convert", lambda *_, bounds, **__: asked.append(bounds))
    asset, source = SimpleNamespace(key="a.docx"), SimpleNamespace(content_type="")
    handler.pdf(
        SimpleNamespace(read=lambda: b"", store=lambda product: None, asset=asset, source=source)
    )
    (bounds,) = asked
    assert 500_000_000 < bounds.memory_bytes < 1024 << 20
    assert bounds.pages == 7
