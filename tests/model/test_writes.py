"""What a file costs in DynamoDB: the cost table is made of what the real code was counted to do."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from model.inside import inside

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
KINDS = {
    "photo.jpg": "photo",
    "report.pdf": "PDF",
    "letter.docx": "Office file",
    "clip.mp4": "video",
}


@pytest.fixture(scope="module")
def writes() -> ModuleType:
    return loaded("writes")


def test_the_cost_table_has_the_units_that_are_counted(writes: ModuleType, tmp_path: Path) -> None:
    kinds = {kind.name: kind for kind in loaded("costs").KINDS}
    with inside() as world:
        for key, body in writes.originals(tmp_path).items():
            kind, found = kinds[KINDS[key]], writes.count(world, key, body)
            assert found.status == "complete"
            assert (found.in_all, found.reads) == (kind.write_units, kind.read_units), key


def test_a_page_of_a_long_pdf_costs_no_more_than_one_of_a_short_one(writes: ModuleType) -> None:
    each = {}
    with inside() as world:
        for pages in (60, 120):
            more = {"DOCUMENT_EXTRAS": "split,words", "PAGE_SIZE": "20dpi"}
            found = writes.count(world, "long.pdf", writes.pages(pages), **more)
            each[pages] = found.in_all / pages
    assert each[120] <= each[60] < 1


def loaded(name: str) -> ModuleType:
    """A benchmark as a module."""
    found = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # dataclasses look their module up
    found.loader.exec_module(module)
    return module
