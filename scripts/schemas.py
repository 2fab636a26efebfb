"""Write the published JSON Schemas, or with --check tell whether they are what the classes say."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from mediamill.domain import manifest
from mediamill.domain.manifest import Manifest
from mediamill.domain.metadata import MetadataRecord, record
from mediamill.domain.schema import schema_of

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"


def schemas() -> dict[Path, str]:
    """Every published schema's file and text."""
    made = {
        "manifest": schema_of(Manifest, name="manifest", version=manifest.SCHEMA_VERSION),
        "metadata": schema_of(MetadataRecord, name="metadata", version=record.SCHEMA_VERSION),
    }
    return {
        FOLDER / f"{name}.schema.json": json.dumps(schema, indent=2) + "\n"
        for name, schema in made.items()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    arguments = parser.parse_args()
    stale = [
        path for path, text in schemas().items() if not path.exists() or path.read_text() != text
    ]
    for path in stale:
        print(f"{'stale' if arguments.check else 'written'}: {path}")
        if not arguments.check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(schemas()[path])
    return 1 if arguments.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
