"""Write docs/openapi.json, or with --check tell whether it is what the operations say."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from mediamill.api.openapi import document
from mediamill.api.operations import operations
from mediamill.settings import Settings

PATH = Path(__file__).parents[1] / "docs" / "openapi.json"
# Names only: no operation is called.
SETTINGS = Settings({"UPLOADS_BUCKET": "u", "RESULTS_BUCKET": "r", "ASSETS_TABLE": "a"})


def text() -> str:
    """The document as it is kept."""
    return json.dumps(document(operations(SETTINGS)), indent=2) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    wanted = parser.parse_args()
    if PATH.exists() and PATH.read_text() == text():
        return 0
    if wanted.check:
        print("docs/openapi.json is not what the operations say: run `make schemas`.")
        return 1
    PATH.write_text(text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
