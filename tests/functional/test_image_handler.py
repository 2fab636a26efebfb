"""The image function: what an uploader says with an upload reaches the crop."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from made.images import opened, saved
from PIL import Image

from mediamill.domain.derivative import Product

HANDLER = Path(__file__).parents[2] / "functions" / "image" / "handler.py"


def handler(monkeypatch: pytest.MonkeyPatch, renditions: str) -> Any:
    monkeypatch.setenv("RENDITIONS", renditions)
    monkeypatch.setenv("FORMATS", "png")
    specification = importlib.util.spec_from_file_location("image_handler", HANDLER)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def run(module: Any, said: dict[str, str], asked: list[str]) -> Image.Image:
    halves = Image.new("RGB", (200, 50), "blue")
    halves.paste("red", (0, 0, 100, 50))
    body = saved(halves, "PNG")
    stored: list[Product] = []

    def user_metadata() -> dict[str, str]:
        asked.append("asked")
        return said

    task = SimpleNamespace(read=lambda: body, store=stored.append, user_metadata=user_metadata)
    module.renditions(task)
    return opened(stored[0].body).convert("RGB")


def test_a_focus_that_comes_with_the_upload_decides_the_crop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = handler(monkeypatch, "square=50x50:cover")
    left, right = (run(module, {"focus": focus}, []) for focus in ("0.1,0.5", "0.9,0.5"))
    assert left.getpixel((25, 25)) == (255, 0, 0)
    assert right.getpixel((25, 25)) == (0, 0, 255)


def test_it_is_not_asked_for_where_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    run(handler(monkeypatch, "one=100,two=50x50:contain"), {"focus": "0,0"}, asked)
    assert asked == []
    run(handler(monkeypatch, "one=50x50:attention"), {}, asked)
    assert asked == ["asked"]
