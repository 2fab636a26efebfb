"""Build the office worker's image as `mediamill up` does, if need be from a base of your own.

    make office-image-local [BASE=…]

Where it was built, `mediamill up` finds it and builds nothing.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mediamill_cli.local import docker, image

ROOT = Path(__file__).resolve().parent.parent
LOG = ROOT / ".build" / "office-image.log"


def main() -> None:
    """Build it unless it is there; say its name."""
    parser = argparse.ArgumentParser(description="Build the office worker's image.")
    parser.add_argument("--base", default="", help="a base image instead of public Debian")
    wanted = parser.parse_args()
    engine = docker.find()
    if engine is None:
        sys.exit("Docker does not answer.")
    try:
        name = image.build(engine, ROOT, LOG, base=wanted.base, progress=told)
    except docker.DockerFailure as failure:
        sys.exit(f"The office image cannot be built: {failure} ({LOG})")
    print(name)


def told(progress: str) -> None:
    """Say how far it is, over what was said before."""
    if sys.stderr.isatty():
        print(f"\r{progress}", end="\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
