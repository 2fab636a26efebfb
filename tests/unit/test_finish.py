"""The finish of a build: what is left out, and what a zip says of the files it has."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import finish
import pytest


@pytest.fixture
def function(tmp_path: Path) -> Path:
    """A built function whose wheels brought a program, a library and a command."""
    folder = tmp_path / "VideoFunction"
    for name, body in {
        "handler.py": b"",
        "bin/encoder": b"\x7fELF program",
        "bin/command": b"#!/usr/bin/python3\nimport tool",
        "wheel/bin/encoder": b"\x7fELF program",
        "wheel/bin/presets.txt": b"fast",
        "wheel/engine.so": b"\x7fELF library",
        "wheel/tests/test_it.py": b"",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    for name in ("bin/encoder", "bin/command", "wheel/bin/encoder"):
        (folder / name).chmod(0o755)
    return folder


def rights(archive: Path) -> dict[str, int]:
    with zipfile.ZipFile(archive) as packed:
        return {entry.filename: entry.external_attr >> 16 & 0o777 for entry in packed.infolist()}


def test_programs_of_wheels_stay_and_can_be_run(function: Path, tmp_path: Path) -> None:
    finish.strip(function)
    finish.pack(function, tmp_path / "function.zip")
    assert rights(tmp_path / "function.zip") == {
        "bin/encoder": 0o755,
        "handler.py": 0o644,
        "wheel/bin/encoder": 0o755,
        "wheel/bin/presets.txt": 0o644,
        "wheel/engine.so": 0o755,
    }


def test_a_folder_of_commands_alone_goes(function: Path) -> None:
    (function / "bin" / "encoder").unlink()
    finish.strip(function)
    assert not (function / "bin").exists()


def test_rights_that_no_function_reads_change_no_byte(function: Path, tmp_path: Path) -> None:
    digests = set()
    for mode in (0o755, 0o700):
        (function / "bin" / "encoder").chmod(mode)
        finish.pack(function, tmp_path / "function.zip")
        digests.add(hashlib.sha256((tmp_path / "function.zip").read_bytes()).hexdigest())
    assert len(digests) == 1


def test_what_a_function_keeps_by_its_budget_stays(function: Path) -> None:
    unread = "aws_lambda_powertools/event_handler"
    (function / unread).mkdir(parents=True)
    (function / "budget.toml").write_text(f'megabytes = 1\nkeeps = ["{unread}"]\n')
    finish.strip(function)
    assert (function / unread).is_dir()
    assert not (function / "wheel" / "tests").exists()
    (function / "budget.toml").unlink()
    finish.strip(function)
    assert not (function / unread).exists()
