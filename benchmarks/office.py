"""Office files to PDF: mediamill's confined conversion beside plain `soffice`.

    .venv/bin/python benchmarks/documents.py office ../shared/corpus/documents/testWORD.docx …

Contestants alternate file by file and round by round; medians. "warm" reuses a profile, as a user's
own script would: mediamill's time includes the checks, the copy of the profile, the walls and the
verification of the PDF. "cold" starts without any profile, as the first conversion after a boot.
CPU is of all processes together, so that a busy machine counts for nobody; wall clock stands
beside it.
"""

from __future__ import annotations

import resource
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from bench import console, geometric_mean, progress, show

from mediamill.domain.office import Office, convert, locate, warm

Run = Callable[[Path], object]


def _cpu() -> float:
    ours, theirs = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return ours.ru_utime + ours.ru_stime + theirs.ru_utime + theirs.ru_stime


def _timed(run: Run, path: Path) -> tuple[float, float]:
    cpu, wall = _cpu(), time.perf_counter()
    run(path)
    return _cpu() - cpu, time.perf_counter() - wall


def _plain(profile: Path, out: Path, path: Path) -> None:
    subprocess.run(
        [
            *("soffice", f"-env:UserInstallation={profile.as_uri()}", "--headless"),
            *("--convert-to", "pdf", "--outdir", str(out), str(path)),
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
        timeout=300,
    )


def compare(
    paths: Annotated[list[Path], typer.Argument(help="Office files")],
    rounds: Annotated[int, typer.Option(help="how often each contestant runs")] = 7,
) -> None:
    """Conversion to PDF, warm and cold, against plain soffice."""
    program = locate()
    if program is None:
        console.print("LibreOffice is not on the PATH.")
        raise typer.Exit(1)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        out = folder / "out"
        office = warm(program, folder / "warmed")

        def cold_mediamill(path: Path) -> None:
            fresh = folder / "fresh"
            shutil.rmtree(fresh, ignore_errors=True)
            convert(path.read_bytes(), name=path.name, office=warm(program, fresh))

        def cold_plain(path: Path) -> None:
            shutil.rmtree(folder / "new", ignore_errors=True)
            _plain(folder / "new", out, path)

        contestants: dict[str, Run] = {
            "mediamill, warm": lambda path: _converted(path, office),
            "soffice, warm": lambda path: _plain(folder / "reused", out, path),
            "mediamill, cold": cold_mediamill,
            "soffice, cold": cold_plain,
        }
        for run in contestants.values():
            run(paths[0])  # whatever is read from disk is read now
        rows: list[list[str]] = []
        ratios: list[float] = []
        with progress("converting", len(paths) * rounds * len(contestants)) as advance:
            for path in paths:
                times: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
                for _ in range(rounds):
                    for name, run in contestants.items():
                        times[name].append(_timed(run, path))
                        advance()
                middle = {
                    name: tuple(statistics.median(part) for part in zip(*of, strict=True))
                    for name, of in times.items()
                }
                ratio = middle["mediamill, warm"][0] / middle["soffice, warm"][0]
                ratios.append(ratio)
                rows.append(
                    [
                        path.name,
                        *(f"{cpu * 1000:.0f} / {wall * 1000:.0f}" for cpu, wall in middle.values()),
                        f"{ratio:.2f}",
                    ]
                )
    show(
        "Office files to PDF: CPU / wall clock in ms",
        ["file", *contestants, "CPU, warm: mediamill ÷ soffice"],
        rows,
    )
    console.print(f"warm, geometric mean: {geometric_mean(ratios):.2f} × the CPU of plain soffice")


def _converted(path: Path, office: Office) -> None:
    convert(path.read_bytes(), name=path.name, office=office)
