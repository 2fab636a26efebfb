"""How many units of DynamoDB a file of each kind costs, counted call by call on the real code.

    .venv/bin/python benchmarks/writes.py [--pages 2000]

The functions' own code works files off over tables in memory, which count as the Developer Guide
says: a write unit for each kilobyte of an item, and for each row of an index that changes; a read
unit for each four kilobytes. --pages makes the last PDF longer, in parts, with `words` and `split`.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "scripts")]

import samples  # noqa: E402
from made.attribute_sizes import item_bytes  # noqa: E402
from made.handlers import job  # noqa: E402
from made.office import docx  # noqa: E402
from made.pdf import document, line  # noqa: E402
from model.calls import Call  # noqa: E402
from model.drive import Drive  # noqa: E402
from model.inside import World, inside  # noqa: E402

from mediamill.aws.task import Task  # noqa: E402
from mediamill.domain.derivative import Product  # noqa: E402
from mediamill.settings import Settings  # noqa: E402

READS = ("GetItem", "Query")
LISTED = ("by_month", "by_state", "by_change")
DEFAULTS = {  # as in template.yaml
    "PLAN": "metadata:* image:image,video>poster document:document,office>pdf office:office "
    "av:video,audio",
    "RENDITIONS": "thumbnail=256,medium=800,large=1920",
    "FORMATS": "webp",
    "QUALITIES": "webp=80,jpeg=80,avif=60",
    "EFFORT": "balanced",
    "BACKGROUND": "#ffffff",
    "PRIVACY": "no-location",
    "CACHE_CONTROL": "public, max-age=86400",
}


@dataclass(frozen=True, slots=True)
class Count:
    """What one file came to. `largest` are bytes of the largest item by table."""

    status: str
    writes: Mapping[str, int]
    reads: int
    largest: Mapping[str, int]

    @property
    def in_all(self) -> int:
        """Write units of both tables and both indexes."""
        return sum(self.writes.values())


def pages(number: int) -> bytes:
    """A PDF of pages with a line of text each."""
    return document([line(f"Page {page} of a report") for page in range(1, number + 1)])


def office(task: Task) -> Mapping[str, Any]:
    """A PDF of three pages, as if LibreOffice had made it: the tables see no difference."""
    task.store(Product("pdf", pages(3), "pdf"))
    return {}


def count(world: World, key: str, body: bytes, **settings: str) -> Count:
    """Work one file off, and count."""
    drive = Drive(world)
    environment = {
        **drive.stack.settings.environment,
        **DEFAULTS,
        **settings,
    }
    told = Settings(environment)
    drive.stack = replace(drive.stack, settings=told)
    drive.stack.jobs.by_step = {
        "image": job("image", "renditions", told),
        "metadata": job("metadata", "record", told),
        "document": job("document", "derivatives", told),
        "office": office,
        "av": job("av", "derivatives", told),
    }
    reads = 0
    before = drive.cloud.before

    def look(call: Call) -> None:
        nonlocal reads
        before(call)
        if call.service == "dynamodb" and call.operation in READS:
            reads += _read_units(drive, call)

    drive.cloud.before = look
    drive.cloud.s3.put_object(Bucket="uploads", Key=key, Body=body)
    drive.rest()
    if drive.errors:
        raise drive.errors[0]
    tables = drive.cloud.dynamodb.by_name
    (record,) = tables["assets"].items.values()
    writes: Counter[str] = sum((table.units for table in tables.values()), Counter())
    largest = {name: table.largest for name, table in tables.items()}
    return Count(record["status"]["S"], writes, reads, largest)


def _read_units(drive: Drive, call: Call) -> int:
    """What a consistent read of all the items of a key costs, of one item or of several."""
    table = drive.cloud.dynamodb.by_name[call.params["TableName"]]
    if call.operation == "GetItem":
        sizes = [table.sizes.get(table.key(call.params["Key"], call.operation), 0)]
    else:
        held = table.partitions_of(call.params["ExpressionAttributeValues"])
        sizes = [sum(map(item_bytes, held))]
    return sum(max(1, -(-size // 4096)) for size in sizes)


def originals(folder: Path) -> dict[str, bytes]:
    """A file of each kind that benchmarks/costs.py has."""
    samples.photo(folder / "photo.jpg")
    samples.clip(folder / "clip.mp4")
    return {
        "photo.jpg": (folder / "photo.jpg").read_bytes(),
        "report.pdf": pages(10),
        "letter.docx": docx(text="A letter"),
        "clip.mp4": (folder / "clip.mp4").read_bytes(),
    }


def main() -> None:
    """Print a row for each."""
    parser = argparse.ArgumentParser(description="Units of DynamoDB for a file of each kind.")
    parser.add_argument("--pages", type=int, default=100, help="of the long PDF")
    long = parser.parse_args().pages
    print("| file | write units | assets | lists | made | read units | largest items, bytes |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder, inside() as world:
        for key, body in originals(Path(folder)).items():
            print(row(key, count(world, key, body)), flush=True)
        extras = {"DOCUMENT_EXTRAS": "split,words", "MAX_PAGES": str(long)}
        found = count(world, "long.pdf", pages(long), **extras)
        print(row(f"{long} pages, split, words ({found.in_all / long:.2f} a page)", found))


def row(name: str, found: Count) -> str:
    """One row of the table."""
    writes = found.writes
    lists = sum(writes.get(each, 0) for each in LISTED)
    largest = ", ".join(f"{size:,}" for size in found.largest.values())
    figures = (found.in_all, writes["assets"], lists, writes["made"], found.reads)
    said = "" if found.status == "complete" else f" ({found.status})"
    return f"| {name}{said} | {' | '.join(map(str, figures))} | {largest} |"


if __name__ == "__main__":
    main()
