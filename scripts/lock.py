"""Lock the dependencies once, and export what each function needs from that lock.

    requirements.lock                    everything, for development and the laptop
    functions/<name>/requirements.txt    the wheels of one function, a part of the lock
    scripts/<name>.lock                  a tool that has an environment of its own

Run it through `make lock` after a change in pyproject.toml; `--check` only compares.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
FUNCTIONS = sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py"))
APART = ("checkov",)
GROUPS = tuple(
    group
    for group in tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    if group not in APART
)

# What the Lambda runtimes bring; a function that is a container image brings its own.
RUNTIME = ("boto3", "botocore", "jmespath", "python-dateutil", "s3transfer", "six", "urllib3")
IMAGES = frozenset({"office", "scan", "definitions"})


def compiled(groups: tuple[str, ...], *options: str) -> str:
    """The pins of dependency groups, with hashes, for every Python and platform. Exits on error."""
    command = ["uv", "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--universal"]
    command += ["--deps", "--python-version", "3.11", "--generate-hashes", *options]
    command += [f"--group={ROOT / 'pyproject.toml'}:{group}" for group in groups]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"uv could not resolve {', '.join(groups)}:\n{run.stderr}")
    return run.stdout


def exported(function: str) -> str:
    """The part of the lock that one function needs."""
    brought = () if function in IMAGES else RUNTIME
    left_out = [f"--no-emit-package={name}" for name in brought]
    return compiled((function,), f"--constraint={LOCK}", *left_out)


def pins(text: str) -> set[str]:
    """The `name==version` of every line that pins one."""
    return set(re.findall(r"^[A-Za-z0-9_.-]+==[^ ;\\]+", text, flags=re.MULTILINE))


def main() -> None:
    """Write the lock and its parts; with --check, exit 1 where a file is not what it should be."""
    parser = argparse.ArgumentParser(description="Lock dependencies, export the functions' part.")
    parser.add_argument("--check", action="store_true", help="compare, change nothing")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    wanted = parser.parse_args()
    if not wanted.check:
        newest = ["--upgrade"] if wanted.upgrade else []
        compiled(GROUPS, str(ROOT / "pyproject.toml"), f"--output-file={LOCK}", *newest)
        for name in APART:
            compiled((name,), f"--output-file={ROOT / 'scripts' / name}.lock", *newest)
    locked = pins(LOCK.read_text())
    stale = []
    for function in FUNCTIONS:
        path = ROOT / "functions" / function / "requirements.txt"
        text = exported(function)
        if foreign := pins(text) - locked:
            stale.append(f"requirements.lock lacks {', '.join(sorted(foreign))}")
        if not wanted.check:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(f"{path.relative_to(ROOT)} is not what the lock says")
    if stale:
        sys.exit("\n".join([*stale, "Run `make lock` and commit what it writes."]))


if __name__ == "__main__":
    main()
