"""How fast files are scanned, and how soon a scanner is ready: beside what one would do instead.

    .venv/bin/python benchmarks/scan.py [--megabytes 128] [--signatures 200000]

A warm clamd is handed files open, as the gate does it, and has the same bytes streamed to it, as
most clients do; clamscan starts anew for each file. Signatures are made up: ClamAV's own
definitions have millions, so look at ratios, and at how the start grows. It is processor time,
which other work on the machine does not change much; the clock where it says so.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import socket
import struct
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import cpu_of_command, show

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests")]

from made.malware import definitions  # noqa: E402

from mediamill.domain.scan.verdict import Finding, verdict  # noqa: E402
from mediamill.scan.clamd import Clamd, located  # noqa: E402

WORDS = b"every mill begins with one grain and ends with flour for many loaves of bread "
PIECE = 1 << 20


def random_bytes(lot: random.Random, size: int) -> bytes:
    """Nothing to unpack, and nothing to look into."""
    return lot.randbytes(size)


def text(lot: random.Random, size: int) -> bytes:
    """Words."""
    words = b" ".join(lot.choices(WORDS.split(), k=20_000))
    return (words * (size // len(words) + 1))[:size]


def archive(lot: random.Random, size: int) -> bytes:
    """A ZIP archive of sixteen files."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for number in range(16):
            opened.writestr(f"{number}.bin", lot.randbytes(size // 16))
    return packed.getvalue()


SAMPLES = {"random bytes": random_bytes, "text": text, "ZIP of 16": archive}


def made_up(folder: Path, count: int) -> Path:
    """The tests' definitions, and so many that find nothing, of the two commonest forms."""
    lot = random.Random("signatures")
    definitions(folder)
    with (folder / "more.hdb").open("w") as hashes, (folder / "more.ndb").open("w") as bodies:
        for number in range(count // 2):
            hashes.write(f"{lot.randbytes(16).hex()}:{lot.randrange(10**6)}:H{number}\n")
            bodies.write(f"B{number}:0:*:{lot.randbytes(24).hex()}\n")
    return folder


@contextmanager
def warm(folder: Path, scratch: Path) -> Iterator[Clamd]:
    """A clamd that has loaded a folder."""
    clamd = Clamd(folder, scratch)
    clamd.start()
    try:
        yield clamd
    finally:
        clamd.stop()


def cpu(clamd: Clamd) -> float:
    """Seconds of processor time that a daemon has taken."""
    assert clamd._process is not None
    fields = Path(f"/proc/{clamd._process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(clamd: Clamd) -> float:
    """Megabytes that a daemon has in memory."""
    assert clamd._process is not None
    status = Path(f"/proc/{clamd._process.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1000


def streamed(clamd: Clamd, path: Path) -> str:
    """What it says of a file that is sent to it in pieces."""
    with socket.socket(socket.AF_UNIX) as line, path.open("rb") as file:
        line.connect(str(clamd._socket))
        line.sendall(b"zINSTREAM\0")
        while piece := file.read(PIECE):
            line.sendall(struct.pack("!I", len(piece)) + piece)
        line.sendall(struct.pack("!I", 0))
        return line.recv(4096).rstrip(b"\0").decode()


def handed(clamd: Clamd, path: Path) -> str:
    """What it says of a file that it is handed open."""
    with path.open("rb") as file:
        return clamd.ask(file)


def daemons(clamd: Clamd, ask: Callable[[Clamd, Path], str], path: Path) -> float:
    """Seconds of the daemon's processor time for one file."""
    before = cpu(clamd)
    if verdict(ask(clamd, path)).finding is not Finding.CLEAN:
        raise RuntimeError("a clean file was not called so")
    return max(cpu(clamd) - before, 1 / os.sysconf("SC_CLK_TCK"))


def alone(folder: Path, path: Path) -> float:
    """Seconds of processor time of a clamscan that begins with this file."""
    program = located("clamscan")
    if program is None:
        return float("nan")
    size = f"--max-filesize={path.stat().st_size + 1}"
    return cpu_of_command([program, "--no-summary", f"--database={folder}", size, str(path)])


def measured(kind: str, clamd: Clamd, folder: Path, size: int) -> list[str]:
    """A row: one kind of file, each way."""
    ways: dict[str, Callable[[Path], float]] = {
        "handed over": lambda path: daemons(clamd, handed, path),
        "streamed": lambda path: daemons(clamd, streamed, path),
        "clamscan": lambda path: alone(folder, path),
    }
    took, path = [], folder.with_name("file")
    for name, way in ways.items():  # other bytes for each: clamd remembers files
        path.write_bytes(SAMPLES[kind](random.Random(name), size))
        took.append(way(path))
    speeds = [f"{size / 1e6 / each:,.0f}" for each in took]
    return [kind, *speeds, *(f"{each / took[0]:.1f}" for each in took[1:])]


def main() -> None:
    """Measure, and print two tables."""
    parser = argparse.ArgumentParser(description="Scan side by side.")
    parser.add_argument("--megabytes", type=int, default=128)
    parser.add_argument("--signatures", type=int, default=200_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        root, starts = Path(name), []
        rows: list[list[str]] = []
        for count in (2, wanted.signatures // 4, wanted.signatures):
            folder = made_up(root / f"definitions-{count}", count)
            begun = time.monotonic()
            with warm(folder, root / f"run-{count}") as clamd:
                clock = time.monotonic() - begun
                starts.append(
                    [f"{count:,}", f"{cpu(clamd):.2f}", f"{clock:.2f}", f"{memory(clamd):,.0f}"]
                )
                if count != wanted.signatures:
                    continue
                rows = [measured(kind, clamd, folder, wanted.megabytes << 20) for kind in SAMPLES]
    heads = ["file", "handed over", "streamed", "clamscan", "streamed costs", "clamscan costs"]
    show(f"MB a second of one core, {wanted.signatures:,} signatures", heads, rows)
    show("How soon clamd is ready", ["signatures", "CPU s", "clock s", "MB in memory"], starts)


if __name__ == "__main__":
    main()
