"""The guide to a worker of one's own, done as it says: a worker that counts words, and a gate."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from made.guide import Guide
from made.pipeline import Pipeline

from mediamill.domain.kind import Status, StepStatus
from mediamill_cli.local import LocalStack
from mediamill_cli.local.office import Office

pytestmark = pytest.mark.e2e

CONTRACTS = ("template", "permissions", "organisation", "imports", "events", "deploy")


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Guide:
    """A copy of the project in which the guide was followed."""
    followed = Guide(tmp_path_factory.mktemp("project"))
    followed.add_words()
    followed.add_gate()
    followed.write_what_follows()
    return followed


@pytest.fixture(scope="module")
def extended(guide: Guide, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """The copy, deployed."""
    state = tmp_path_factory.mktemp("stack")
    local = LocalStack(guide.copy, office=Office.NONE, state_dir=state, port=0)
    with local as stack:
        yield Pipeline(stack, local)


def test_the_guide_touches_the_workers_folder_and_what_it_names(guide: Guide) -> None:
    folders = {f"functions/{name}/{file}" for name in ("words", "gate") for file in OWN}
    payloads = {f"events/{name}.json" for name in ("words", "gate")}
    assert guide.touched() == folders | payloads | {"template.yaml", "pyproject.toml"}


OWN = ("handler.py", "budget.toml", "requirements.txt")


def test_what_the_guide_adds_keeps_every_contract(guide: Guide) -> None:
    tests = [f"tests/contract/test_{name}.py" for name in CONTRACTS]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests]
    run = subprocess.run(command, cwd=guide.copy, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-6000:]
    print(run.stdout.splitlines()[-1])


def test_the_manifest_of_a_text_has_the_number_of_its_words(extended: Pipeline) -> None:
    extended.put("notes/three.txt", b"three little words\n")
    manifest = extended.manifest("notes/three.txt")
    assert manifest["tags"]["words"] == 3
    assert manifest["steps"]["words"]["status"] == manifest["steps"]["gate"]["status"] == "complete"
    assert "words/notes/three.txt.json" in {row["key"] for row in manifest["derivatives"]}
    assert extended.result("words/notes/three.txt.json") == b'{"words": 3}'


def test_a_refused_file_is_rejected_with_its_code_and_nothing_is_made_of_it(
    extended: Pipeline,
) -> None:
    extended.put("notes/setup.txt", b"MZ" + 60 * b"\0" + b"This program cannot be run.")
    manifest = extended.manifest("notes/setup.txt")
    assert manifest["status"] == "rejected"
    assert manifest["derivatives"] == []
    assert manifest["steps"]["gate"]["error"] == {
        "code": "program",
        "message": "Programs are not taken here.",
    }
    record = extended.record("notes/setup.txt")
    assert record is not None and record.status is Status.REJECTED
    others = {name: step.status for name, step in record.steps.items() if name != "gate"}
    assert others
    assert set(others.values()) <= {StepStatus.SKIPPED, StepStatus.UNAVAILABLE}
    assert extended.results("notes/setup.txt") == {"manifest/notes/setup.txt.json"}
