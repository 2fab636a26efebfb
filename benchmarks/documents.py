"""Documents, side by side with what a user would pick instead.

    .venv/bin/python benchmarks/documents.py pdf ../shared/corpus/documents
    .venv/bin/python benchmarks/documents.py where ../shared/corpus/documents
    .venv/bin/python benchmarks/documents.py memory ../shared/corpus/documents/tracemonkey.pdf
    .venv/bin/python benchmarks/documents.py office ../shared/corpus/documents/testWORD.docx

CPU time, not wall time, so that a busy machine and a second core count for nobody; contestants
alternate file by file and round by round; medians. mediamill is measured as the function runs it:
a child forked for each document, which waits while the document is fetched, its products sent back
to the parent; from where the document is there. What the child took until then is told apart.
`fresh` is a process that imports, gets ready and does this one document, as the first in a new
function does; poppler's programs and the Python libraries are started for each document, as that is
how they are used.
"""

from __future__ import annotations

import io
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import office
import typer
from bench import (
    console,
    cpu_now,
    cpu_of,
    cpu_of_children,
    cpu_of_command,
    geometric_mean,
    progress,
    show,
)

from mediamill.domain.document import (
    ahead,
    begin,
    isolated,
    make_part,
    open_document,
    pages,
    ready,
    warm,
)
from mediamill.domain.document.encode import Encoding
from mediamill.domain.document.making import Wanted
from mediamill.domain.document.parts import PageRange, Part, Whole
from mediamill.domain.errors import Unprocessable
from mediamill.domain.limits import Limits
from mediamill.domain.profile import Format

app = typer.Typer(help=(__doc__ or "").splitlines()[0], no_args_is_help=True)
app.command(name="office")(office.compare)
ALL = Limits(pages=1_000_000)


def _handled(path: Path, wanted: Wanted, part: Part) -> float:
    """CPU seconds of one part of a document, as the warm function makes it."""
    return _ahead(path.read_bytes(), wanted, make_part, part)[0]


def _whole(path: Path, wanted: Wanted) -> float:
    """CPU seconds of its text and all of its pages, by one child."""
    return _ahead(path.read_bytes(), wanted, begin, wanted.limits.pages)[0]


def _ahead(
    source: bytes, wanted: Wanted, work: Callable[..., Iterator[object]], *more: object
) -> tuple[float, float]:
    """CPU seconds once the document is there, and before, for the child that waits for it."""
    begun = cpu_now()
    with ahead(partial(warm, wanted)) as child:
        waited = _settled()
        handed = cpu_now()
        for _ in child.isolated(work, source, wanted, *more):
            pass
    return cpu_now() - handed - waited, handed - begun + waited


def _settled() -> float:
    """The CPU seconds of this process's one child, once it takes no more."""
    (child,) = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    clock = ~int(child) << 3 | 2  # its processor clock: clock_getcpuclockid(3)
    before, now = -1.0, 0.0
    while before != now:
        before = now
        time.sleep(0.03)
        now = time.clock_gettime(clock)
    return now


_FRESH = """
import sys
from pathlib import Path
from functools import partial
from mediamill.domain.document import Wanted, ahead, make_part, parse_part, ready, warm
from mediamill.domain.limits import Limits
wanted = Wanted(limits=Limits(pages=1_000_000))
ready(wanted)
with ahead(partial(warm, wanted)) as child:
    source = Path(sys.argv[1]).read_bytes()
    for _ in child.isolated(make_part, source, wanted, parse_part(sys.argv[2])):
        pass
"""


def _fresh(path: Path, part: Part) -> float:
    return cpu_of_command([sys.executable, "-c", _FRESH, str(path), str(part)])


_PYPDF = """
import sys
from pypdf import PdfReader
for page in PdfReader(sys.argv[1]).pages:
    page.extract_text()
"""
_PDFMINER = """
import sys
from pdfminer.high_level import extract_text
extract_text(sys.argv[1])
"""


def _page_bytes(path: Path) -> Iterator[int]:
    with open_document(path) as document:
        for page in pages(document, limits=ALL):
            yield len(page.body)


def _nothing(source: bytes, wanted: Wanted) -> Iterator[int]:
    yield 0


def _before(wanted: Wanted) -> float:
    """CPU seconds for a child until its document is there."""
    return min(_ahead(b"", wanted, _nothing)[1] for _ in range(9))


@app.command()
def pdf(
    folder: Annotated[Path, typer.Argument(help="a PDF, or a folder of PDFs")],
    rounds: Annotated[int, typer.Option(help="how often each contestant runs")] = 3,
) -> None:
    """Page pictures at 150 dpi against pdftoppm, text against pdftotext, pypdf and pdfminer.six."""
    paths = sorted(folder.rglob("*.pdf")) if folder.is_dir() else [folder]
    counted = {path: count for path in paths if (count := _page_count(path))}
    slow = {"pypdf": _PYPDF, **({"pdfminer": _PDFMINER} if find_spec("pdfminer") else {})}
    webp, jpeg = Wanted(limits=ALL), Wanted(limits=ALL, encodings=[Encoding(Format.JPEG)])
    ready(webp)
    ready(jpeg)
    with tempfile.TemporaryDirectory() as scratch:
        out = str(Path(scratch) / "page")
        contests: dict[str, Callable[[Path], float]] = {
            "webp": lambda path: _handled(path, webp, PageRange(1, counted[path])),
            "jpeg": lambda path: _handled(path, jpeg, PageRange(1, counted[path])),
            "text and webp": lambda path: _whole(path, webp),
            "text and jpeg": lambda path: _whole(path, jpeg),
            "fresh webp": lambda path: _fresh(path, PageRange(1, counted[path])),
            "pdftoppm -jpeg": lambda path: cpu_of_command(
                ["pdftoppm", "-r", "150", "-jpeg", str(path), out]
            ),
            "pdftoppm -png": lambda path: cpu_of_command(
                ["pdftoppm", "-r", "150", "-png", str(path), out]
            ),
            "text": lambda path: _handled(path, webp, Whole.TEXT),
            "fresh text": lambda path: _fresh(path, Whole.TEXT),
            "pdftotext": lambda path: cpu_of_command(["pdftotext", str(path), "-"]),
            **{
                name: lambda path, script=script: cpu_of_command(  # type: ignore[misc]
                    [sys.executable, "-c", script, str(path)]
                )
                for name, script in slow.items()
            },
        }
        steps = len(counted) * (rounds * (len(contests) - len(slow)) + len(slow))
        times: dict[tuple[Path, str], list[float]] = {}
        with progress("pages and text", steps) as step:
            for round_ in range(rounds):
                for path in counted:
                    for name, contest in contests.items():
                        if name in slow and round_ > 0:
                            continue  # once is enough to tell
                        times.setdefault((path, name), []).append(contest(path))
                        step()
    each = {
        name: {path: statistics.median(times[path, name]) / counted[path] for path in counted}
        for name in contests
    }
    _show_pictures(counted, each)
    _show_text(counted, each, ["pdftotext", *slow])
    for ours, theirs in (
        ("text and webp", "pdftoppm -png"),
        ("text and webp", "pdftoppm -jpeg"),
        ("text and jpeg", "pdftoppm -jpeg"),
    ):
        together = f"pdftotext and {theirs}"
        each[together] = {path: each["pdftotext"][path] + each[theirs][path] for path in counted}
        _sum_up(counted, each, ours, together)
    before = _before(webp)
    console.print(f"Before, while a document is fetched: {before * 1000:.1f} CPU ms for its child")


def _show_pictures(counted: dict[Path, int], each: dict[str, dict[Path, float]]) -> None:
    ways = ("webp", "jpeg", "fresh webp", "pdftoppm -jpeg", "pdftoppm -png")
    rows = []
    for path, count in counted.items():
        sizes = list(isolated(600, _page_bytes, path))
        rows.append(
            [
                path.name,
                str(count),
                *(f"{each[way][path] * 1000:.1f}" for way in ways),
                f"{each['pdftoppm -jpeg'][path] / each['webp'][path]:.2f} ×",
                f"{each['pdftoppm -png'][path] / each['webp'][path]:.1f} ×",
                f"{statistics.fmean(sizes) / 1000:.0f}",
            ]
        )
    heads = ("document", "pages", *ways, "to -jpeg", "to -png", "KB a page")
    show("Page pictures at 150 dpi: CPU ms a page, and how often as fast webp is", heads, rows)
    for name in ways[3:]:
        for ours in ways[:3]:
            _sum_up(counted, each, ours, name)


def _show_text(
    counted: dict[Path, int], each: dict[str, dict[Path, float]], others: list[str]
) -> None:
    rows = [
        [
            path.name,
            str(count),
            *(f"{each[way][path] * 1000:.2f}" for way in ("text", "fresh text", *others)),
            *(f"{each[way][path] / each['text'][path]:.1f} ×" for way in others),
        ]
        for path, count in counted.items()
    ]
    heads = ("document", "pages", "text", "fresh text", *others, *(f"to {way}" for way in others))
    show("Text: CPU ms a page, and how often as fast it is", heads, rows)
    for name in others:
        for ours in ("text", "fresh text"):
            _sum_up(counted, each, ours, name)


def _sum_up(
    counted: dict[Path, int], each: dict[str, dict[Path, float]], ours: str, other: str
) -> None:
    total = {
        way: sum(each[way][path] * count for path, count in counted.items())
        for way in (ours, other)
    }
    ratios = [each[other][path] / each[ours][path] for path in counted]
    console.print(
        f"{ours} against {other}: {total[other] / total[ours]:.2f} × over all pages, "
        f"{geometric_mean(ratios):.2f} × in the geometric mean of documents"
    )


def _page_count(path: Path) -> int:
    try:
        with open_document(path) as document:
            return document.page_count
    except Unprocessable as error:
        console.print(f"{path.name}: left out, {error.code}")
        return 0


@app.command()
def where(
    folder: Annotated[Path, typer.Argument(help="a PDF, or a folder of PDFs")],
    rounds: Annotated[int, typer.Option(help="how often each runs")] = 5,
) -> None:
    """Where the time of a small document goes: before it is there, new memory, the work itself."""
    paths = sorted(folder.rglob("*.pdf")) if folder.is_dir() else [folder]
    counted = {path: count for path in paths if (count := _page_count(path))}
    wanted = Wanted(limits=ALL)
    ready(wanted)
    before = _before(wanted) * 1000
    rows = []
    for path, count in counted.items():
        source = path.read_bytes()
        parts: tuple[Part, ...] = (PageRange(1, count), Whole.TEXT)
        for part, theirs in zip(parts, ("pdftoppm", "pdftotext"), strict=True):
            work = partial(make_part, source, wanted, part)
            ours = min(_handled(path, wanted, part) for _ in range(rounds)) * 1000
            warm_ = min(cpu_of(lambda work=work: list(work())) for _ in range(rounds)) * 1000  # type: ignore[misc]
            with tempfile.TemporaryDirectory() as scratch:
                out = str(Path(scratch) / "out")
                options = ["-r", "150", "-jpeg"] if theirs == "pdftoppm" else []
                command = [theirs, *options, str(path), out]
                other = min(cpu_of_command(command) for _ in range(rounds))
            rows.append(
                [
                    path.name,
                    "text" if part is Whole.TEXT else f"{count} pages",
                    *(f"{each:.1f}" for each in (before, ours, warm_, ours - warm_)),
                    f"{other * 1000:.1f}",
                ]
            )
    heads = ("document", "what", "before", "then", "of it work", "new memory", "poppler")
    show("CPU ms of small documents, the least of several runs", heads, rows)


@app.command()
def memory(
    path: Annotated[Path, typer.Argument(help="a PDF whose pages are repeated")],
    count: Annotated[int, typer.Option(help="how many pages it is made to have")] = 1000,
) -> None:
    """Peak memory and pages per second for a document of many pages."""
    from pypdf import PdfReader, PdfWriter

    reader, writer = PdfReader(path), PdfWriter()
    for index in range(count):
        writer.add_page(reader.pages[index % len(reader.pages)])
    body = io.BytesIO()
    writer.write(body)
    del reader, writer
    wanted = Wanted(limits=ALL)
    with tempfile.TemporaryDirectory() as scratch:
        long = Path(scratch) / "long.pdf"
        long.write_bytes(body.getvalue())
        del body
        peak = 0
        made = 0

        def run() -> None:
            nonlocal peak, made
            whole = PageRange(1, count)
            for value in isolated(600, _with_peak, long, wanted, whole):
                peak, made = max(peak, value), made + 1

        seconds = cpu_of_children(run)
    console.print(
        f"{made} pages: {made / seconds:.1f} pages per CPU second, "
        f"the working process peaks at {peak / 1e6:.0f} MB"
    )


def _with_peak(path: Path, wanted: Wanted, part: PageRange) -> Iterator[int]:
    for _ in make_part(path, wanted, part):
        yield resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == "__main__":
    app()
