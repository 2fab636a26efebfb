"""How long each built function takes to start, under Lambda's runtime emulator, without Docker.

    .venv/bin/python benchmarks/cold_start.py [--runs 5] [--plain]

Every start is a fresh process of Python 3.13, with the built function on its path and nothing that
it could write bytecode to. Beside them run two floors: a handler that does nothing, and one that
imports boto3 and makes one client. Times are CPU milliseconds, medians; they alternate in one run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bench

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

from emulated import ARCHITECTURE, build, emulated, run  # noqa: E402
from finish import interpreter  # noqa: E402
from invoke import Stage  # noqa: E402

from mediamill_cli.deployed import environment  # noqa: E402

FUNCTIONS = ("Ingest", "Image", "Metadata", "Document", "Av", "Manifest", "Sweep", "Api")
FLOORS = {
    "an empty handler": "def lambda_handler(event, context):\n    return {}\n",
    "boto3 and one client": "import boto3\n\nclient = boto3.client('s3')\n\n"
    "def lambda_handler(event, context):\n    return {}\n",
}
FLOOR = "boto3 and one client"
TARGET = 1.25
OUT = ROOT / "benchmarks" / "out" / "cold_start.json"


@dataclass(frozen=True)
class Case:
    """One handler: where it lies, its environment, and its event's name."""

    name: str
    paths: tuple[Path, ...]
    variables: Mapping[str, str]
    event: str = ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def started(case: Case, python: str, runtime: Path, told: Path) -> Iterator[str]:
    """The address at which a case can be invoked, in a process that has not started it yet."""
    import samcli  # type: ignore[import-untyped]

    emulator = Path(samcli.__file__).parent / f"local/rapid/aws-lambda-rie-{ARCHITECTURE}"
    address, api = free_port(), free_port()
    command = [str(emulator), "--runtime-interface-emulator-address", f"127.0.0.1:{address}"]
    command += ["--runtime-api-address", f"127.0.0.1:{api}", "--log-level", "error"]
    command += [python, str(ROOT / "benchmarks" / "cold_start_probe.py"), str(told)]
    path = os.environ["PATH"]  # noqa: TID251  where programs are
    variables = {
        "PATH": path,
        "PYTHONPATH": ":".join(map(str, (*case.paths, runtime))),
        "PYTHONDONTWRITEBYTECODE": "1",  # /var/task is read-only: every start compiles anew
        "LAMBDA_TASK_ROOT": str(case.paths[0]),
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "120",
        **case.variables,
    }
    child = subprocess.Popen(
        command, env=variables, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", address)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{address}/2015-03-31/functions/function/invocations"
    finally:
        child.terminate()
        child.wait(10)


def invoked(url: str, event: Mapping[str, Any]) -> None:
    """Invoke; raises RuntimeError where the function did not do its work."""
    body = json.dumps(event).encode()
    request = urllib.request.Request(url, data=body, method="POST")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(request, timeout=120) as answer:
        said = json.loads(answer.read())
    is_done = said in (None, {}, {"batchItemFailures": []})
    if not is_done and said.get("statusCode") != 200:
        raise RuntimeError(f"the function failed: {said}")


def measured(case: Case, python: str, runtime: Path, stage: Stage) -> dict[str, float]:
    """Start, invoke, and invoke again: what the process said of itself."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told.jsonl"
        with started(case, python, runtime, told) as url:
            for _ in range(2):
                event, key = stage.prepared(case.event) if case.event else ({}, "")
                invoked(url, event)
                if key:
                    stage.clear(key)
        init, first, warm = (json.loads(line) for line in told.read_text().splitlines()[:3])
    return {
        **init,
        "first_ms": first["cpu_ms"],
        "warm_ms": warm["cpu_ms"],
        "warm_wall_ms": warm["wall_ms"],
        "peak_mb": warm["peak_mb"],
    }


def runtime_folder(folder: Path, python: str) -> Path:
    """What Lambda's runtime brings, with its bytecode, at the versions of the lock."""
    names = "awslambdaric|boto3|botocore|jmespath|python-dateutil|s3transfer|six|urllib3"
    wanted, target = folder / "runtime.txt", folder / "runtime"
    more = "|simplejson|snapshot-restore-py"
    run(
        f"grep -E '^({names}{more})==' requirements.lock | sed 's/[ ;\\\\].*//' > {wanted}; "
        f"uv pip install --quiet --no-deps --python-version 3.13 --only-binary :all: "
        f"--python-platform {ARCHITECTURE.replace('arm64', 'aarch64')}-unknown-linux-gnu "
        f"--target {target} --requirement {wanted}; {python} -m compileall -q {target}"
    )
    return target


def cases(folder: Path, built: Path, variables: Mapping[str, Mapping[str, str]]) -> list[Case]:
    """The floors and the functions."""
    found = []
    for name, code in FLOORS.items():
        place = folder / name.replace(" ", "-")
        place.mkdir(exist_ok=True)
        (place / "handler.py").write_text(code)
        found.append(Case(name, (place,), variables["Ingest"]))
    layer = built / "CoreLayer" / "python"
    for name in FUNCTIONS:
        where = (
            built / f"{name}Function",
            layer if layer.exists() else ROOT / "layers/core/python",
        )
        found.append(Case(name.lower(), where, variables[name], name.lower()))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure each function's start and first event.")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--plain", action="store_true", help="as `sam build` leaves it, unfinished")
    wanted = parser.parse_args()
    python = interpreter("3.13")
    if python is None:
        sys.exit("There is no Python 3.13 on this machine: nothing can be measured.")
    with tempfile.TemporaryDirectory(prefix="cold-start-") as name:
        folder = Path(name)
        built = build(folder, finished=not wanted.plain)
        with emulated(built, folder / "state") as stack:
            account = {
                "AWS_ENDPOINT_URL": str(stack.endpoint),
                "TRACED": "true",  # as on AWS
                "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            }
            variables = {name: environment(stack, f"{name}Function") | account
                         for name in FUNCTIONS}  # fmt: skip
            stage = Stage.of(stack)
            runtime = runtime_folder(folder, python)
            every = cases(folder, built, variables)
            seen: dict[str, list[dict[str, float]]] = {case.name: [] for case in every}
            with bench.progress("starting", wanted.runs * len(every)) as step:
                for _ in range(wanted.runs):
                    for case in every:
                        seen[case.name].append(measured(case, python, runtime, stage))
                        step()
        shutil.rmtree(built)
    report(seen, wanted.plain)


def report(seen: Mapping[str, list[dict[str, float]]], plain: bool) -> None:
    """Print the medians and their ratios to the floor, and write them down."""
    medians = {
        name: {field: statistics.median(run[field] for run in runs) for field in runs[0]}
        for name, runs in seen.items()
    }
    floor = medians[FLOOR]["init_ms"]
    rows = []
    for name, median in medians.items():
        ratio = median["init_ms"] / floor
        over = " over" if ratio > TARGET and name not in FLOORS else ""
        rows.append(
            (
                name,
                f"{median['init_ms']:.0f}",
                f"{ratio:.2f}{over}",
                f"{median['modules']:.0f}",
                f"{median['init_mb']:.0f}",
                f"{median['first_ms']:.0f}",
                f"{median['warm_ms']:.0f}",
                f"{median['peak_mb']:.0f}",
            )
        )
    heads = ("", "init ms", "× floor", "modules", "MB", "first ms", "warm ms", "peak MB")
    runs = len(next(iter(seen.values())))
    how = "as `sam build` leaves it" if plain else "finished"
    bench.show(f"Cold starts, {how}: CPU ms, medians of {runs}", heads, rows)
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps({"plain": plain, "medians": medians}, indent=2) + "\n")


if __name__ == "__main__":
    main()
