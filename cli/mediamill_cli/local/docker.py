"""The Docker engine of this machine, by its own command."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network
from pathlib import Path

from mediamill_cli.environment import inherited, search_path

ANSWER_SECONDS = 10.0


class DockerFailure(Exception):
    """Docker did not do what it was asked; the text is its last words."""


@dataclass(frozen=True, slots=True)
class Docker:
    """An engine that answers on a socket of this machine."""

    host: str

    def __call__(self, *arguments: str, seconds: float = 60.0) -> str:
        """Run `docker …`; what it printed. Raises DockerFailure."""
        try:
            done = _run(["--host", self.host, *arguments], seconds)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise DockerFailure(f"`docker {arguments[0]}` did not end: {error}") from error
        if done.returncode != 0:
            raise DockerFailure(_last_words(done.stderr or done.stdout))
        return done.stdout.strip()

    def has_image(self, name: str) -> bool:
        """Whether the engine holds an image of this name."""
        try:
            self("image", "inspect", "--format", "{{.Id}}", name)
        except DockerFailure:
            return False
        return True

    def addresses(self, network: str) -> tuple[str, IPv4Network]:
        """The gateway of one of the engine's networks, and the network. Raises DockerFailure."""
        told = self("network", "inspect", "--format", "{{json .IPAM.Config}}", network)
        for each in json.loads(told) or ():
            if ":" not in each["Subnet"]:
                subnet = IPv4Network(each["Subnet"])
                return each.get("Gateway") or str(next(subnet.hosts())), subnet
        raise DockerFailure(f"the network {network} has no IPv4 address")

    def build(
        self, arguments: Sequence[str], dockerfile: str, log: Path, line: Callable[[str], None]
    ) -> None:
        """`docker build …` of a Dockerfile's text; its output to the end of `log`, and by lines.

        Raises DockerFailure.
        """
        command = [_program(), "--host", self.host, "build", "--file", "-", *arguments]
        with log.open("a", encoding="utf-8") as kept:
            building = subprocess.Popen(
                command,
                env=inherited(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
            )
            assert building.stdin is not None and building.stdout is not None
            building.stdin.write(dockerfile)
            building.stdin.close()
            said = ""
            for said in building.stdout:
                kept.write(said)
                line(said)
            building.stdout.close()
            if building.wait() != 0:
                raise DockerFailure(said.strip() or "it said nothing")


def find() -> Docker | None:
    """The engine that the command `docker` speaks to, if it is one of this machine and answers.

    One elsewhere could not reach what listens here.
    """
    try:
        host = _run(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]).stdout.strip()
        if not host.startswith("unix://"):
            return None
        system = _run(["--host", host, "version", "--format", "{{.Server.Os}}"]).stdout.strip()
    except (OSError, subprocess.TimeoutExpired):
        return None
    return Docker(host) if system == "linux" else None


def _run(
    arguments: Sequence[str], seconds: float = ANSWER_SECONDS
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [_program(), *arguments],
        env=inherited(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=seconds,
        check=False,
    )


def _program() -> str:
    return shutil.which("docker", path=search_path()) or "docker"


def _last_words(said: str) -> str:
    return (said.strip().splitlines() or ["it said nothing"])[-1]
