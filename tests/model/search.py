"""The search: histories by the thousand; the first that goes wrong, made as short as it can be.

python -m model.search --histories 200000 --seed 1 --processes 2
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from model.check import Wrong
from model.histories import History, random_history, told
from model.inside import inside
from model.judge import explain, judge
from model.shorten import shortened

CHUNK = 250
STRICT_EVERY = 25  # checking parameters takes longer than everything else


@dataclass(frozen=True, slots=True)
class Failure:
    """A history that goes wrong, as it was found."""

    seed: int
    history: History
    wrong: Wrong


def searched(seeds: range) -> tuple[int, list[Failure]]:
    """Play the histories of some seeds; how many there were, and those that go wrong."""
    failures = []
    with inside() as world:
        for seed in seeds:
            history = random_history(seed)
            wrong = judge(world, history, strict=seed % STRICT_EVERY == 0)
            if wrong is not None:
                failures.append(Failure(seed, history, wrong))
    return len(seeds), failures


def chunks(first: int, many: int) -> Iterator[range]:
    """The seeds in portions."""
    for start in range(first, first + many, CHUNK):
        yield range(start, min(start + CHUNK, first + many))


def main() -> int:
    """Search; print each sort of failure once, shortened. 1 where something is wrong."""
    parser = argparse.ArgumentParser(description="Search what may happen for what must not.")
    parser.add_argument("--histories", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--explain", action="store_true", help="tell of each failure call by call")
    wanted = parser.parse_args()
    found: dict[str, list[Failure]] = {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with (
        ProcessPoolExecutor(wanted.processes) as pool,
        Progress(*columns, console=Console(stderr=True)) as progress,
    ):
        bar = progress.add_task("Histories", total=wanted.histories)
        for many, failures in pool.map(searched, chunks(wanted.seed, wanted.histories)):
            for failure in failures:
                found.setdefault(failure.wrong.what, []).append(failure)
            wrong = sum(map(len, found.values()))
            progress.update(bar, advance=many, description=f"Histories, {wrong} wrong")
    for failures in found.values():
        report(failures, explains=wanted.explain)
    last = wanted.seed + wanted.histories - 1
    if not found:
        print(f"{wanted.histories:,} histories, seeds {wanted.seed} to {last}: nothing is wrong.")
    return 1 if found else 0


def report(failures: list[Failure], *, explains: bool) -> None:
    """Print one sort of failure: how often it was found, and its shortest history."""
    first = min(failures, key=lambda failure: len(failure.history))
    with inside() as world:
        short = shortened(world, first.history, first.wrong)
        print(f"\n{first.wrong.what}: {len(failures)} histories, for instance seed {first.seed}")
        print(f"{judge(world, short)}\n{told(short)}")
        if explains:
            print(explain(world, short))


if __name__ == "__main__":
    sys.exit(main())
