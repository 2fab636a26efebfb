"""The office image and its containers on this machine, with an engine that is played."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

from mediamill_cli.local import containers, image, sam
from mediamill_cli.local.containers import Containers
from mediamill_cli.local.docker import Docker, DockerFailure
from mediamill_cli.local.folder import StateFolder

ROOT = Path(__file__).parents[2]
VIRTUAL_MACHINE = "192.0.2.77"  # an address that is not this machine's


@pytest.fixture
def loopback() -> None:
    """Doors are opened, and nobody goes through."""


class Engine(Docker):
    """Remembers what it was asked; a container's answer is `answer`, or a failure."""

    def __init__(self, gateway: str = "127.0.0.1", answer: str | None = "127.0.0.1") -> None:
        super().__init__("unix:///docker.sock")
        object.__setattr__(self, "asked", [])
        object.__setattr__(self, "gateway", gateway)
        object.__setattr__(self, "answer", answer)
        object.__setattr__(self, "networks", {})
        object.__setattr__(self, "images", {})

    asked: list[tuple[str, ...]]
    gateway: str
    answer: str | None
    networks: dict[str, bool]
    images: dict[str, str]

    def __call__(self, *arguments: str, seconds: float = 60.0) -> str:
        self.asked.append(arguments)
        match arguments:
            case ("network", "create", *options, name):
                self.networks[name] = "--internal" in options
            case ("network", "rm", name):
                del self.networks[name]
            case ("network", "ls", *_):
                return "id" if self.networks else ""
            case ("network", "inspect", *_):
                subnet = self.gateway.rpartition(".")[0] + ".0/24"
                return json.dumps(
                    [{"Subnet": "fd00::/64"}, {"Subnet": subnet, "Gateway": self.gateway}]
                )
            case ("ps", *_):
                return "left-1\nleft-2"
            case ("run", *_) if self.answer is None:
                raise DockerFailure("timed out")
            case ("run", *_):
                return self.answer or ""
        return ""

    def has_image(self, name: str) -> bool:
        return name in self.images

    def build(
        self, arguments: Sequence[str], dockerfile: str, log: Path, line: Callable[[str], None]
    ) -> None:
        self.images[arguments[arguments.index("--tag") + 1]] = " ".join(arguments)
        for said in ("Step 3/19 : COPY", "#7 [stage-1 4/9] RUN apt-get", "Get:1 http://debian"):
            line(said)


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    made = StateFolder(tmp_path / "state")
    made.create()
    return made


# ── Where containers run ─────────────────────────────────────────────────────────────────────


def test_on_this_machines_network_there_is_a_door_and_no_way_out(
    folder: StateFolder, loopback: None
) -> None:
    engine = Engine()
    here = containers.start(engine, folder, "image:1")
    assert engine.networks == {containers.name(folder): True}
    assert here.arguments(4566) == ["127.0.0.1", "4566", "127.0.0.0/24"]
    told = here.environment(4566)
    assert told["LAMBDA_DOCKER_NETWORK"] == containers.name(folder)
    assert "AWS_ENDPOINT_URL=http://127.0.0.1:4566" in told["LAMBDA_DOCKER_FLAGS"]
    assert "--network" not in told["LAMBDA_DOCKER_FLAGS"]


def test_a_network_of_another_machine_is_reached_by_the_name_of_this_one(
    folder: StateFolder, loopback: None
) -> None:
    engine = Engine(gateway=VIRTUAL_MACHINE, answer="192.168.65.254")
    here = containers.start(engine, folder, "image:1")
    assert engine.networks == {containers.name(folder): False}
    assert here.arguments(4566) == []
    told = here.environment(4566)
    assert "LAMBDA_DOCKER_NETWORK" not in told
    assert f"--network {containers.name(folder)}" in told["LAMBDA_DOCKER_FLAGS"]
    assert "AWS_ENDPOINT_URL=http://192.168.65.254:4566" in told["LAMBDA_DOCKER_FLAGS"]
    (tried,) = [asked for asked in engine.asked if asked[0] == "run"]
    assert "host.docker.internal" in tried


@pytest.mark.parametrize("gateway", ["127.0.0.1", VIRTUAL_MACHINE])
def test_what_does_not_work_leaves_nothing(
    folder: StateFolder, loopback: None, gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(gateway=gateway, answer=None)
    monkeypatch.setattr(containers, "Docker", lambda host: engine)
    with pytest.raises(DockerFailure, match="does not reach this machine"):
        containers.start(engine, folder, "image:1")
    assert engine.networks == {}
    assert containers.running(folder) is None


def test_stopping_removes_containers_then_their_network(
    folder: StateFolder, loopback: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine()
    monkeypatch.setattr(containers, "Docker", lambda host: engine)
    here = containers.start(engine, folder, "image:1")
    assert containers.running(folder) == here
    containers.clear(folder)
    assert engine.asked[-1] == ("rm", "--force", "--volumes", "left-1", "left-2")
    assert engine.networks
    containers.stop(folder)
    assert engine.networks == {}
    assert containers.running(folder) is None


def test_two_state_folders_have_two_networks(tmp_path: Path) -> None:
    one, other = StateFolder(tmp_path / "one"), StateFolder(tmp_path / "other")
    assert containers.name(one) != containers.name(other)


def test_a_container_is_locked_whichever_way_it_runs() -> None:
    for guests in ("", "172.18.0.0/16"):
        here = Containers("unix:///docker.sock", "mediamill-0", "172.18.0.1", guests)
        flags = here.environment(4566)["LAMBDA_DOCKER_FLAGS"]
        for fence in ("--read-only", "--tmpfs /tmp:size=", "--memory", "no-new-privileges"):
            assert fence in flags


def test_the_memory_is_the_templates() -> None:
    template = yaml_parse((ROOT / "template.yaml").read_text())
    function = template["Resources"]["OfficeImageFunction"]["Properties"]
    assert function["MemorySize"] == containers.MEGABYTES


# ── The image ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for part in ("functions/office", "layers/core/python/mediamill"):
        shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.mark.parametrize(
    "changed",
    ["functions/office/Dockerfile", "functions/office/fonts/Own.ttf", "layers/core/python/new.py"],
)
def test_what_is_in_the_image_is_in_its_name(project: Path, changed: str) -> None:
    before = image.name(project)
    assert image.name(project) == before
    (project / changed).write_text("another")
    assert image.name(project) != before


def test_what_is_not_in_it_is_not(project: Path) -> None:
    before = image.name(project)
    (project / "functions" / "image").mkdir()
    (project / "functions" / "image" / "handler.py").write_text("another")
    (project / "functions/office/__pycache__").mkdir()
    (project / "functions/office/__pycache__/handler.pyc").write_text("x")
    assert image.name(project) == before


def test_it_is_built_once_and_tells_its_steps(project: Path, tmp_path: Path) -> None:
    engine, steps = Engine(), list[str]()
    for _ in range(2):
        name = image.build(
            engine,
            project,
            tmp_path / "logs" / "build.log",
            base="mirror/debian",
            progress=steps.append,
        )
        assert name == image.name(project)
    on_lambda, with_emulator = engine.images.values()
    assert "BASE=mirror/debian" in on_lambda
    assert re.search(r"EMULATOR=aws-lambda-rie-\S+", with_emulator)
    assert steps == ["step 3 of 19", "step 4 of 9"]


def test_the_built_template_names_the_image_where_the_emulator_looks(tmp_path: Path) -> None:
    built = tmp_path / "template.yaml"
    shutil.copy(ROOT / "template.yaml", built)
    sam._name_image(built, "mediamill-office:1")
    parameter = yaml_parse(built.read_text())["Parameters"]["OfficeImage"]
    assert parameter["Default"] == "mediamill-office:1"


# ── The command ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a program `docker` onto the PATH, alone there: its text is a shell script."""

    def put(script: str) -> None:
        program = tmp_path / "bin" / "docker"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}/bin")

    return put


ANSWERS = 'case "$1" in context) echo {host};; *) echo {system};; esac'


@pytest.mark.parametrize(
    ("host", "system", "found"),
    [
        ("unix:///run/docker.sock", "linux", True),
        ("unix:///run/docker.sock", "windows", False),
        ("unix:///run/docker.sock", "", False),
        ("ssh://far/away", "linux", False),
        ("tcp://192.0.2.1:2375", "linux", False),
    ],
)
def test_only_an_engine_of_this_machine_that_answers_counts(
    command: Callable[[str], None], host: str, system: str, found: bool
) -> None:
    from mediamill_cli.local import docker

    command(ANSWERS.format(host=host, system=system))
    assert docker.find() == (Docker(host) if found else None)


def test_a_failing_build_ends_with_its_last_words_and_all_of_them_in_the_log(
    command: Callable[[str], None], tmp_path: Path
) -> None:
    command("cat >/dev/null; echo Step 1/2; echo 'no such host' >&2; exit 1")
    heard: list[str] = []
    with pytest.raises(DockerFailure, match="no such host"):
        Docker("unix:///x").build(["."], "FROM x", tmp_path / "log", heard.append)
    assert heard == ["Step 1/2\n", "no such host\n"]
    assert (tmp_path / "log").read_text() == "Step 1/2\nno such host\n"
