"""What of the project goes into a build: where it lies, for which machine, and its digest."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mediamill_cli.errors import Failure

# Everything that `sam build` reads: the template, the functions, the layers and the settings.
_INPUTS = ("template.yaml", "samconfig.toml", "functions", "layers", "web")
_NOT_INPUTS = {"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".DS_Store"}

# What MaxConcurrency may be, as far as one machine goes.
_CONCURRENCIES = (2, 5, 10, 20, 50, 100)

_ARCHITECTURES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Project:
    """A checkout of mediamill, and the template parameters for a deployment on this machine."""

    root: Path
    parameters: Mapping[str, str] = field(default_factory=dict)

    def digest(self) -> str:
        """Hex digest over every byte, name and parameter that the build depends on."""
        digest = hashlib.sha256()
        for path in files(self.root / name for name in _INPUTS):
            digest.update(f"{path.relative_to(self.root).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        for name, value in sorted(self.parameters.items()):
            digest.update(f"{name}={value}\0".encode())
        digest.update(sys.version.encode())
        return digest.hexdigest()

    def wheels(self) -> str:
        """Hex digest over what names the wheels: as long as it stays, a build needs no network."""
        digest = hashlib.sha256()
        for path in sorted(self.root.glob("functions/*/requirements.txt")):
            digest.update(path.read_bytes())
        digest.update(repr(sorted(self.parameters.items())).encode())
        return digest.hexdigest()


def find_root(start: Path | None = None) -> Path:
    """The checkout that `start` (or the working directory) is in, else the one we run from.

    Raises Failure if neither is a checkout.
    """
    begin = (start or Path.cwd()).absolute()
    ours = Path(__file__).absolute().parents[3]
    for folder in (begin, *begin.parents, ours):
        if (folder / "template.yaml").is_file() and (folder / "functions").is_dir():
            return folder
    raise Failure(
        f"There is no mediamill project in {begin} or above it.",
        do="Change to your clone of mediamill, where template.yaml is, and try again.",
    )


def on_this_machine(root: Path) -> Project:
    """The project with the parameters that make it run here: interpreter, processor, size."""
    declared = _declared_parameters(root / "template.yaml")
    wanted = {
        "Runtime": f"python{sys.version_info.major}.{sys.version_info.minor}",
        "Architecture": architecture(),
        "MaxConcurrency": _concurrency(os.cpu_count() or 1),
        "RemovalPolicy": "Delete",
        "RequireTls": "false",  # on the loopback there is none
        "Tracing": "PassThrough",  # there is no X-Ray daemon
    }
    return Project(root, {name: value for name, value in wanted.items() if name in declared})


def _declared_parameters(template: Path) -> set[str]:
    """The names under `Parameters:`, read by indentation: the tags of CloudFormation are no YAML
    that a plain parser knows, and a name is all we need."""
    names: set[str] = set()
    inside = False
    for line in template.read_text(encoding="utf-8").splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            inside = line.startswith("Parameters:")
        elif inside and line.startswith("  ") and line[2:3].isalpha() and ":" in line:
            names.add(line.split(":", 1)[0].strip())
    return names


def _concurrency(processors: int) -> str:
    """The least that the template offers and keeps every processor busy: here each instance is a
    process, and more of them only wait for each other."""
    return str(next((each for each in _CONCURRENCIES if each >= processors), _CONCURRENCIES[-1]))


def architecture() -> str:
    """This machine's processor, as Lambda names it."""
    return _ARCHITECTURES.get(platform.machine().lower(), "x86_64")


def files(inputs: Iterable[Path]) -> Iterator[Path]:
    """The files among and below `inputs`, in order, without what tools leave behind."""
    for path in inputs:
        if path.is_file():
            yield path
        elif path.is_dir():
            yield from (
                each
                for each in sorted(path.rglob("*"))
                if each.is_file() and not _NOT_INPUTS.intersection(each.parts)
            )
