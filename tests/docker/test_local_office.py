"""The local stack with its office worker as a container: what is made, behind which walls.

The image is built before: `make office-image-local`.
"""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pypdfium2
import pytest
from made import office as made
from made import office_image
from made.pipeline import Pipeline, until
from made.processes import listening
from PIL import Image

from mediamill.domain.kind import Status
from mediamill_cli.local import LocalStack, containers
from mediamill_cli.local.docker import Docker
from mediamill_cli.local.office import Office

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".build" / "e2e-image"
SENTENCE = "Every mill begins with one grain."
CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 3)
except OSError:
    sys.exit(7)
"""


@pytest.fixture(scope="module")
def engine() -> Docker:
    return office_image.engine_with_image()


@pytest.fixture(scope="module")
def pipeline(engine: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A stack with the image, and one document that it has done."""
    local = LocalStack(
        ROOT,
        office=Office.IMAGE,
        state_dir=tmp_path_factory.mktemp("image"),
        build_dir=BUILD,
        port=0,
    )
    with local as stack:
        pipeline = Pipeline(stack, local)
        pipeline.put("letter.docx", made.docx(text=SENTENCE))
        pipeline.settled("letter.docx")
        yield pipeline


@pytest.fixture
def container(engine: Docker, pipeline: Pipeline) -> str:
    """The container that did it."""
    (found, *_) = of(engine, pipeline.local)
    return found


@pytest.fixture
def other(engine: Docker, tmp_path: Path) -> Iterator[LocalStack]:
    """A second stack; nothing is deployed to it."""
    local = LocalStack(ROOT, office=Office.IMAGE, state_dir=tmp_path / "other", port=0)
    yield local
    local.stop()


@pytest.fixture
def stranger(engine: Docker) -> Iterator[Callable[..., str]]:
    """Runs containers that wait, and ends them."""
    ran: list[str] = []

    def run(*options: str) -> str:
        wait = ("--entrypoint", "python3", office_image.NAME, "-c", "import time; time.sleep(600)")
        ran.append(engine("run", "--detach", *options, *wait))
        return ran[-1]

    yield run
    for each in ran:
        subprocess.run(["docker", "rm", "--force", each], capture_output=True, check=False)


def of(engine: Docker, local: LocalStack) -> list[str]:
    """The containers of a stack."""
    network = f"network={containers.name(local.folder)}"
    return engine("ps", "--all", "--quiet", "--no-trunc", "--filter", network).split()


def runs(engine: Docker, container: str) -> bool:
    return container in engine("ps", "--quiet", "--no-trunc").split()


def networks(engine: Docker) -> list[str]:
    return engine("network", "ls", "--format", "{{.Name}}").split()


def reaches(engine: Docker, container: str, address: str, port: int) -> bool:
    command = ["docker", "exec", container, "python3", "-c", CONNECT, address, str(port)]
    code = subprocess.run(command, capture_output=True, check=False).returncode
    assert code in (0, 7)
    return code == 0


def outside() -> str:
    """An address beyond this machine that accepts on port 53, if the machine names one."""
    for line in Path("/etc/resolv.conf").read_text().splitlines():
        match line.split():
            case ["nameserver", address] if not address.startswith("127."):
                return address
    return "1.1.1.1"


# ── What is made ─────────────────────────────────────────────────────────────────────────────


def test_a_word_file_ends_with_its_pdf_text_pages_and_renditions(pipeline: Pipeline) -> None:
    record = pipeline.settled("letter.docx")
    assert record.status is Status.COMPLETE
    assert {name: step.status for name, step in record.steps.items()}.keys() == {
        "office",
        "document",
        "metadata",
    }
    with pypdfium2.PdfDocument(pipeline.result("pdf/letter.docx.pdf")) as pdf:
        assert SENTENCE in pdf[0].get_textpage().get_text_range()
    assert SENTENCE in pipeline.result("text/letter.docx.txt").decode()
    for name in ("pages/letter.docx/0001.webp", "thumbnail/letter.docx.webp"):
        Image.open(io.BytesIO(pipeline.result(name))).verify()
    names = {made["name"] for made in pipeline.manifest("letter.docx")["derivatives"]}
    assert {"pdf", "text", "thumbnail", "medium", "large"} <= names


def test_only_the_image_runs_in_a_container(engine: Docker, pipeline: Pipeline) -> None:
    ran = {
        engine("inspect", "--format", "{{.Config.Image}}", each)
        for each in of(engine, pipeline.local)
    }
    assert ran == {office_image.NAME}


def test_a_document_under_way_when_the_stack_stops_is_done_after_the_next_start(
    pipeline: Pipeline,
) -> None:
    pipeline.put("stopped.docx", made.docx(text=SENTENCE))
    until(lambda: pipeline.record("stopped.docx"), "the asset to be opened")
    pipeline.local.stop()
    again = LocalStack(
        ROOT, office=Office.IMAGE, state_dir=pipeline.local.folder.root, build_dir=BUILD
    )
    restarted = Pipeline(again.up(), again)
    assert restarted.settled("stopped.docx").status is Status.COMPLETE


# ── Its walls ────────────────────────────────────────────────────────────────────────────────


def test_it_is_nobody_on_a_disk_that_it_cannot_change(engine: Docker, container: str) -> None:
    said = engine(
        "exec", container, "sh", "-c",
        "id -u; grep -E 'CapEff|CapPrm|NoNewPrivs' /proc/1/status; touch /var/task/x 2>&1; "
        "touch /tmp/x && echo wrote",
    )  # fmt: skip
    assert said.split()[0] == "993"
    assert said.count("0000000000000000") == 2
    assert "NoNewPrivs:\t1" in said
    assert "Read-only file system" in said
    assert said.endswith("wrote")


def test_it_has_the_functions_memory_and_no_more(engine: Docker, container: str) -> None:
    memory = engine("inspect", "--format", "{{.HostConfig.Memory}}", container)
    assert int(memory) == containers.MEGABYTES << 20


def test_it_reaches_the_stack_and_nothing_beyond_this_machine(
    engine: Docker, pipeline: Pipeline, container: str, stranger: Callable[..., str]
) -> None:
    here = containers.running(pipeline.local.folder)
    server = pipeline.local.server
    assert here is not None and server is not None
    assert reaches(engine, container, here.address, server.port)
    neighbour = stranger()
    if not reaches(engine, neighbour, outside(), 53):
        assert engine("network", "inspect", "--format", "{{.Internal}}", here.network) == "true"
    assert not reaches(engine, container, outside(), 53)


def test_nobody_from_another_network_comes_in_by_its_door(
    pipeline: Pipeline, engine: Docker
) -> None:
    here = containers.running(pipeline.local.folder)
    server = pipeline.local.server
    assert here is not None and server is not None
    asked = f"GET /_ministack/ready HTTP/1.1\r\nHost: {here.address}\r\nConnection: close\r\n\r\n"
    elsewhere, _ = engine.addresses("bridge")
    heard = {}
    for own in (here.address, elsewhere):
        with socket.create_connection((here.address, server.port), 5, (own, 0)) as guest:
            guest.sendall(asked.encode())
            try:
                heard[own] = guest.recv(12)
            except ConnectionResetError:
                heard[own] = b""
    assert heard == {here.address: b"HTTP/1.1 200", elsewhere: b""}


def test_the_server_listens_on_the_loopback_and_its_own_network_alone(pipeline: Pipeline) -> None:
    here = containers.running(pipeline.local.folder)
    server = pipeline.local.server
    assert here is not None and server is not None
    addresses = {address for address, _ in listening(server.pid)}
    assert addresses == {"127.0.0.1", here.address}


# ── Beside others, and at its end ────────────────────────────────────────────────────────────


def test_a_second_stack_takes_no_container_that_is_not_its_own(
    engine: Docker, container: str, other: LocalStack, stranger: Callable[..., str]
) -> None:
    older = stranger("--label", "ministack=lambda")  # as an emulator without instances left it
    other.start()
    own = stranger("--network", containers.name(other.folder))
    other.stop()
    assert not runs(engine, own)
    assert runs(engine, older)
    assert runs(engine, container)
    assert containers.name(other.folder) not in networks(engine)


def test_what_a_killed_server_left_goes_with_the_next_stop(
    engine: Docker, other: LocalStack, stranger: Callable[..., str]
) -> None:
    other.start()
    server = other.server
    assert server is not None
    left = stranger("--network", containers.name(other.folder))
    os.kill(server.pid, signal.SIGKILL)
    until(lambda: other.server is None, "the server to be gone")
    other.stop()
    assert not runs(engine, left)
    assert containers.name(other.folder) not in networks(engine)


def test_stopping_leaves_no_container_and_no_network(
    engine: Docker, pipeline: Pipeline, container: str
) -> None:
    pipeline.local.stop()
    assert not runs(engine, container)
    assert of(engine, pipeline.local) == []
    assert containers.name(pipeline.local.folder) not in networks(engine)


def test_another_choice_on_the_same_data_takes_the_worker_away(pipeline: Pipeline) -> None:
    nobody = LocalStack(
        ROOT, office=Office.NONE, state_dir=pipeline.local.folder.root, build_dir=BUILD
    )
    without = Pipeline(nobody.up(), nobody)
    without.put("nobody.docx", made.docx(text=SENTENCE))
    error = without.settled("nobody.docx").steps["office"].error
    assert error is not None and error.code == "unavailable"
