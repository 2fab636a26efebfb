"""Mutated pictures of every format give renditions or Unprocessable errors, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "fuzz_images.py"


def test_mutated_pictures_do_no_harm() -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), "--count", "300", "--seed", "26"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "0 faults" in done.stdout and "rendered" in done.stdout
