"""What tracing adds to a function's start: the candidates side by side, in fresh processes.

    .venv/bin/python benchmarks/tracing.py [--runs 15]

Each adds its imports and what has to be made once to the edge that every function has: botocore,
Powertools' logger, metrics and batches, and our settings. CPU milliseconds, medians; the cases
alternate.
OpenTelemetry is the least that can send to X-Ray: its SDK, the exporter that AWS documents, and
AWS's ids and propagator. It is fetched once, and is no dependency of the project.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FETCHED = ROOT / ".build" / "tracing"
WHEELS = (
    "aws-xray-sdk==2.15.0",
    "opentelemetry-sdk==1.45.2",
    "opentelemetry-exporter-otlp-proto-http==1.45.2",
    "opentelemetry-propagator-aws-xray==1.0.2",
    "opentelemetry-sdk-extension-aws==2.1.0",
)

EDGE = """
import botocore.session
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from mediamill.settings import Settings
Logger(); Metrics(namespace="mediamill"); BatchProcessor(event_type=EventType.SQS)
"""
CASES = {
    "the edge alone": "",
    "the header carried, segments by hand": "import mediamill.aws.trace",
    "Powertools' tracer on the X-Ray SDK": """
from aws_lambda_powertools import Tracer
Tracer(auto_patch=False)
""",
    "OpenTelemetry, the least of it": """
from opentelemetry import trace, propagate
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
from opentelemetry.propagators.aws import AwsXRayPropagator
provider = TracerProvider(id_generator=AwsXRayIdGenerator())
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
propagate.set_global_textmap(AwsXRayPropagator())
""",
}
TOLD = """
import os, sys, time
print(time.process_time() * 1000, len(sys.modules), flush=True)
os._exit(0)  # nothing is to be sent
"""


def measured(case: str) -> tuple[float, int]:
    """CPU milliseconds until it stands, and how many modules were imported."""
    paths = (str(ROOT / "layers" / "core" / "python"), str(FETCHED))
    prepared = f"import sys; sys.path[:0] = {paths!r}\n{EDGE}{CASES[case]}{TOLD}"
    done = subprocess.run([sys.executable, "-c", prepared], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{case}: {done.stderr}")
    milliseconds, modules = done.stdout.split()
    return float(milliseconds), int(modules)


def main() -> None:
    """Fetch, measure in turn, print one table."""
    parser = argparse.ArgumentParser(description="What tracing adds to a function's start.")
    parser.add_argument("--runs", type=int, default=15)
    wanted = parser.parse_args()
    uv = Path(sys.executable).parent / "uv"
    if not FETCHED.exists():
        command = [str(uv), "pip", "install", "--quiet", "--deps", "--python", sys.executable]
        subprocess.run([*command, "--target", FETCHED, *WHEELS], check=True)
    found: dict[str, list[tuple[float, int]]] = {case: [] for case in CASES}
    for _ in range(wanted.runs + 1):
        for case in CASES:
            found[case].append(measured(case))
    floor = statistics.median(each for each, _ in found["the edge alone"][1:])
    print("| | CPU ms | × the edge | modules |\n|---|---:|---:|---:|")
    for case, runs in found.items():
        median = statistics.median(each for each, _ in runs[1:])  # the first compiles
        print(f"| {case} | {median:.0f} | {median / floor:.2f} | {runs[0][1]} |")


if __name__ == "__main__":
    main()
