"""The office worker's image for this machine: built once, and again when a byte of it changes.

It is what `make office-image` builds for AWS, and on top of that the runtime emulator that comes
with the SAM CLI, by which anything but Lambda calls it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import platform
import re
from collections.abc import Callable
from pathlib import Path

from mediamill_cli.local.docker import Docker
from mediamill_cli.local.project import architecture, files

REPOSITORY = "mediamill-office"
DOCKERFILE = Path("functions/office/Dockerfile")
# What the Dockerfile copies, and itself.
_INPUTS = ("functions/office", "layers/core/python")
# The legacy builder counts `Step 3/19`, BuildKit `#7 [stage-1 3/9]`.
_STEP = re.compile(r"^(?:Step |#\d+ \[[^\]]*?)(\d+)/(\d+)")

_WITH_EMULATOR = """\
FROM {image}
ARG EMULATOR
COPY $EMULATOR /usr/local/bin/aws-lambda-rie
"""


def name(root: Path) -> str:
    """The image's name: its tag is the digest of everything that is in it and is not Debian's."""
    digest = hashlib.sha256(f"{platform.machine()}\0".encode())
    for path in files(root / each for each in _INPUTS):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    digest.update(_emulator().read_bytes())
    return f"{REPOSITORY}:{digest.hexdigest()[:16]}-local"


def build(
    docker: Docker,
    root: Path,
    log: Path,
    *,
    base: str = "",
    progress: Callable[[str], None] = lambda _: None,
) -> str:
    """Build the image unless it is there, and return its name.

    `base` stands for the Debian that the Dockerfile names, as a mirror's may.
    Raises DockerFailure.
    """
    wanted = name(root)
    if docker.has_image(wanted):
        return wanted
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    on_lambda = wanted.removesuffix("-local")
    docker.build(
        [*(("--build-arg", f"BASE={base}") if base else ()), "--tag", on_lambda, str(root)],
        (root / DOCKERFILE).read_text(encoding="utf-8"),
        log,
        lambda line: _tell(line, progress),
    )
    emulator = _emulator()
    docker.build(
        ["--build-arg", f"EMULATOR={emulator.name}", "--tag", wanted, str(emulator.parent)],
        _WITH_EMULATOR.format(image=on_lambda),
        log,
        lambda line: None,
    )
    return wanted


def _tell(line: str, progress: Callable[[str], None]) -> None:
    if found := _STEP.match(line):
        progress(f"step {found[1]} of {found[2]}")


def _emulator() -> Path:
    found = importlib.util.find_spec("samcli")
    assert found is not None and found.origin is not None
    return Path(found.origin).parent / "local" / "rapid" / f"aws-lambda-rie-{architecture()}"
