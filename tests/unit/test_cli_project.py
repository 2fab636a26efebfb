"""What a local build depends on: nothing is built twice, and no change is missed."""

from pathlib import Path

import pytest

from mediamill_cli.errors import Failure
from mediamill_cli.local.project import Project, find_root, on_this_machine

TEMPLATE = """\
Parameters:
  Runtime:
    Type: String
    Default: python3.13
  Architecture: { Type: String }

Resources:
  OfficeWorker:
    Type: AWS::SQS::Queue
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "functions" / "image").mkdir(parents=True)
    (tmp_path / "functions" / "image" / "handler.py").write_text("one")
    (tmp_path / "functions" / "image" / "requirements.txt").write_text("pillow==13")
    (tmp_path / "layers").mkdir()
    return tmp_path


def test_the_same_tree_has_the_same_digest(root: Path) -> None:
    assert Project(root).digest() == Project(root).digest()


@pytest.mark.parametrize("name", ["template.yaml", "functions/image/handler.py", "layers/new.py"])
def test_a_changed_file_changes_the_digest(root: Path, name: str) -> None:
    before = Project(root).digest()
    (root / name).write_text("another")
    assert Project(root).digest() != before


def test_a_renamed_file_changes_the_digest(root: Path) -> None:
    before = Project(root).digest()
    (root / "functions/image/handler.py").rename(root / "functions/image/other.py")
    assert Project(root).digest() != before


def test_a_parameter_changes_the_digest(root: Path) -> None:
    assert Project(root, {"A": "1"}).digest() != Project(root, {"A": "2"}).digest()


def test_what_tools_leave_behind_does_not(root: Path) -> None:
    before = Project(root).digest()
    (root / "layers" / "__pycache__").mkdir()
    (root / "layers" / "__pycache__" / "x.pyc").write_bytes(b"1")
    assert Project(root).digest() == before


def test_only_requirements_and_parameters_name_the_wheels(root: Path) -> None:
    before = Project(root).wheels()
    (root / "functions/image/handler.py").write_text("two")
    assert Project(root).wheels() == before
    (root / "functions/image/requirements.txt").write_text("pillow==14")
    assert Project(root).wheels() != before


def test_only_parameters_that_the_template_declares_are_given(root: Path) -> None:
    assert set(on_this_machine(root).parameters) == {"Runtime", "Architecture"}


def test_the_parameters_fit_the_real_template() -> None:
    real = Path(__file__).parents[2]
    given = on_this_machine(real).parameters
    assert given["Runtime"].startswith("python3.")
    assert given["Architecture"] in ("x86_64", "arm64")
    assert given["RequireTls"] == "false"


@pytest.mark.parametrize(
    ("processors", "instances"), [(1, 2), (2, 2), (4, 5), (64, 100), (256, 100)]
)
def test_there_are_as_many_instances_as_processors_or_a_few_more(
    root: Path, monkeypatch: pytest.MonkeyPatch, processors: int, instances: int
) -> None:
    (root / "template.yaml").write_text(TEMPLATE.replace("Runtime", "MaxConcurrency"))
    monkeypatch.setattr("os.cpu_count", lambda: processors)
    assert on_this_machine(root).parameters["MaxConcurrency"] == str(instances)


def test_the_project_is_found_from_a_folder_inside_it(root: Path) -> None:
    assert find_root(root / "functions" / "image") == root


def test_outside_of_any_project_the_one_we_run_from_is_taken(tmp_path: Path) -> None:
    assert find_root(tmp_path) == Path(__file__).parents[2]


def test_no_project_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = tmp_path / "site-packages" / "mediamill_cli" / "local" / "project.py"
    monkeypatch.setattr("mediamill_cli.local.project.__file__", str(installed))
    with pytest.raises(Failure, match="There is no mediamill project"):
        find_root(tmp_path)
