"""What runs in place of Lambda's bootstrap in benchmarks/cold_start.py: it, with a stopwatch.

python3.13 cold_start_probe.py FILE     lines of JSON: the start, then each invocation
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import runpy
import sys
import time
from typing import Any

import awslambdaric.bootstrap  # type: ignore[import-untyped]  # noqa: F401  as Lambda: before the handler

TOLD = sys.argv[1]


def tell(**facts: float) -> None:
    with open(TOLD, "a") as told:  # noqa: PTH123  pathlib would count as the handler's
        told.write(json.dumps(facts) + "\n")


def cpu_seconds() -> float:
    """Processor time of this process and of the children that have ended."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


cpu, wall = time.process_time(), time.perf_counter()
handler: Any = importlib.import_module("handler")
tell(
    init_ms=(time.process_time() - cpu) * 1000,
    init_wall_ms=(time.perf_counter() - wall) * 1000,
    modules=len(sys.modules),
    init_mb=megabytes(),
)
work = handler.lambda_handler


def lambda_handler(event: Any, context: Any) -> Any:
    cpu, wall = cpu_seconds(), time.perf_counter()
    answer = work(event, context)
    tell(
        cpu_ms=(cpu_seconds() - cpu) * 1000,
        wall_ms=(time.perf_counter() - wall) * 1000,
        peak_mb=megabytes(),
    )
    return answer


handler.lambda_handler = lambda_handler
sys.argv = ["awslambdaric", "handler.lambda_handler"]
runpy.run_module("awslambdaric", run_name="__main__")
