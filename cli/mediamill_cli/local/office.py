"""Who makes PDFs of Office files in a deployment on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from mediamill_cli.environment import search_path
from mediamill_cli.errors import Failure, Usage
from mediamill_cli.local import containers, docker, image
from mediamill_cli.local.containers import Containers
from mediamill_cli.local.docker import Docker, DockerFailure
from mediamill_cli.local.folder import StateFolder

Progress = Callable[[str], None]
# Shows that something is under way, and how far: `with phase("Building") as progress: …`
Phase = Callable[[str], AbstractContextManager[Progress]]


class Office(StrEnum):
    """What may be asked for; AUTO is the first of the others that is possible here."""

    AUTO = "auto"
    IMAGE = "image"
    FUNCTION = "function"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Worker:
    """What the template is told, and where the containers run if there are any."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    containers: Containers | None = None


def asked(office: Office, parameters: Mapping[str, str]) -> Office:
    """The choice, whether it was made by `--office` or as a parameter of the template.

    Raises Usage if both were, and differ, or the parameter is none of the template's.
    """
    given = parameters.get("OfficeWorker")
    if given is None:
        return office
    if given not in (Office.IMAGE.value, Office.FUNCTION.value, Office.NONE.value):
        raise Usage(f"OfficeWorker is not {given!r}.", do="Use image, function or none.")
    if office not in (Office.AUTO, Office(given)):
        raise Usage(
            f"--office {office.value} and OfficeWorker={given} do not go together.",
            do="Leave one of them out.",
        )
    return Office(given)


def settle(
    office: Office,
    root: Path,
    folder: StateFolder,
    *,
    given: str = "",
    served: bool = False,
    phase: Phase,
    notice: Callable[[str], None],
) -> Worker:
    """The worker for this machine; builds its image if it has to.

    `given` is an image of the caller's own, `served` whether the server that runs has containers.
    Where AUTO finds Docker and cannot use it, `notice` is told why. Raises Failure where the image
    was asked for by name.
    """
    if office in (Office.FUNCTION, Office.NONE):
        return _plain(office.value)
    engine = docker.find()
    if engine is None:
        if office is Office.IMAGE:
            raise Failure(
                "Docker does not answer, and the office image needs it.",
                do="Start Docker, or choose another worker: --office function, --office none.",
            )
        return _plain(_without_docker())
    try:
        return _in_container(engine, root, folder, given, served, phase)
    except DockerFailure as failure:
        if office is Office.IMAGE:
            raise Failure(
                f"Docker is there, but the office image cannot be used: {failure}.",
                do=f"The build's output is {_log(folder)}; a base image of your own goes into "
                "`make office-image-local BASE=…`.",
            ) from failure
        instead = _without_docker()
        means = {"function": "this machine's LibreOffice makes", "none": "nobody makes"}[instead]
        notice(f"The office image cannot be used ({failure}), so {means} PDFs of Office files.")
        return _plain(instead)


def _plain(worker: str) -> Worker:
    return Worker({"OfficeWorker": worker})


def _without_docker() -> str:
    return "function" if shutil.which("soffice", path=search_path()) else "none"


def _log(folder: StateFolder) -> Path:
    return folder.root / "office-image.log"


def _in_container(
    engine: Docker, root: Path, folder: StateFolder, given: str, served: bool, phase: Phase
) -> Worker:
    name = given or image.name(root)
    if not engine.has_image(name):
        if given:
            raise DockerFailure(f"there is no image {given}")
        with phase("Building the office image, once: about a minute") as progress:
            image.build(engine, root, _log(folder), progress=progress)
    here = containers.running(folder) if served else None
    if here is None:
        with phase("Trying a container"):
            here = containers.start(engine, folder, name)
    return Worker({"OfficeWorker": "image", "OfficeImage": name}, here)
