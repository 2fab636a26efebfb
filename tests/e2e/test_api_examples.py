"""The examples of docs/api.md, typed into a shell against the deployed API."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from made.pictures import jpeg
from made.pipeline import Pipeline
from made.web import signed

pytestmark = pytest.mark.e2e
PAGE = Path(__file__).parents[2] / "docs" / "api.md"


def examples() -> str:
    """Every block of shell on the page, one after the other; each answer on a line of its own."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return "\n".join(re.sub(r"^(ask .*)$", r"\1; echo", block, flags=re.M) for block in blocks)


def test_every_example_does_what_the_page_says(pipeline: Pipeline, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not here")
    stack = pipeline.stack
    pipeline.put("photos/cat.jpg", jpeg(2000, 1500))
    pipeline.settled("photos/cat.jpg")
    after = signed(stack, "GET", "/events").json["after"]
    script = re.sub(r"(?<=after=)WyI[^&\"]*", after, examples())
    script = re.sub(r"(ask [^\n]*?) +#[^\n]*; echo", r"\1; echo", script)
    credentials = stack.session.get_credentials()
    assert credentials is not None
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "API": stack.api,
            "AWS_ACCESS_KEY_ID": credentials.access_key,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_key,
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    answers: list[Any] = [json.loads(line) for line in ran.stdout.splitlines() if line.strip()]
    assert len(answers) == len(re.findall(r"^ask .*", script, re.M)) >= 9
    assert (tmp_path / "cat.webp").read_bytes() == pipeline.result("large/photos/cat.jpg.webp")
    assert json.loads((tmp_path / "cat.json").read_text())
    assert any("put" in answer for answer in answers)
    assert answers[-1] == {"key": "photos/cat.jpg"}
    pipeline.settled("photos/cat.jpg")
