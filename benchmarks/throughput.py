"""How many photos a second flow through the local stack, and what the flow itself costs.

    .venv/bin/python benchmarks/throughput.py --files 200

Uploads copies of one 12-megapixel JPEG to a stack of its own and waits for every manifest. The
picture work is what `render` takes for one file in this process, times the files; the rest of the
CPU time of the server and its functions is the flow: events, queues, storage, records, manifests.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import Progress

from mediamill.domain.image import render
from mediamill.domain.limits import Limits
from mediamill.domain.profile import parse_profiles
from mediamill_cli.local import LocalStack
from mediamill_cli.local.office import Office
from mediamill_cli.stack import Stack

ROOT = Path(__file__).resolve().parent.parent
RENDITIONS = "thumbnail=256,medium=800,large=1920"
TICKS = os.sysconf("SC_CLK_TCK")


def photo() -> bytes:
    """4000 × 3000 pixels with the detail of a photo: smooth shapes under fine noise."""
    noise = np.random.default_rng(12)
    coarse = noise.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((4000, 3000), Image.Resampling.BICUBIC)
    grain = noise.normal(0, 6, (3000, 4000, 1))
    pixels = np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8)
    with tempfile.TemporaryFile() as file:
        Image.fromarray(pixels).save(file, "JPEG", quality=88)
        file.seek(0)
        return file.read()


def render_seconds(original: bytes) -> float:
    """CPU seconds that the three renditions of one original take: the median of five."""
    profiles, taken = parse_profiles(RENDITIONS), []
    for _ in range(5):
        started = time.process_time()
        list(render(original, profiles, Limits()))
        taken.append(time.process_time() - started)
    return statistics.median(taken)


def cpu_seconds(root: int) -> float:
    """CPU seconds of a process and all below it, those that have ended included (Linux)."""
    parents: dict[int, int] = {}
    used: dict[int, float] = {}
    for path in Path("/proc").glob("[0-9]*"):
        try:
            fields = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        pid = int(path.name)
        parents[pid] = int(fields[1])
        used[pid] = sum(map(int, fields[11:15])) / TICKS
    below = {root}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(used[pid] for pid in below)


def unfinished(stack: Stack, keys: set[str]) -> set[str]:
    """The keys whose manifest is not there yet."""
    pages = stack.s3.get_paginator("list_objects_v2").paginate(
        Bucket=stack.results, Prefix="manifest/"
    )
    there = {stored["Key"] for page in pages for stored in page.get("Contents", ())}
    return {key for key in keys if f"manifest/{key}.json" not in there}


def dead_letters(stack: Stack) -> int:
    """How many messages lie in dead-letter queues."""
    total = 0
    for url in stack.sqs.list_queues().get("QueueUrls", ()):
        if "DeadLetters" in url:
            attributes = stack.sqs.get_queue_attributes(
                QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
            )["Attributes"]
            total += int(attributes["ApproximateNumberOfMessages"])
    return total


def main() -> None:
    """Run it, and print the figures."""
    parser = argparse.ArgumentParser(description="Photos a second through the local stack.")
    parser.add_argument("--files", type=int, default=200, help="how many uploads (200)")
    wanted = parser.parse_args()
    original = photo()
    keys = {f"burst/{number:05}.jpg" for number in range(wanted.files)}
    each = render_seconds(original)
    with tempfile.TemporaryDirectory() as folder, Progress(console=Console(stderr=True)) as bars:
        local = LocalStack(
            ROOT,
            state_dir=Path(folder),
            port=0,
            parameters={"LogLevel": "WARN"},
            office=Office.NONE,
        )
        with local as stack:
            server = local.server
            assert server is not None
            bar = bars.add_task("manifests", total=len(keys))
            before, started = cpu_seconds(server.pid), time.monotonic()
            with ThreadPoolExecutor(4) as pool:
                list(
                    pool.map(
                        lambda key: stack.s3.put_object(
                            Bucket=stack.uploads, Key=key, Body=original
                        ),
                        sorted(keys),
                    )
                )
            while rest := unfinished(stack, keys):
                bars.update(bar, completed=len(keys) - len(rest))
                time.sleep(0.5)
            wall = time.monotonic() - started
            used = cpu_seconds(server.pid) - before
            dead = dead_letters(stack)
    pictures = each * len(keys)
    print(f"{len(keys)} JPEGs of {len(original) / 1e6:.1f} MB, {os.cpu_count()} processors")
    print(f"wall clock            {wall:8.1f} s    {len(keys) / wall:.2f} files/s")
    print(f"CPU, server+functions {used:8.1f} s    {used / len(keys) * 1000:.0f} ms a file")
    print(f"  the picture work    {pictures:8.1f} s    {each * 1000:.0f} ms a file")
    print(f"  outside of it       {max(0.0, used - pictures) / used:8.0%}")
    print(f"messages in dead-letter queues: {dead}")


if __name__ == "__main__":
    main()
