"""Finish what `sam build` made: small, quick to start, and the same bytes every time.

    sam build && .venv/bin/python scripts/finish.py && sam deploy        (`make build` does both)

`sam build` puts whole wheels into a function, tests and stubs included, and no bytecode, so that
every cold start compiles what it imports. Here each function, and the core layer, is

    stripped    of what nothing reads when it runs,
    compiled    by a Python of the function's own version, if this machine has one,
    zipped      with sorted names, fixed times and fixed rights,

and the built template is pointed at the zips. Run it once after each `sam build`.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from samcli.yamlhelper import yaml_dump, yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent

UNREAD_FOLDERS = (
    *("*.dist-info", "*-stubs", "tests", "test", "SelfTest", "__pycache__"),
    "aws_lambda_powertools/event_handler",  # for a function that answers HTTP, which keeps it
)
UNREAD_FILES = (
    *("*.pyi", "py.typed", "*.pyc"),
    *("*.c", "*.h", "*.hpp", "*.pxd", "*.pyx", "*.a", "*.cmake"),
    *("requirements.txt", ".lock", "Dockerfile"),
)
"""What no function reads but one whose budget.toml keeps it: tests/contract/test_artifacts.py looks
for what each one imports."""

COMPILER = """
import py_compile, sys
from pathlib import Path
folder = Path(sys.argv[1])
for path in sorted(folder.rglob("*.py")):
    py_compile.compile(
        str(path), dfile=sys.argv[2] + str(path.relative_to(folder)), quiet=2,
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
"""
"""Bytecode that is taken as it is: times in a zip say nothing, and the code cannot change."""

MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that a zip can tell


def kept(folder: Path) -> set[str]:
    """The patterns that a function's own budget.toml keeps."""
    budget = folder / "budget.toml"
    return set(tomllib.loads(budget.read_text()).get("keeps", ())) if budget.exists() else set()


def strip(folder: Path) -> None:
    """Delete what nothing reads."""
    for pattern in set(UNREAD_FOLDERS) - kept(folder):
        for path in list(folder.rglob(pattern)):
            if path.is_dir():
                shutil.rmtree(path)
    for pattern in UNREAD_FILES:
        for path in list(folder.rglob(pattern)):
            if path.is_file():
                path.unlink()
    for path in list((folder / "bin").glob("*")):
        if path.is_file() and path.read_bytes()[:64].startswith((b"#!/", b"#! /")):
            path.unlink()  # a wheel's command for a shell; a program stays
    with suppress(OSError):
        (folder / "bin").rmdir()


def compile_all(folder: Path, python: str, shown_as: str) -> None:
    """Compile every module with `python`; what is not valid there is left alone."""
    subprocess.run([python, "-I", "-c", COMPILER, folder, shown_as], check=True)


def pack(folder: Path, archive: Path) -> None:
    """Zip a folder so that the same files make the same bytes."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).parts):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), MOMENT)
                entry.create_system = 3  # Unix
                runs = path.suffix == ".so" or path.stat().st_mode & 0o100
                entry.external_attr = (0o100755 if runs else 0o100644) << 16
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, path.read_bytes())


def interpreter(version: str) -> str | None:
    """A Python of this version, such as 3.13, that runs on this machine; None where none does."""
    name, home = f"python{version}", Path.home()
    candidates: list[str | Path | None] = [
        sys.executable,
        shutil.which(name),
        *sorted(home.glob(f".pyenv/versions/{version}*/bin/{name}")),
        *sorted(home.glob(f".local/share/uv/python/cpython-{version}*/bin/{name}")),
    ]
    told = "import sys; print('%d.%d' % sys.version_info[:2])"
    for candidate in candidates:
        if candidate is None:
            continue
        run = subprocess.run([candidate, "-I", "-c", told], capture_output=True, text=True)
        if run.returncode == 0 and run.stdout.strip() == version:
            return str(candidate)
    return None


def runtimes(build: Path) -> set[str]:
    """The Python versions whose extension modules a build holds."""
    return {
        f"{found[1]}.{found[2]}"
        for path in build.rglob("*.so")
        if (found := re.search(r"\.cpython-(\d)(\d+)-", path.name))
    }


def finish(build: Path, python: str | None) -> Iterator[tuple[str, int, int]]:
    """Finish a build folder; per function and layer its name and its bytes, unpacked and zipped."""
    template = build / "template.yaml"
    document = yaml_parse(template.read_text())
    for name, resource in document["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and "CodeUri" in properties:
            where, shown_as = "CodeUri", "/var/task/"
            folder = build / name
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            where, shown_as = "ContentUri", "/opt/"
            folder = build / name
            if not str(properties[where]).endswith(".zip"):
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(build / properties[where], folder)
        else:
            continue
        strip(folder)
        if python is not None:
            compile_all(folder, python, shown_as)
        archive = build / f"{name}.zip"
        pack(folder, archive)
        properties[where] = archive.name
        yield name, weight(folder), archive.stat().st_size
    template.write_text(yaml_dump(document))


def weight(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Finish a build, and show what it weighs."""
    parser = argparse.ArgumentParser(description="Strip, compile and pack what `sam build` made.")
    parser.add_argument("--build-dir", type=Path, default=ROOT / ".aws-sam" / "build")
    parser.add_argument("--python", metavar="X.Y", help="the runtime (default: the wheels')")
    wanted = parser.parse_args()
    build = wanted.build_dir.resolve()
    if not (build / "template.yaml").exists():
        sys.exit(f"There is no build in {build}: run `sam build` first.")
    versions = {wanted.python} if wanted.python else runtimes(build)
    if len(versions) != 1:
        sys.exit(f"Say for which Python this is with --python: {', '.join(sorted(versions))}")
    (version,) = versions
    python = interpreter(version)
    if python is None:
        print(f"No Python {version} here: no bytecode, so cold starts will take longer.")
    for name, unpacked, zipped in finish(build, python):
        print(f"{name:20} {unpacked / 1e6:6.1f} MB {zipped / 1e6:6.1f} MB zipped")


if __name__ == "__main__":
    main()
