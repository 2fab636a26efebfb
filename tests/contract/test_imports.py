"""What a function loads when it starts, its requirements name: nothing is there by luck."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py"))

# What the Lambda runtime brings for functions that are no container image: boto3 and its own needs.
RUNTIME = {"boto3", "botocore", "jmespath", "python-dateutil", "six", "urllib3"}

STARTED = """
import importlib, json, sys

hidden = set(json.loads(sys.argv[1]))

class Nowhere:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Nowhere())
for name in sys.argv[2:]:
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
"""Imports modules in a process where some others are not installed; prints what got loaded."""


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@cache
def installed() -> dict[str, set[str]]:
    """Top-level module → the distributions that bring it."""
    return {
        module: {normal(name) for name in names}
        for module, names in packages_distributions().items()
    }


@cache
def loaded(function: str) -> frozenset[str]:
    """The distributions that a handler's first-party imports load where only its own are there.

    Raises where one of them cannot start without another wheel.
    """
    requirements = (ROOT / "functions" / function / "requirements.txt").read_text()
    own = {normal(name) for name in re.findall(r"^([\w.-]+)==", requirements, re.MULTILINE)}
    own |= RUNTIME | {"mediamill"}
    hidden = [module for module, names in installed().items() if not names & own]
    handler = (ROOT / "functions" / function / "handler.py").read_text()
    names = re.findall(r"^from (mediamill[\w.]*) import", handler, re.MULTILINE)
    assert names, function
    command = [sys.executable, "-c", STARTED, json.dumps(hidden), *names]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return frozenset(
        name
        for module in json.loads(run.stdout)
        for name in installed().get(module, ())
        if module not in sys.stdlib_module_names
    )


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_function_starts_with_the_wheels_that_are_locked_for_it(function: str) -> None:
    assert "aws-lambda-powertools" in loaded(function)


@pytest.mark.parametrize("function", ["ingest", "manifest"])
def test_the_door_and_the_end_load_no_decoder(function: str) -> None:
    assert not loaded(function) & {"pillow", "pypdf", "pypdfium2", "pymediainfo"}


def test_functions_do_not_import_each_other() -> None:
    for function in FUNCTIONS:
        text = (ROOT / "functions" / function / "handler.py").read_text()
        assert "functions" not in re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)


def test_the_domain_takes_no_more_of_urllib_than_its_parser() -> None:
    """The import linter sees whole packages only, and forbids the other ways to the network."""
    for path in (ROOT / "layers/core/python/mediamill/domain").rglob("*.py"):
        used = set(re.findall(r"urllib\.(\w+)", path.read_text()))
        assert used <= {"parse"}, path
