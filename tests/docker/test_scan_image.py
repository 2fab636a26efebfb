"""The scanner's image: behind its walls ClamAV loads definitions, and finds by them.

The image is built before: `make scan-image-local`. test_sam_local.py runs the function in it.
"""

from __future__ import annotations

import subprocess

import pytest
from made import scan_image

WALLS = (
    *("--read-only", "--tmpfs", "/tmp", "--network", "none"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
)
PROVE = """
from pathlib import Path
from mediamill.scan.clamd import located
from mediamill.scan.refresh import prove
folder = Path("/tmp/definitions")
folder.mkdir()
(folder / "test.hdb").write_text({line!r})
prove(folder, Path("/tmp/run"))
print("proved", located("freshclam"))
"""


@pytest.fixture(scope="module")
def image() -> str:
    return scan_image.built()


def inside(image: str, program: str, *options: str) -> subprocess.CompletedProcess[str]:
    """What a Python program says and comes to in a container of the image."""
    command = ["docker", "run", "--rm", "--interactive", *WALLS, *options]
    command += ["--entrypoint", "python3", image, "-"]
    return subprocess.run(command, input=program, capture_output=True, text=True)


def test_nobody_on_a_disk_that_does_not_change_finds_the_test_file_without_a_network(
    image: str,
) -> None:
    ran = inside(image, PROVE.format(line=scan_image.DEFINITION))
    assert ran.stdout.split() == ["proved", "/usr/bin/freshclam"], ran.stderr


def test_definitions_that_find_nothing_are_not_proved(image: str) -> None:
    other = f"{'0' * 32}:{scan_image.EICAR_BYTES}:Other\n"
    ran = inside(image, PROVE.format(line=other))
    assert ran.returncode and "BadDefinitions" in ran.stderr


def test_it_is_nobody_and_holds_no_definitions_of_its_own(image: str) -> None:
    ran = inside(image, "import os; print(os.getuid(), os.listdir('/var/lib/clamav'))")
    assert ran.stdout == "993 []\n", ran.stderr
