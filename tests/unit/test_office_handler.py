"""The office function: what it tells LibreOffice of itself, and the manifest of the PDF."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mediamill.domain.derivative import Product
from mediamill.domain.office import Bounds

HANDLER = Path(__file__).parents[2] / "functions" / "office" / "handler.py"


class Told:
    """The handler with a LibreOffice that only notes what it is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, truncated: bool = False) -> None:
        specification = importlib.util.spec_from_file_location("office_handler", HANDLER)
        assert specification is not None
        assert specification.loader is not None
        self.handler: Any = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(self.handler)
        self.asked: list[dict[str, Any]] = []
        self.stored: list[Product] = []

        def convert(*_: object, **asked: Any) -> Product:
            self.asked.append(asked)
            return Product("pdf", b"%PDF-", "pdf", truncated=truncated)

        monkeypatch.setattr(self.handler, "office", lambda: None)
        monkeypatch.setattr(self.handler, "convert", convert)

    def facts(self) -> dict[str, Any]:
        asset, source = SimpleNamespace(key="a.docx"), SimpleNamespace(content_type="")
        found: dict[str, Any] = self.handler.pdf(
            SimpleNamespace(read=lambda: b"", store=self.stored.append, asset=asset, source=source)
        )
        return found


def test_libreoffice_gets_less_memory_than_its_function_has(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024")
    monkeypatch.setenv("MAX_OFFICE_PAGES", "7")
    told = Told(monkeypatch)
    told.facts()
    bounds: Bounds = told.asked[0]["bounds"]
    assert 500_000_000 < bounds.memory_bytes < 1024 << 20
    assert bounds.pages == 7


def test_it_asks_for_the_pdf_a_of_its_parameter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PDF_A", "2b")
    told = Told(monkeypatch)
    told.facts()
    assert told.asked[0]["pdf_a"] == "2b"


def test_a_whole_document_warns_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Told(monkeypatch).facts() == {}


def test_a_document_that_was_cut_is_stored_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAX_OFFICE_PAGES", "1234")
    told = Told(monkeypatch, truncated=True)
    (warning,) = told.facts()["warnings"]
    assert warning["code"] == "truncated"
    assert "1,234" in warning["message"]
    assert [each.truncated for each in told.stored] == [True]
