"""What the benchmarks share: CPU time of a child, medians, ratios, a table."""

from __future__ import annotations

import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

console = Console()


def cpu_of_children(work: Callable[[], object]) -> float:
    """CPU seconds, user and system, of the processes that `work` starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def cpu_of(work: Callable[[], object]) -> float:
    """CPU seconds of `work`, in this process and in those that it starts and waits for."""
    before = time.process_time()
    of_children = cpu_of_children(work)
    return time.process_time() - before + of_children


def cpu_now() -> float:
    """CPU seconds so far, of this process and of the children that it has waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def cpu_of_command(command: Sequence[str]) -> float:
    """CPU seconds of a command; raises where it fails."""
    return cpu_of_children(
        lambda: subprocess.run(
            command, check=True, stdin=subprocess.DEVNULL, capture_output=True, timeout=600
        )
    )


def geometric_mean(values: Sequence[float]) -> float:
    """The mean of ratios."""
    return statistics.geometric_mean(values)


@contextmanager
def progress(label: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar; call what it gives once for each step done."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(label, total=total)
        yield lambda: bar.advance(task)


def show(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table: first column left, the others right."""
    table = Table(title=title, title_justify="left")
    for index, head in enumerate(heads):
        table.add_column(head, justify="left" if index == 0 else "right")
    for row in rows:
        table.add_row(*row)
    console.print(table)
