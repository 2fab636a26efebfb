"""What a thousand files of each kind cost on AWS: measured work at list prices, row by row.

    .venv/bin/python benchmarks/costs.py [--write]

Work comes from benchmarks/out/cold_start.json where that has been run, else from the figures below,
which are of the same benchmark. --write puts the table between the markers in docs/tuning.md, and
in README.md where it has them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- costs:begin -->", "<!-- costs:end -->"
MONTH_BEGIN, MONTH_END = "<!-- month:begin -->", "<!-- month:end -->"

# AWS's list prices in US dollars: us-east-1, arm64, first tier, without the free tier, as published
# in November 2025. Data from AWS's pricing pages of Lambda, SQS, SNS, DynamoDB, S3,
# CloudWatch, X-Ray and KMS.
REGION, PRICED = "us-east-1", "November 2025"
GB_SECOND = Decimal("0.0000133334")
INVOCATION = Decimal("0.20") / 1_000_000
SQS_REQUEST = Decimal("0.40") / 1_000_000
SNS_PUBLISH = Decimal("0.50") / 1_000_000  # deliveries to SQS are free
WRITE_UNIT = Decimal("0.625") / 1_000_000  # 1 KB
READ_UNIT = Decimal("0.125") / 1_000_000  # 4 KB, strongly consistent
S3_PUT = Decimal("0.005") / 1_000
S3_GET = Decimal("0.0004") / 1_000
S3_GB_MONTH = Decimal("0.023")
LOG_GB = Decimal("0.50")
TRACE = Decimal("5.00") / 1_000_000
METRIC_MONTH = Decimal("0.30")  # a series: a metric of a function
TABLE_GB_MONTH = Decimal("0.25") + Decimal("0.20")  # kept, and recoverable to any second
KEY_MONTH = Decimal("1.00")

FILES = 1_000
CORE_MB = 1_769  # the memory at which a function has one processor (AWS Lambda Developer Guide)
WAIT_MS = 15  # for S3, DynamoDB, SQS or SNS to answer a small call inside a region
RECORD_KB = 4  # with its row in the list, and what was made
LOG_BYTES = 3_500  # lines of one invocation, and what Lambda says of it at its start and end
QUEUES = 6  # that Lambda asks for messages: ingest, image, metadata, document, av, manifest
# Five pollers a queue, each asks every 20 s (AWS Lambda Developer Guide: "Using Lambda with SQS").
POLLS_MONTH = 5 * 3 * 60 * 24 * 30
SERIES = 30  # with Metrics=true: five of each worker, a dozen of ingest and manifest, cold starts
PHOTOS = 10_000

MEMORY = {
    "ingest": 512,
    "image": 1769,
    "metadata": 1024,
    "document": 1769,
    "office": 2048,
    "av": 1769,
    "manifest": 512,
}  # fmt: skip  as in template.yaml

# Warm CPU milliseconds of one message, Python 3.13 on one x86-64 core: benchmarks/cold_start.py;
# office and av from their own benchmarks (a letter of one page; a minute of 1080p at 8 Mbit/s).
MEASURED_MS = {"ingest": 20, "image": 220, "metadata": 30, "document": 320, "office": 1200,
               "av": 4900, "manifest": 10}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """One function's part in one file: its calls to AWS, and how often its sample's work."""

    function: str
    gets: int = 0
    puts: int = 0
    reads: int = 1
    writes: int = 2  # what was made, and the step closed
    publishes: int = 0
    sends: int = 0  # messages that it puts into a queue, directly or through a topic
    times: float = 1.0

    def gb_seconds(self, cpu_ms: Mapping[str, float]) -> Decimal:
        """Billed: a share of a core for the work, and waiting for every call, one by one."""
        memory = MEMORY[self.function]
        working = cpu_ms[self.function] * self.times / min(memory / CORE_MB, 1)
        calls = self.gets + self.puts + self.reads + self.writes + self.publishes + 1
        return Decimal(memory) / 1024 * Decimal(working + calls * WAIT_MS) / 1000


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of file: what each function does for one, and what is kept of it.

    The units of DynamoDB are counted: benchmarks/writes.py.
    """

    name: str
    what: str
    work: tuple[Work, ...]
    write_units: int
    read_units: int
    original_mb: float
    derived_mb: float


def ingest(workers: int) -> Work:
    """Ingest, which tells so many workers."""
    return Work("ingest", gets=1, writes=1, publishes=1, sends=workers)


METADATA = Work("metadata", gets=4, puts=1, sends=1)  # the last step to end sends the hand-over
MANIFEST = Work("manifest", puts=1, reads=2, publishes=1)

KINDS = (
    Kind(
        "photo",
        "12 megapixels, 4 MB: three WebP renditions",
        # A camera's detail costs more than the drawn sample's: 258 ms for 6 megapixels of it.
        (ingest(2), Work("image", gets=1, puts=3, times=1.6), METADATA, MANIFEST),
        write_units=16,
        read_units=5,
        original_mb=4.0,
        derived_mb=0.5,
    ),
    Kind(
        "PDF",
        "10 pages, 1 MB: a picture of each page, text, three renditions",
        # The sample has three pages.
        (ingest(2), Work("document", gets=1, puts=15, times=10 / 3), METADATA, MANIFEST),
        write_units=17,
        read_units=5,
        original_mb=1.0,
        derived_mb=1.0,
    ),
    Kind(
        "Office file",
        "3 pages, 0.1 MB: a PDF, and all that a PDF becomes",
        (
            ingest(2),
            Work("office", gets=1, puts=1, publishes=1, sends=1),
            Work("document", gets=1, puts=8),
            METADATA,
            MANIFEST,
        ),
        write_units=24,
        read_units=9,
        original_mb=0.1,
        derived_mb=0.5,
    ),
    Kind(
        "video",
        "a minute of 1080p, 50 MB: poster, storyboard, preview, three renditions",
        (
            ingest(2),
            Work("av", gets=40, puts=6, publishes=1, sends=1),
            Work("image", gets=1, puts=3),
            METADATA,
            MANIFEST,
        ),
        write_units=25,
        read_units=9,
        original_mb=50.0,
        derived_mb=1.5,
    ),
)

PLACES = Decimal("0.0001")


def rows(kind: Kind, cpu_ms: Mapping[str, float]) -> dict[str, Decimal]:
    """Dollars for a thousand files, by what is billed; their sum is the total."""
    work = kind.work
    # A message costs three requests: it is sent, received and deleted. S3 sends the first one.
    messages = 1 + sum(one.sends for one in work)
    cost = {
        "computing": sum((one.gb_seconds(cpu_ms) for one in work), Decimal()) * GB_SECOND,
        "invocations": len(work) * INVOCATION,
        "queues and topics": 3 * messages * SQS_REQUEST
        + sum(one.publishes for one in work) * SNS_PUBLISH,
        "records": kind.write_units * WRITE_UNIT + kind.read_units * READ_UNIT,
        "S3 requests": sum(one.puts for one in work) * S3_PUT
        + (1 * S3_PUT)  # the upload itself
        + sum(one.gets for one in work) * S3_GET,
        "logs": len(work) * Decimal(LOG_BYTES) / 1_000_000_000 * LOG_GB,
        "traces": (len(work) + 1) * TRACE,  # Lambda's own of each call, and the upload's
        "a month in S3": Decimal(kind.original_mb + kind.derived_mb) / 1000 * S3_GB_MONTH,
        "a month in the table": Decimal(RECORD_KB) / 1_000_000 * TABLE_GB_MONTH,
    }
    return {name: (FILES * dollars).quantize(PLACES) for name, dollars in cost.items()}


def total(kind: Kind, cpu_ms: Mapping[str, float]) -> Decimal:
    """Dollars for a thousand files: the sum of the rows as they are shown."""
    return sum(rows(kind, cpu_ms).values(), Decimal())


# ── What others ask, as far as they publish it ────────────────────────────

# Estimates from published plans, without storage and delivery where those are billed apart:
# Transloadit: $49 a month for 10 GB, counted in and out (its Startup plan).
# Cloudinary: $99 a month for 225 credits (its Plus plan); a credit is 1,000 transformations, or
# 1 GB kept, or 1 GB delivered. A page of a PDF is a transformation. Office files are an add-on's.
# MediaConvert: transcodes video and sound, by the minute; nothing of what is done here.
TRANSLOADIT_GB = Decimal(49) / 10
CLOUDINARY_CREDIT = Decimal(99) / 225
TRANSFORMATIONS = {"photo": 3, "PDF": 13}


def transloadit(kind: Kind) -> str:
    gigabytes = Decimal(kind.original_mb + kind.derived_mb) * FILES / 1000
    return f"≈ {gigabytes * TRANSLOADIT_GB:.0f}"


def cloudinary(kind: Kind) -> str:
    if kind.name not in TRANSFORMATIONS:
        return "–"
    kept = Decimal(kind.original_mb + kind.derived_mb) * FILES / 1000
    credits = Decimal(TRANSFORMATIONS[kind.name]) * FILES / 1000 + kept
    return f"≈ {credits * CLOUDINARY_CREDIT:.1f}"


def table(cpu_ms: Mapping[str, float]) -> str:
    """The Markdown table: a column for each kind, a row for each thing that is billed."""
    heads = [f"1,000 × {kind.name}" for kind in KINDS]
    lines = [f"| US dollars | {' | '.join(heads)} |", "|---|" + "---:|" * len(KINDS)]
    columns = [rows(kind, cpu_ms) for kind in KINDS]
    for name in columns[0]:
        lines.append(f"| {name} | {' | '.join(f'{column[name]:.4f}' for column in columns)} |")
    totals = [f"**{total(kind, cpu_ms):.4f}**" for kind in KINDS]
    lines.append(f"| **in all** | {' | '.join(totals)} |")
    lines.append(f"| Transloadit, estimated | {' | '.join(map(transloadit, KINDS))} |")
    lines.append(f"| Cloudinary, estimated | {' | '.join(map(cloudinary, KINDS))} |")
    lines.append(f"| AWS MediaConvert | {' | '.join('–' for _ in KINDS)} |")
    notes = "; ".join(f"{kind.name}: {kind.what}" for kind in KINDS)
    memory = ", ".join(f"{name} {megabytes}" for name, megabytes in MEMORY.items())
    return "\n".join(
        [
            *lines,
            "",
            f"AWS list prices of {PRICED}, {REGION}, arm64, no free tier; delivery to readers is "
            f"not in it. {notes}. Metadata and a manifest for each. Memory in MB: {memory}. "
            "Estimated from measured processor time; `benchmarks/costs.py` has every assumption.",
        ]
    )


def month(cpu_ms: Mapping[str, float]) -> str:
    """The Markdown table of a month: one without a file, one with some photos."""
    cents = Decimal("0.01")
    asking = (QUEUES * POLLS_MONTH * SQS_REQUEST).quantize(cents)
    photos = (total(KINDS[0], cpu_ms) * PHOTOS / FILES).quantize(cents)
    metrics, key = SERIES * METRIC_MONTH, KEY_MONTH
    lines = [
        ("Lambda asks six queues for messages", asking, asking),
        (f"{PHOTOS:,} photos, as above", Decimal(), photos),
        ("**in all**", asking, asking + photos),
        ("with `Metrics=true`", Decimal(), metrics),
        ("with a key of yours (`KeyArn`), at least", key, key),
    ]
    return "\n".join(
        [
            f"| US dollars a month | idle | {PHOTOS:,} photos |",
            "|---|---:|---:|",
            *(f"| {name} | {idle:.2f} | {busy:.2f} |" for name, idle, busy in lines),
        ]
    )


def work_measured() -> dict[str, float]:
    """Warm CPU milliseconds of a message by function."""
    found: dict[str, float] = dict(MEASURED_MS)
    out = ROOT / "benchmarks" / "out" / "cold_start.json"
    if out.exists():
        medians = json.loads(out.read_text())["medians"]
        found |= {name: medians[name]["warm_ms"] for name in found if name in medians}
    return found


def written(path: Path, text: str, begin: str = BEGIN, end: str = END) -> bool:
    """Put the table between a file's markers; False where it has none."""
    content = path.read_text() if path.exists() else ""
    if begin not in content or end not in content:
        return False
    before, rest = content.split(begin, 1)
    path.write_text(f"{before}{begin}\n{text}\n{end}{rest.split(end, 1)[1]}")
    return True


def main() -> None:
    parser = argparse.ArgumentParser(description="What a thousand files of each kind cost on AWS.")
    parser.add_argument("--write", action="store_true", help="into docs/tuning.md and README.md")
    wanted = parser.parse_args()
    # What is written down is of the figures above, so that it does not change with the machine.
    cpu_ms = MEASURED_MS if wanted.write else work_measured()
    text, of_a_month = table(cpu_ms), month(cpu_ms)
    print(f"{text}\n\n{of_a_month}")
    if wanted.write:
        for path in (ROOT / "docs" / "tuning.md", ROOT / "README.md"):
            print(f"{'written' if written(path, text) else 'no markers'}: {path.name}")
            written(path, of_a_month, MONTH_BEGIN, MONTH_END)


if __name__ == "__main__":
    main()
