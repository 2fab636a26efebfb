"""The real SAM CLI, run so that it builds for this machine and talks to the local server alone."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mediamill_cli.environment import inherited
from mediamill_cli.errors import Failure
from mediamill_cli.local.account import CREDENTIALS, REGION
from mediamill_cli.local.folder import Server, StateFolder
from mediamill_cli.local.project import Project
from mediamill_cli.stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_cloudformation.literals import CapabilityType
    from mypy_boto3_s3 import S3Client

# Where `sam deploy` puts what the local server then takes into its own keeping.
ARTIFACTS = "mediamill-artifacts"
_DONE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
# A stack whose first deployment failed can only be deleted.
_STUCK = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}
# The template's default for OfficeImage.
_NO_IMAGE = "localhost:5000/none:none"
_CAPABILITIES: Sequence[CapabilityType] = ("CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND")


def build(project: Project, folder: StateFolder) -> bool:
    """`sam build` into the state folder; False if what is there is what it would make.

    Once the wheels are in uv's cache it asks no registry, so it works without a network.
    """
    digest = project.digest()
    stamp = folder.build / "digest"
    if _read(stamp) == digest and (folder.build / "template.yaml").is_file():
        return False
    stamp.unlink(missing_ok=True)
    wheels = folder.build.with_suffix(".wheels")
    command = [
        "build",
        "--template", str(project.root / "template.yaml"),
        "--build-dir", str(folder.build),
        "--no-cached",
        *_overrides(project.parameters),
    ]  # fmt: skip
    log = folder.build.with_suffix(".log")
    cached = _read(wheels) == project.wheels()
    done = cached and _sam(command, project, folder, log, {"UV_OFFLINE": "1"}) == 0
    if not done and _sam(command, project, folder, log) != 0:
        raise _failed("`sam build`", log)
    _name_image(folder.build / "template.yaml", project.parameters.get("OfficeImage", _NO_IMAGE))
    wheels.write_text(project.wheels())
    stamp.write_text(digest)
    return True


def is_deployed(folder: StateFolder, stack: Stack) -> bool:
    """Whether the stack on the local server is what was built last."""
    return folder.deployed() == _record(folder, stack) and stack.status() in _DONE


def deploy(project: Project, folder: StateFolder, server: Server, stack: Stack) -> None:
    """`sam deploy` of what was built, to the local server."""
    log = folder.root / "deploy.log"
    if stack.status() in _STUCK:
        arguments = ["delete", "--stack-name", stack.name, "--region", REGION, "--no-prompts"]
        if _sam(arguments, project, folder, log, _local(server)) != 0:
            raise _failed("`sam delete` of a failed stack", log)
    arguments = [
        "deploy",
        "--template", str(folder.build / "template.yaml"),
        "--stack-name", stack.name,
        "--no-resolve-s3",
        "--s3-bucket", ARTIFACTS,
        *_overrides(project.parameters),
    ]  # fmt: skip
    with _artifacts(stack.s3):
        if _sam(arguments, project, folder, log, _local(server)) != 0:
            raise _failed("`sam deploy`", log)
    _set_parameters(stack, project.parameters)
    folder.write_deployed(_record(folder, stack))


def _name_image(template: Path, image: str) -> None:
    """Make the image the default of its parameter: the local server expands the template with the
    defaults alone, and an image's name is settled by then."""
    built = template.read_text(encoding="utf-8")
    template.write_text(built.replace(_NO_IMAGE, image), encoding="utf-8")


def _set_parameters(stack: Stack, wanted: Mapping[str, str]) -> None:
    """Update the stack where `sam deploy` saw no change: the local server's change sets do not see
    one of a parameter that only conditions read."""
    given = stack.parameters()
    if all(given.get(name) == value for name, value in wanted.items()):
        return
    stack.cloudformation.update_stack(
        StackName=stack.name,
        UsePreviousTemplate=True,
        Capabilities=_CAPABILITIES,
        Parameters=[
            {"ParameterKey": name, "ParameterValue": value}
            for name, value in {**given, **wanted}.items()
        ],
    )
    stack.cloudformation.get_waiter("stack_update_complete").wait(
        StackName=stack.name, WaiterConfig={"Delay": 1}
    )


def _record(folder: StateFolder, stack: Stack) -> dict[str, str]:
    return {"stack": stack.name, "build": _read(folder.build / "digest")}


@contextmanager
def _artifacts(s3: S3Client) -> Iterator[None]:
    """A bucket for the zips, as long as they are under way: the functions keep their own copy,
    and the server holds every object in memory."""
    s3.create_bucket(Bucket=ARTIFACTS)
    yield
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=ARTIFACTS):
        for found in page.get("Contents", []):
            s3.delete_object(Bucket=ARTIFACTS, Key=found["Key"])
    s3.delete_bucket(Bucket=ARTIFACTS)


def _sam(
    arguments: Sequence[str],
    project: Project,
    folder: StateFolder,
    log: Path,
    extra: Mapping[str, str] | None = None,
) -> int:
    """Run `sam`, all output to `log`, and return its exit code."""
    programs = Path(sys.executable).parent
    environment = {
        **inherited(),
        "PATH": f"{programs}{os.pathsep}{inherited().get('PATH', os.defpath)}",
        "UV_PYTHON": sys.executable,
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.3",  # it waits 5 s between looks otherwise, which AWS needs
        "__SAM_CLI_APP_DIR": str(folder.root / "sam"),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": REGION,
        **(extra or {}),
    }
    with log.open("wb") as output:
        return subprocess.run(
            [
                str(programs / "sam"),
                *arguments,
                "--config-file",
                str(project.root / "samconfig.toml"),
                "--config-env",
                "local",
            ],
            cwd=project.root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode


def _local(server: Server) -> dict[str, str]:
    return {**CREDENTIALS, "AWS_ENDPOINT_URL": server.endpoint, "NO_PROXY": "127.0.0.1"}


def _overrides(parameters: Mapping[str, str]) -> list[str]:
    pairs = [f"{name}={value}" for name, value in parameters.items()]
    return ["--parameter-overrides", *pairs] if pairs else []


def _failed(what: str, log: Path) -> Failure:
    lines = log.read_text(errors="replace").strip().splitlines()
    return Failure(
        f"{what} failed:\n" + "\n".join(f"    {line}" for line in lines[-12:]),
        do=f"The whole output is {log}. Mend what it names, then run `mediamill up` again.",
    )


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""
