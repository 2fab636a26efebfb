"""The jobs of the functions' own handlers, for tests and benchmarks that call them by hand."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from unittest.mock import patch

from mediamill.aws.worker import Job
from mediamill.settings import Settings

FUNCTIONS = Path(__file__).parents[2] / "functions"


def job(function: str, name: str, settings: Settings) -> Job:
    """The function `name` of a handler that has these settings instead of its environment's."""
    path = FUNCTIONS / function / "handler.py"
    found = importlib.util.spec_from_file_location(f"{function}_handler", path)
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    with patch.object(Settings, "from_env", return_value=settings):
        found.loader.exec_module(module)
    work: Job = getattr(module, name)
    return work
