"""Where the command line speaks: results to standard output, all else to standard error."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

# A pipe or a file has no width to fit into.
_ENDLESS = 10_000

out = Console(highlight=False, emoji=False, width=None if sys.stdout.isatty() else _ENDLESS)
err = Console(
    stderr=True, highlight=False, emoji=False, width=None if sys.stderr.isatty() else _ENDLESS
)


def print_json(value: Any) -> None:
    """Print a value for a machine: no colours, no line breaks that are not its own."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def as_typed(text: str) -> str:
    """The text with `mediamill …` as it has to be typed here, where it may not be on the PATH."""
    called = Path(sys.argv[0])
    if called.name != "mediamill" or shutil.which("mediamill") == str(called):
        return text
    here = Path.cwd()
    shown = called.relative_to(here) if called.is_relative_to(here) else called
    return text.replace("mediamill ", f"{shown} ")
