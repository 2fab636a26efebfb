"""The image function: what an upload and the parameters say reaches the renditions."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from made.flow import Flow
from made.images import opened, saved
from PIL import Image

from mediamill.aws.clients import client
from mediamill.aws.task import Task
from mediamill.domain.derivative import Product
from mediamill.settings import BadSetting, Settings

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


def stored_by(module: Any, body: bytes) -> Image.Image:
    stored: list[Product] = []
    task = SimpleNamespace(read=lambda: body, store=stored.append, user_metadata=dict)
    module.renditions(task)
    return opened(stored[0].body).convert("RGB")


def test_the_watermark_is_what_stands_in_the_bucket_that_the_parameter_names(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    logo = saved(Image.new("RGBA", (20, 20), "red"), "PNG")
    client("s3").put_object(Bucket=flow.uploads, Key="brand/logo (1).png", Body=logo)
    monkeypatch.setenv("WATERMARK", f"{flow.uploads}/brand/logo (1).png")
    monkeypatch.setenv("WATERMARK_STYLE", "center,50%,100%")
    module = handler(monkeypatch, "one=100")
    white = saved(Image.new("RGB", (100, 100), "white"), "PNG")
    assert stored_by(module, white).getpixel((50, 50)) == (255, 0, 0)
    client("s3").delete_object(Bucket=flow.uploads, Key="brand/logo (1).png")
    assert stored_by(module, white).getpixel((50, 50)) == (255, 0, 0)  # read once an instance


def test_a_watermark_that_is_not_there_is_the_settings_fault_and_names_itself(
    flow: Flow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATERMARK", f"{flow.uploads}/logo.png")
    module = handler(monkeypatch, "one=100")
    white = saved(Image.new("RGB", (100, 100), "white"), "PNG")
    with pytest.raises(BadSetting, match=r"logo\.png.*NoSuchKey"):
        stored_by(module, white)
    logo = saved(Image.new("RGBA", (20, 20), "red"), "PNG")
    client("s3").put_object(Bucket=flow.uploads, Key="logo.png", Body=logo)
    assert stored_by(module, white).getpixel((90, 92)) != (255, 255, 255)  # put right, it works


def test_renditions_of_the_same_bytes_are_stored_once_where_that_is_asked_for(
    flow: Flow, context: Any
) -> None:
    environment = {**flow.settings.environment, "PLAN": "image:image", "REPEATS": "once"}
    flow = replace(flow, settings=Settings(environment))
    small, other = (
        Product(name, body, "webp", 8, 8) for name, body in (("small", b"one"), ("tiny", b"two"))
    )
    products = [small, replace(small, name="medium"), other, replace(small, name="large")]

    def job(task: Task) -> Mapping[str, Any]:
        for product in products:
            task.store(product)
        return {"width": 8, "height": 8}

    flow.intake().handle(
        flow.upload("icon.png", saved(Image.new("1", (8, 8)), "PNG"), "01"), context
    )
    flow.worker("image", job).handle(flow.told()[0], context)
    for hand_over in flow.messages(flow.settings.manifest_queue):
        flow.finish().handle(hand_over, context)
    listed = client("s3").list_objects_v2(Bucket=flow.settings.results_bucket)["Contents"]
    assert [each["Key"] for each in listed] == [
        "manifest/icon.png.json",
        "small/icon.png.webp",
        "tiny/icon.png.webp",
    ]
    body = client("s3").get_object(
        Bucket=flow.settings.results_bucket, Key="manifest/icon.png.json"
    )["Body"]
    rows = json.loads(body.read())["derivatives"]
    assert [(row["name"], row["key"]) for row in rows] == [
        ("small", "small/icon.png.webp"),
        ("medium", "small/icon.png.webp"),
        ("tiny", "tiny/icon.png.webp"),
        ("large", "small/icon.png.webp"),
    ]
    flow.intake().handle(flow.remove("icon.png", "02"), context)
    for hand_over in flow.messages(flow.settings.manifest_queue):
        flow.finish().handle(hand_over, context)
    assert "Contents" not in client("s3").list_objects_v2(Bucket=flow.settings.results_bucket)
