"""Runs inside a built function: imports its handler, then does its work on files that are named.

arm64_work.py FUNCTION FILE…        prints what came out as one line of JSON
"""

from __future__ import annotations

import importlib
import json
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

TYPES = {
    ".jpeg": ("image", "image/jpeg"),
    ".mp4": ("video", "video/mp4"),
    ".pdf": ("document", "application/pdf"),
}


def image(files: list[Path]) -> Mapping[str, Any]:
    import resvg_py

    from mediamill.domain import fonts
    from mediamill.domain.image import render
    from mediamill.domain.limits import Limits
    from mediamill.domain.profile import parse_profiles

    made: dict[str, Any] = {}
    profiles = parse_profiles("thumbnail=64", "webp,jpeg,avif,png")
    for file in files:
        if file.suffix == ".svg":  # in this process: a child would be of the other processor
            folders = [str(folder) for folder in fonts.folders()]
            drawn = resvg_py.svg_to_bytes(
                svg_string=file.read_text(), skip_system_fonts=True, font_dirs=folders
            )
            made[file.name] = {"png": [60, 40, len(bytes(drawn))]}
            continue
        rendering = render(file.read_bytes(), profiles, Limits())
        made[file.name] = {
            product.format: [product.width, product.height, len(product.body)]
            for product in rendering
        }
    return made


def document(files: list[Path]) -> Mapping[str, Any]:
    from mediamill.domain.document import make, wanted_of
    from mediamill.domain.limits import Limits
    from mediamill.domain.profile import parse_profiles

    made: dict[str, list[str]] = {}
    wanted = wanted_of({"clean": ""}, parse_profiles("thumbnail=64", "webp"), Limits())
    for file in files:
        for product in make(file.read_bytes(), wanted):
            plain = product.name == "text" and product.format == "text"
            told = product.body.decode() if plain else str(len(product.body))
            made.setdefault(product.name, []).append(told)
    return made


def metadata(files: list[Path]) -> Mapping[str, Any]:
    from mediamill.domain.kind import Kind
    from mediamill.domain.metadata import describe
    from mediamill.domain.wire import to_json

    made = {}
    for file in files:
        kind, media_type = TYPES[file.suffix]
        with file.open("rb") as stream:
            size = file.stat().st_size
            found = describe(
                stream, key=file.name, size=size, kind=Kind(kind), content_type=media_type
            )
        made[file.name] = to_json(found)
    return made


def av(files: list[Path]) -> Mapping[str, Any]:
    from mediamill.domain.derivative import Product
    from mediamill.domain.kind import Kind
    from mediamill.domain.limits import Limits
    from mediamill.domain.video import Medium, make

    made = {}
    for file in files:  # in this process: a child would be of the other processor
        kind, media_type = TYPES[file.suffix]
        with file.open("rb") as stream:
            found = list(make(stream, Medium(Kind(kind), media_type, Limits())))
        products = [each for each in found if isinstance(each, Product)]
        made[file.name] = [[each.name, each.width, each.height] for each in products]
    return made


def ingest(files: list[Path]) -> Mapping[str, Any]:
    from mediamill.domain.detect import detect

    return {file.name: detect(file.read_bytes()[:4096], file.name).content_type for file in files}


def api(files: list[Path]) -> Mapping[str, Any]:
    from handler import lambda_handler  # type: ignore[import-not-found]

    context = SimpleNamespace(
        function_name="api",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:api",
        aws_request_id="a-request",
    )
    answers = {file.name: lambda_handler(json.loads(file.read_text()), context) for file in files}
    return {name: [each["statusCode"], len(each["body"])] for name, each in answers.items()}


def main() -> None:
    function, *names = sys.argv[1:]
    importlib.import_module("handler")
    work = globals().get(function, lambda _: {})
    print(json.dumps({"machine": platform.machine(), "made": work([Path(name) for name in names])}))


if __name__ == "__main__":
    main()
