"""The local server, writing down what each role asks for: `python recorder.py FILE`.

Each line of FILE is one question to IAM: the name of the role, the action, the resource.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One call of a role."""

    role: str
    action: str
    resource: str


def read(path: Path) -> Iterator[Asked]:
    """The calls that were written down so far."""
    for line in path.read_text().splitlines():
        yield Asked(*line.split("\t"))


def main(path: str) -> None:
    """Serve until a signal ends it."""
    from ministack import app  # type: ignore[import-untyped]
    from ministack.core import iam_evaluator  # type: ignore[import-untyped]

    evaluate = iam_evaluator.evaluate
    record = Path(path).open("a", buffering=1)  # noqa: SIM115 (open as long as the server is)

    def noting(context: Any, *policies: Any) -> Any:
        kind, _, name = context.principal_arn.rpartition(":")[2].partition("/")
        if kind == "assumed-role":
            role = name.partition("/")[0]
            record.write(f"{role}\t{context.action}\t{context.resource_arn}\n")
        return evaluate(context, *policies)

    iam_evaluator.evaluate = noting
    sys.argv = ["ministack"]
    app.main()


if __name__ == "__main__":
    main(sys.argv[1])
