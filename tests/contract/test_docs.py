"""The documents against the code: what a reader pastes, works."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_within_the_project_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([\w -]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = {name for line in targets for name in line.split()}
    for page in PAGES:
        shell = "\n".join(blocks(page, "sh"))
        named = re.findall(
            r"^make ([a-z0-9-]+)|`make ([a-z0-9-]+)", f"{shell}\n{page.read_text()}", re.M
        )
        assert {one or other for one, other in named} <= known, page


def test_every_parameter_of_the_template_is_in_the_readme() -> None:
    template = yaml_parse((ROOT / "template.yaml").read_text())
    text = (ROOT / "README.md").read_text()
    missing = {name for name in template["Parameters"] if f"`{name}`" not in text}
    assert missing <= INTERNAL


INTERNAL = {"RequireTls"}  # for an emulator: docs/local.md


def test_the_example_of_a_worker_fits_the_template(tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "docs" / "add-a-worker.md", "yaml")
    template = (ROOT / "template.yaml").read_text()
    changed = template.replace("\nOutputs:\n", f"\n{block}\nOutputs:\n")
    (tmp_path / "template.yaml").write_text(changed)
    (tmp_path / "functions").symlink_to(ROOT / "functions")
    (tmp_path / "layers").symlink_to(ROOT / "layers")
    sam = shutil.which("sam")
    assert sam is not None
    environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}  # noqa: TID251  of a child
    checked = subprocess.run(
        [sam, "validate", "--lint", "--region", "us-east-1"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    queue = yaml_parse(changed)["Resources"]["WordsQueue"]["Properties"]
    function = yaml_parse(changed)["Resources"]["WordsFunction"]["Properties"]
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_the_example_of_a_worker_does_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    code, _ = blocks(ROOT / "docs" / "add-a-worker.md", "python")
    example: dict[str, Any] = {}
    exec(compile(code, "functions/words/handler.py", "exec"), example)
    stored: list[Any] = []
    task = SimpleNamespace(
        source=SimpleNamespace(content_type="text/plain"),
        read=lambda: b"three little words",
        store=stored.append,
    )
    assert example["count_words"](task) == {"tags": {"words": 3}}
    assert [(one.name, one.body) for one in stored] == [("words", b'{"words": 3}')]
    assert callable(example["lambda_handler"])


def test_the_manifest_in_the_readme_is_a_true_one() -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / "manifest.schema.json").read_text())
    (shown,) = blocks(ROOT / "README.md", "json")
    Draft202012Validator(schema).validate(json.loads(shown))
