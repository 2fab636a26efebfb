"""Who makes PDFs of Office files on this machine: what is asked for, possible, and said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mediamill_cli.errors import Failure, Usage
from mediamill_cli.local import containers, docker, image, office
from mediamill_cli.local.containers import Containers
from mediamill_cli.local.docker import Docker, DockerFailure
from mediamill_cli.local.folder import StateFolder
from mediamill_cli.local.office import Office, Worker
from mediamill_cli.local.stack import _silent

ROOT = Path(__file__).parents[2]
HERE = Containers("unix:///docker.sock", "mediamill-0", "172.18.0.1", "172.18.0.0/16")


class Machine:
    """What this machine has, and what was said and done on it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = StateFolder(folder)
        self.folder.create()
        self.docker: Docker | None = Docker("unix:///docker.sock")
        self.images: set[str] = set()
        self.soffice: str | None = None
        self.build_fails = self.start_fails = ""
        self.notices: list[str] = []
        self.done: list[str] = []
        monkeypatch.setattr(docker, "find", lambda: self.docker)
        monkeypatch.setattr(Docker, "has_image", lambda engine, name: name in self.images)
        monkeypatch.setattr(image, "build", self._build)
        monkeypatch.setattr(containers, "start", self._start)
        monkeypatch.setattr("shutil.which", lambda name, path=None: self.soffice)

    def _build(self, engine: Docker, root: Path, log: Path, **more: Any) -> str:
        if self.build_fails:
            raise DockerFailure(self.build_fails)
        self.done.append("build")
        return image.name(root)

    def _start(self, engine: Docker, folder: StateFolder, name: str) -> Containers:
        if self.start_fails:
            raise DockerFailure(self.start_fails)
        self.done.append(f"start {name}")
        return HERE

    def settle(self, wanted: Office = Office.AUTO, **more: Any) -> Worker:
        return office.settle(
            wanted, ROOT, self.folder, phase=_silent, notice=self.notices.append, **more
        )


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(tmp_path, monkeypatch)


def test_where_docker_answers_it_is_the_image(machine: Machine) -> None:
    name = image.name(ROOT)
    worker = machine.settle()
    assert worker.parameters == {"OfficeWorker": "image", "OfficeImage": name}
    assert worker.containers == HERE
    assert machine.done == ["build", f"start {name}"]


def test_an_image_that_is_there_is_not_built_again(machine: Machine) -> None:
    machine.images = {image.name(ROOT)}
    machine.settle()
    assert "build" not in machine.done


@pytest.mark.parametrize(("soffice", "worker"), [("/usr/bin/soffice", "function"), (None, "none")])
def test_without_docker_it_is_libreoffice_or_nobody(
    machine: Machine, soffice: str | None, worker: str
) -> None:
    machine.docker, machine.soffice = None, soffice
    assert machine.settle() == Worker({"OfficeWorker": worker})
    assert machine.notices == []


@pytest.mark.parametrize("failing", ["build_fails", "start_fails"])
@pytest.mark.parametrize(
    ("soffice", "worker", "means"),
    [
        ("/usr/bin/soffice", "function", "this machine's LibreOffice makes"),
        (None, "none", "nobody makes"),
    ],
)
def test_what_docker_cannot_do_is_said_in_one_sentence(
    machine: Machine, failing: str, soffice: str | None, worker: str, means: str
) -> None:
    setattr(machine, failing, "no such host")
    machine.soffice = soffice
    assert machine.settle() == Worker({"OfficeWorker": worker})
    (said,) = machine.notices
    assert "no such host" in said
    assert means in said


@pytest.mark.parametrize("failing", ["build_fails", "start_fails", "docker"])
def test_an_image_that_was_asked_for_is_not_replaced(machine: Machine, failing: str) -> None:
    setattr(machine, failing, None if failing == "docker" else "no such host")
    machine.soffice = "/usr/bin/soffice"
    with pytest.raises(Failure) as failed:
        machine.settle(Office.IMAGE)
    assert failed.value.do


@pytest.mark.parametrize("wanted", [Office.FUNCTION, Office.NONE])
def test_another_choice_leaves_docker_alone(machine: Machine, wanted: Office) -> None:
    assert machine.settle(wanted) == Worker({"OfficeWorker": wanted.value})
    assert machine.done == []


def test_an_image_of_ones_own_is_taken_as_it_is(machine: Machine) -> None:
    machine.images = {"ours:1"}
    worker = machine.settle(Office.IMAGE, given="ours:1")
    assert worker.parameters["OfficeImage"] == "ours:1"
    assert machine.done == ["start ours:1"]


def test_an_image_of_ones_own_that_is_missing_is_not_built(machine: Machine) -> None:
    with pytest.raises(Failure, match="there is no image ours:1"):
        machine.settle(Office.IMAGE, given="ours:1")


def test_a_server_that_has_its_containers_keeps_them(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.images = {image.name(ROOT)}
    monkeypatch.setattr(containers, "running", lambda folder: HERE)
    assert machine.settle(served=True).containers == HERE
    assert machine.done == []


@pytest.mark.parametrize(
    ("chosen", "parameters", "asked"),
    [
        (Office.AUTO, {}, Office.AUTO),
        (Office.NONE, {}, Office.NONE),
        (Office.AUTO, {"OfficeWorker": "function"}, Office.FUNCTION),
        (Office.IMAGE, {"OfficeWorker": "image"}, Office.IMAGE),
    ],
)
def test_the_option_and_the_parameter_say_the_same(
    chosen: Office, parameters: dict[str, str], asked: Office
) -> None:
    assert office.asked(chosen, parameters) is asked


@pytest.mark.parametrize("given", ["none", "auto", "docker"])
def test_an_option_and_a_parameter_that_differ_are_wrong_usage(given: str) -> None:
    with pytest.raises(Usage):
        office.asked(Office.IMAGE, {"OfficeWorker": given})
