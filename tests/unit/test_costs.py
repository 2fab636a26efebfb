"""The cost table: its rows add up, and nothing that is billed is free by mistake."""

from __future__ import annotations

import importlib.util
import re
import sys
from decimal import Decimal
from pathlib import Path
from types import ModuleType

import expand
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def costs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("costs", ROOT / "benchmarks" / "costs.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["costs"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def cells(line: str) -> list[str]:
    return [cell.strip().strip("*") for cell in line.strip("|").split("|")]


def test_the_rows_that_are_shown_add_up_to_the_total_that_is_shown(costs: ModuleType) -> None:
    lines = [cells(line) for line in costs.table(costs.MEASURED_MS).splitlines() if "|" in line]
    shown = {
        line[0]: [*map(Decimal, line[1:])] for line in lines if re.fullmatch(r"[\d.]+", line[1])
    }
    totals = shown.pop("in all")
    assert len(shown) == 9
    for column, total in enumerate(totals):
        assert sum(row[column] for row in shown.values()) == total


def test_nothing_that_is_billed_is_free(costs: ModuleType) -> None:
    for kind in costs.KINDS:
        assert all(cost > 0 for cost in costs.rows(kind, costs.MEASURED_MS).values()), kind.name


def test_more_work_costs_more(costs: ModuleType) -> None:
    slower = {name: 2 * milliseconds for name, milliseconds in costs.MEASURED_MS.items()}
    for kind in costs.KINDS:
        assert costs.total(kind, slower) > costs.total(kind, costs.MEASURED_MS)


def test_a_small_function_takes_longer_and_costs_the_same_for_the_same_work(
    costs: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "WAIT_MS", 0)
    bills = []
    for memory in (512, 1024, 1769):
        monkeypatch.setitem(costs.MEMORY, "image", memory)
        bills.append(costs.Work("image").gb_seconds({"image": 600}))
    assert max(bills) - min(bills) < Decimal("0.001")


def test_memory_is_what_the_template_gives(costs: ModuleType) -> None:
    template = (ROOT / "template.yaml").read_text()
    for name, megabytes in costs.MEMORY.items():
        resource = template.split(f"  {name.capitalize()}Function:\n")[1]
        found = re.search(r"MemorySize: (\d+)", resource)
        assert found is not None and int(found[1]) == megabytes, name


def test_the_documented_table_is_the_computed_one(costs: ModuleType) -> None:
    documented = (ROOT / "docs" / "tuning.md").read_text()
    table = documented.split(costs.BEGIN)[1].split(costs.END)[0].strip()
    assert table == costs.table(costs.MEASURED_MS), "run benchmarks/costs.py --write"
    month = documented.split(costs.MONTH_BEGIN)[1].split(costs.MONTH_END)[0].strip()
    assert month == costs.month(costs.MEASURED_MS), "run benchmarks/costs.py --write"


def test_the_queues_that_are_asked_are_those_of_the_template(costs: ModuleType) -> None:
    made = expand.answered(expand.template())["Resources"].values()
    asked = [one for one in made if one["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert len(asked) == costs.QUEUES
