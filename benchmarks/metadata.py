"""Describe files of 10 KB to 5 GB: mediamill local and by ranges, beside ffprobe and ExifTool.

The large files are sparse, so that they cost no disk. Each round runs every way once, in turn, so
that the machine's mood falls on all of them. Bytes read of the other tools are what the kernel
counts for their process, less what they read to start; mediamill's are those it asked for.

ffprobe and ExifTool are started once a file, as a worker that calls them would; `empty` is that
start alone. mediamill runs in this process, as it does in a warm function.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import NameObject, StreamObject
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from made.media import sparse_mkv, sparse_mp4  # noqa: E402
from made.ranges import BUCKET, Store, serving  # noqa: E402
from mypy_boto3_s3 import S3Client  # noqa: E402

from mediamill.aws.ranged import RangedFile  # noqa: E402
from mediamill.domain.kind import Kind  # noqa: E402
from mediamill.domain.metadata import describe  # noqa: E402

KB, MB, GB = 1_000, 1_000_000, 1_000_000_000
LOCAL, RANGED, FFPROBE, EXIFTOOL = "mediamill local", "mediamill ranged", "ffprobe", "exiftool"


@dataclass(frozen=True)
class Sample:
    """A file to describe."""

    path: Path
    kind: Kind
    content_type: str


@dataclass(frozen=True)
class Run:
    """One description: wall and CPU seconds, bytes read, requests."""

    wall: float
    cpu: float
    read: int
    requests: int | None = None


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7, help="times each way is run (7)")
    parser.add_argument("--largest", type=float, default=5, help="of the videos, in GB (5)")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmarks/out/metadata.json")
    arguments = parser.parse_args()
    for tool in ("ffmpeg", "ffprobe", "exiftool"):
        if shutil.which(tool) is None:
            print(f"{tool} is not installed", file=sys.stderr)
            return 2
    with tempfile.TemporaryDirectory() as folder:
        samples = list(made(Path(folder), round(arguments.largest * GB)))
        runs = measured(samples, arguments.rounds)
    show(samples_sizes(runs), runs)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(
        json.dumps(
            {
                f"{name} · {way}": [asdict(run) for run in found]
                for (name, way), found in runs.items()
            },
            indent=1,
        )
    )
    return 0


def made(folder: Path, largest: int) -> Iterator[Sample]:
    """The files, from small to large."""
    yield picture(folder / "10 KB.jpg", 150)
    yield picture(folder / "1 MB.jpg", 1_300)
    yield picture(folder / "20 MB.jpg", 5_800)
    yield book(folder / "1 MB.docx", MB)
    yield book(folder / "50 MB.docx", 50 * MB)
    yield document(folder / "1 MB.pdf", 20, 50 * KB)
    yield document(folder / "100 MB.pdf", 200, 500 * KB)
    source = folder / "source.mp4"
    film(source)
    yield Sample(source.rename(folder / "1 MB.mp4"), Kind.VIDEO, "video/mp4")
    source = folder / "1 MB.mp4"
    matroska = folder / "source.mkv"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", "-i", str(source), "-c", "copy", str(matroska)],
        check=True,
    )
    for size in (50 * MB, 500 * MB, largest):
        label = f"{size / GB:g} GB" if size >= GB else f"{size // MB} MB"
        target = folder / f"{label}.mp4"
        sparse_mp4(source, target, size)
        yield Sample(target, Kind.VIDEO, "video/mp4")
        target = folder / f"{label}.mkv"
        sparse_mkv(matroska, target, size)
        yield Sample(target, Kind.VIDEO, "video/x-matroska")


def picture(path: Path, side: int) -> Sample:
    """A JPEG of noise with EXIF."""
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0132] = "Acme", "Camera", "2024:05:06 07:08:09"
    noise = Image.frombytes("RGB", (side, side), random.Random(1).randbytes(3 * side * side))
    noise.save(path, "JPEG", quality=50, exif=exif)
    return Sample(path, Kind.IMAGE, "image/jpeg")


def book(path: Path, size: int) -> Sample:
    """A Word file whose bytes are mostly pictures."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", '<T C="a.wordprocessingml.document.main+xml"/>')
        archive.writestr("word/document.xml", "<w/>")
        for index in range(20):
            archive.writestr(f"word/media/{index}.jpeg", random.Random(index).randbytes(size // 20))
        archive.writestr("docProps/core.xml", "<c><title>Report</title></c>")
        archive.writestr("docProps/app.xml", "<a><Pages>3</Pages></a>")
    return Sample(path, Kind.OFFICE, "application/zip")


def document(path: Path, pages: int, bytes_each: int) -> Sample:
    """A PDF whose bytes are mostly pictures."""
    writer = PdfWriter()
    for index in range(pages):
        page = writer.add_blank_page(612, 792)
        content = StreamObject()
        content.set_data(random.Random(index).randbytes(bytes_each))
        page[NameObject("/Thumb")] = writer._add_object(content)
    writer.add_metadata({"/Title": "Report"})
    with path.open("wb") as file:
        writer.write(file)
    assert len(PdfReader(path).pages) == pages
    return Sample(path, Kind.DOCUMENT, "application/pdf")


def film(path: Path) -> None:
    """Ten minutes of a still picture: a small file with an index of real length, at its end."""
    picture = ["-f", "lavfi", "-i", "testsrc=s=320x180:r=25"]
    sound = ["-f", "lavfi", "-i", "anullsrc=r=48000"]
    codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-crf", "51", "-c:a", "aac", "-t", "600"]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-nostdin", *picture, *sound, *codecs, str(path)], check=True
    )


def measured(samples: list[Sample], rounds: int) -> dict[tuple[str, str], list[Run]]:
    """Every way of every file, `rounds` times."""
    runs: dict[tuple[str, str], list[Run]] = defaultdict(list)
    store = Store(files={sample.path.name: sample.path for sample in samples})
    start = {
        tool: rchar([tool, option]) for tool, option in ((FFPROBE, "-version"), (EXIFTOOL, "-ver"))
    }
    with serving(store) as client, Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("describing", total=rounds * len(samples) * 4)
        for number in range(rounds + 1):
            for sample in samples:
                path = sample.path

                ways: list[tuple[str, Callable[[], Run]]] = [
                    (LOCAL, partial(local, sample)),
                    (RANGED, partial(remote, sample, client, store)),
                    (FFPROBE, partial(child, ffprobe(path), start[FFPROBE])),
                    (EXIFTOOL, partial(child, exiftool(path), start[EXIFTOOL])),
                ]
                for way, run in ways:
                    if way == FFPROBE and sample.kind in (Kind.OFFICE, Kind.DOCUMENT):
                        progress.advance(task)
                        continue
                    found = run()
                    if number:  # the first round warms caches and imports
                        runs[path.name, way].append(found)
                        progress.advance(task)
        for tool, option in ((FFPROBE, "-version"), (EXIFTOOL, "-ver")):
            for _ in range(rounds):
                runs["empty", tool].append(child([tool, option], 0))
    return dict(runs)


def ffprobe(path: Path) -> list[str]:
    return ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", str(path)]


def exiftool(path: Path) -> list[str]:
    return ["exiftool", "-j", "-n", "-G1", "-api", "LargeFileSupport=1", str(path)]


class Counted(io.FileIO):
    """A local file that counts what is read of it."""

    counted = 0

    def read(self, size: int | None = -1, /) -> bytes:
        got = super().read(-1 if size is None else size) or b""
        self.counted += len(got)
        return got


def local(sample: Sample) -> Run:
    with Counted(sample.path) as file:
        began, cpu = time.perf_counter(), cpu_seconds()
        describe_sample(sample, file)
        return Run(time.perf_counter() - began, cpu_seconds() - cpu, file.counted)


def remote(sample: Sample, client: S3Client, store: Store) -> Run:
    path = sample.path
    size = path.stat().st_size
    file = RangedFile(client, BUCKET, path.name, size=size, etag=store.etag(path))
    began, cpu = time.perf_counter(), cpu_seconds()
    describe_sample(sample, file)
    wall, cpu = time.perf_counter() - began, cpu_seconds() - cpu
    return Run(wall, cpu, file.bytes_read, file.requests)


def describe_sample(sample: Sample, file: Counted | RangedFile) -> None:
    record = describe(
        file,
        key=sample.path.name,
        size=sample.path.stat().st_size,
        kind=sample.kind,
        content_type=sample.content_type,
    )
    assert not record.problems, record.problems


def cpu_seconds() -> float:
    """CPU time of this process, its threads (the server of ranges, too) and its ended children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def child(command: list[str], start: int) -> Run:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    read = rchar(command)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(wall, cpu, max(0, read - start))


def rchar(command: list[str]) -> int:
    """Bytes that a process read, which its entry still tells once it has ended."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    counters = Path(f"/proc/{process.pid}/io").read_text()
    process.wait()
    return int(counters.split("rchar:")[1].split()[0])


def samples_sizes(runs: dict[tuple[str, str], list[Run]]) -> list[str]:
    return list(dict.fromkeys(name for name, _ in runs))


def show(names: list[str], runs: dict[tuple[str, str], list[Run]]) -> None:
    """Medians, and CPU time against mediamill's by ranges."""
    table = Table(title="medians")
    for column in ("file", "way", "wall ms", "CPU ms", "CPU ratio", "read", "requests"):
        table.add_column(column, justify="left" if column in ("file", "way") else "right")
    for name in names:
        base = runs.get((name, RANGED))
        for way in (LOCAL, RANGED, FFPROBE, EXIFTOOL):
            if (name, way) not in runs:
                continue
            found = runs[name, way]
            cpu = statistics.median(run.cpu for run in found)
            mine = statistics.median(run.cpu for run in base) if base else None
            requests = found[0].requests
            table.add_row(
                name,
                way,
                f"{statistics.median(run.wall for run in found) * 1000:.1f}",
                f"{cpu * 1000:.1f}",
                f"{cpu / mine:.1f}" if mine else "",
                f"{statistics.median(run.read for run in found) / KB:,.0f} KB",
                "" if requests is None else str(requests),
            )
    Console(width=110).print(table)


if __name__ == "__main__":
    sys.exit(main())
