"""Functions in containers: a network of the stack's own, and what a container may there.

Where Docker's networks are this machine's, the stack gets one that leads nowhere but to this
machine, and the server a door on that network's gateway (`relay`). Where the engine is in a
virtual machine, as with Docker Desktop, its name for the host leads to the loopback by itself.
Which of the two it is, and whether it works at all, one container tries before it counts.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import socket
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from mediamill_cli.local.docker import Docker, DockerFailure
from mediamill_cli.local.folder import StateFolder

# The office function's memory in the template, which Lambda enforces. /tmp counts in it here.
MEGABYTES = 2048
TEMPORARY_MEGABYTES = 1024
LOCKED = (
    "--read-only",
    "--tmpfs", f"/tmp:size={TEMPORARY_MEGABYTES}m",
    "--memory", f"{MEGABYTES}m",
    "--security-opt", "no-new-privileges",
)  # fmt: skip

_HOST = "host.docker.internal"
_CONNECT = "import socket, sys; s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)"
_PROBE = f"{_CONNECT}; print(s.getpeername()[0])"
_ONE_ADDRESS = "com.docker.network.bridge.enable_icc=false"  # containers do not see each other


@dataclass(frozen=True, slots=True)
class Containers:
    """Where a stack's containers run, and at which address they find this machine.

    `guests` is the network for which the server opens a door at that address; empty where none is
    needed.
    """

    docker: str
    network: str
    address: str
    guests: str = ""

    def environment(self, port: int) -> dict[str, str]:
        """What tells the server how to run containers."""
        endpoint = f"AWS_ENDPOINT_URL=http://{self.address}:{port}"
        flags = [*LOCKED, "--env", endpoint]
        direct = {"LAMBDA_DOCKER_NETWORK": self.network} if self.guests else {}
        if not self.guests:
            flags += ["--network", self.network]
        return {
            "DOCKER_HOST": self.docker,
            "MINISTACK_HOSTNAME": self.network,  # by which it knows its own containers again
            "LAMBDA_DOCKER_FLAGS": shlex.join(flags),
            **direct,
        }

    def arguments(self, port: int) -> list[str]:
        """The door, as `emulator` takes it."""
        return [self.address, str(port), self.guests] if self.guests else []


def start(docker: Docker, folder: StateFolder, image: str) -> Containers:
    """Make the stack's network, and try whether a container on it reaches this machine.

    Raises DockerFailure, and leaves nothing then.
    """
    network = name(folder)
    _remove(docker, network)
    _marker(folder).write_text(
        json.dumps({"docker": docker.host, "network": network, "address": ""})
    )
    try:
        containers = _make(docker, network, image)
    except BaseException:
        stop(folder)
        raise
    _marker(folder).write_text(json.dumps(asdict(containers), indent=2) + "\n")
    return containers


def running(folder: StateFolder) -> Containers | None:
    """What `start` made here last and `stop` has not removed."""
    try:
        return Containers(**json.loads(_marker(folder).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def clear(folder: StateFolder) -> None:
    """End the stack's containers, if it has any; its network stays."""
    containers = running(folder)
    if containers is not None:
        with suppress(DockerFailure):  # the engine may have ended before
            _clear(Docker(containers.docker), containers.network)


def stop(folder: StateFolder) -> None:
    """End the stack's containers and remove its network, if it has any."""
    containers = running(folder)
    if containers is not None:
        with suppress(DockerFailure):
            _remove(Docker(containers.docker), containers.network)
        _marker(folder).unlink(missing_ok=True)


def name(folder: StateFolder) -> str:
    """The network's name: one for each state folder."""
    return f"mediamill-{hashlib.sha256(str(folder.root).encode()).hexdigest()[:12]}"


def _marker(folder: StateFolder) -> Path:
    return folder.root / "containers.json"


def _make(docker: Docker, network: str, image: str) -> Containers:
    docker("network", "create", "--internal", "--opt", _ONE_ADDRESS, network)
    gateway, subnet = docker.addresses(network)
    try:
        door = socket.create_server((gateway, 0))
    except OSError:  # the network is another machine's
        docker("network", "rm", network)
        docker("network", "create", network)
        with socket.create_server(("127.0.0.1", 0)) as door:
            address = _reached(docker, network, image, _HOST, door.getsockname()[1])
        return Containers(docker.host, network, address)
    with door:
        _reached(docker, network, image, gateway, door.getsockname()[1])
    return Containers(docker.host, network, gateway, str(subnet))


def _reached(docker: Docker, network: str, image: str, host: str, port: int) -> str:
    """The address at which a container reached `host`. Raises DockerFailure if it did not."""
    try:
        return docker(
            "run", "--rm", "--network", network, *LOCKED, "--entrypoint", "python3", image,
            "-c", _PROBE, host, str(port),
        )  # fmt: skip
    except DockerFailure as error:
        raise DockerFailure(f"a container does not reach this machine ({error})") from error


def _clear(docker: Docker, network: str) -> None:
    left = docker("ps", "--all", "--quiet", "--filter", f"network={network}").split()
    if left:
        docker("rm", "--force", "--volumes", *left)


def _remove(docker: Docker, network: str) -> None:
    if docker("network", "ls", "--quiet", "--filter", f"name=^{network}$"):
        _clear(docker, network)
        docker("network", "rm", network)
