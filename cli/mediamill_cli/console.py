"""Where the command line speaks: results to standard output, all else to standard error."""

from __future__ import annotations

import json
from typing import Any

from rich.console import Console

out = Console(highlight=False, soft_wrap=False)
err = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """Print a value for a machine: no colours, no line breaks that are not its own."""
    print(json.dumps(value, indent=2, ensure_ascii=False))
