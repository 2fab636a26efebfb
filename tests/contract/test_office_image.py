"""`make office-image` builds what Lambda takes: one image, for the processor that is deployed.

Docker is played: whether a real one makes an index depends on its image store, which a test cannot
choose.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
PLAYED = """#!/bin/sh
if [ "$1" = build ]; then echo "$BUILDX_NO_DEFAULT_ATTESTATIONS $@" > "{told}"; exit; fi
echo '[{{"Descriptor": {{"mediaType": "application/vnd.oci.image.{kind}.v1+json"}}}}]'
"""


def make(folder: Path, kind: str, *arguments: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """Run the target with a Docker whose images are of a kind; what it did, and was told."""
    docker, told = folder / "docker", folder / "told"
    docker.write_text(PLAYED.format(told=told, kind=kind))
    docker.chmod(0o755)
    command = f'PATH="{folder}:$PATH" make office-image IMAGE=office:7 {" ".join(arguments)}'
    run = subprocess.run(["sh", "-c", command], cwd=ROOT, capture_output=True, text=True)
    return run, told.read_text()


def test_it_is_built_without_attestations_for_the_default_processor(tmp_path: Path) -> None:
    run, told = make(tmp_path, "manifest")
    assert run.returncode == 0, run.stderr
    assert told.startswith("1 build ")
    assert "--tag office:7 --platform linux/arm64" in told


def test_it_is_built_for_the_other_processor_too(tmp_path: Path) -> None:
    _, told = make(tmp_path, "manifest", "PLATFORM=linux/amd64")
    assert "--platform linux/amd64" in told


def test_an_index_is_refused_before_anybody_pushes_it(tmp_path: Path) -> None:
    run, _ = make(tmp_path, "index")
    assert run.returncode != 0
    assert "office:7 is an index of images, which Lambda refuses" in run.stdout
