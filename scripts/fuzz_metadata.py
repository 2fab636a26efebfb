"""Describe thousands of damaged files: each must give a record or an Unprocessable.

Every format of the corpus is damaged in turn: bits flipped, bytes overwritten with telling values,
pieces cut out, doubled, or taken from another file, ends cut off. Between them stand files of sound
syntax whose types, nesting, counts and pointers are anything. All are read by ranges, as functions
read. Each batch runs in a child, so
that a crash or a hang of native code is found, named and counted instead of ending the run.
"""

from __future__ import annotations

import argparse
import json
import mimetypes
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from made.corpus import Original, originals  # noqa: E402
from made.mutate import mutated  # noqa: E402
from made.remote import Bucket, reader  # noqa: E402
from made.structures import STRUCTURES  # noqa: E402

from mediamill.domain.detect import kind_of  # noqa: E402
from mediamill.domain.errors import Unprocessable  # noqa: E402
from mediamill.domain.kind import Kind  # noqa: E402
from mediamill.domain.metadata import describe, publish  # noqa: E402
from mediamill.domain.privacy import Privacy  # noqa: E402
from mediamill.domain.wire import to_json  # noqa: E402

BATCH = 50
SLOW = 5.0  # seconds that one file may take before it is named
HANG = 120.0  # seconds that a batch may take


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=5_000, help="damaged files to describe")
    parser.add_argument("--seed", type=int, default=1, help="where the damage begins")
    parser.add_argument("--extra", type=Path, help="a folder of further files to damage")
    parser.add_argument("--child", type=int, nargs=2, metavar=("FROM", "TO"), help="internal")
    arguments = parser.parse_args()
    files = originals() + (extra(arguments.extra) if arguments.extra else [])
    if not files:
        print("no corpus", file=sys.stderr)
        return 2
    if arguments.child:
        child(files, arguments.seed, *arguments.child)
        return 0
    return parent(files, arguments.count, arguments.seed, arguments.extra)


def parent(files: list[Original], count: int, seed: int, folder: Path | None) -> int:
    """Run the batches; 1 where any file gave anything but a record or an Unprocessable."""
    outcomes: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    slowest: list[tuple[float, str]] = []
    failures: list[str] = []
    at = 0
    while at < count:
        end = min(at + BATCH, count)
        lines, died = batch(seed, at, end, folder)
        for line in lines:
            outcomes[line["outcome"]] += 1
            problems.update(line.get("problems", []))
            slowest = sorted([*slowest, (line["seconds"], line["name"])], reverse=True)[:5]
            if line["outcome"] == "error":
                failures.append(f"{line['index']} {line['name']}: {line['error']}")
        if died:
            index = at + len(lines)
            name = case(files, random.Random(f"{seed}-{index}"), index)[0]
            outcomes[died] += 1
            failures.append(f"{index} {name}: {died}")
            at = index + 1
        else:
            at = end
        print(f"\r{at}/{count}", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print("outcomes:", dict(outcomes))
    print("problems:", dict(problems.most_common()))
    print("slowest:", ", ".join(f"{name} {seconds:.2f} s" for seconds, name in slowest))
    for failure in failures:
        print("FAILED", failure)
    return 1 if failures else 0


def batch(
    seed: int, start: int, end: int, folder: Path | None
) -> tuple[list[dict[str, Any]], str | None]:
    """What a child says of files `start` to `end`, and how it died if it did."""
    command = [sys.executable, __file__, "--seed", str(seed), "--child", str(start), str(end)]
    command += ["--extra", str(folder)] if folder else []
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=HANG)
        output, code = done.stdout, done.returncode
    except subprocess.TimeoutExpired as error:
        raw = error.stdout or b""
        output, code = raw.decode() if isinstance(raw, bytes) else raw, None
    lines = [json.loads(line) for line in output.splitlines() if line.endswith("}")]
    if code == 0:
        return lines, None
    return lines, "hang" if code is None else f"crash ({code})"


def extra(folder: Path) -> list[Original]:
    """The files of a folder, their kinds by their extensions."""
    found = []
    for path in sorted(folder.iterdir()):
        content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        family = content_type.partition("/")[0]
        kind = Kind(family) if family in ("image", "video", "audio") else Kind.VIDEO
        found.append(Original(path, kind, content_type))
    return found


def case(files: list[Original], chance: random.Random, index: int) -> tuple[str, Kind, str, bytes]:
    """Name, kind, media type and bytes of one case: a damaged file, or a made structure."""
    turn = index % (len(files) + len(STRUCTURES))
    if turn < len(files):
        original = files[turn]
        other = files[chance.randrange(len(files))].path.read_bytes()
        body = mutated(original.path.read_bytes(), other, chance)
        return original.path.name, original.kind, original.content_type, body
    name = list(STRUCTURES)[turn - len(files)]
    make, content_type = STRUCTURES[name]
    return f"made {name}", kind_of(content_type), content_type, make(chance)


def child(files: list[Original], seed: int, start: int, end: int) -> None:
    """Describe damaged files and write one line about each."""
    for index in range(start, end):
        name, kind, content_type, body = case(files, random.Random(f"{seed}-{index}"), index)
        began = time.perf_counter()
        line: dict[str, Any] = {"index": index, "name": name}
        try:
            record = describe(
                reader(Bucket(body)),
                key=name,
                size=len(body),
                kind=kind,
                content_type=content_type,
            )
            json.dumps(to_json(record), allow_nan=False).encode()
            for privacy in Privacy:
                publish(record, privacy)
            codes = [problem.code for problem in record.problems]
            line |= {"outcome": "record", "problems": codes}
            if "broken_file" in codes:
                # The net under the readers: true for a user, and a fault to be mended here.
                line |= {"outcome": "error", "error": "a reader's own fault, caught"}
        except Unprocessable as error:
            line |= {"outcome": "unprocessable", "error": str(error)}
        except Exception as error:
            line |= {"outcome": "error", "error": repr(error)[:300]}
        line["seconds"] = round(time.perf_counter() - began, 3)
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
