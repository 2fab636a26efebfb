"""docs/deploy.md, typed: its commands in their order, in a clone of the project, on an emulator.

What only AWS or Docker can answer is not typed here, and each such command says why. Those are held
against the tools' own options by tests/contract/test_commands.py, like all others.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from emulated import ARCHITECTURE
from made.guide import copy_of_what_is_tracked
from made.loopback import emulator
from made.pictures import jpeg
from made.pipeline import Pipeline
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

from mediamill_cli.local import LocalStack
from mediamill_cli.local.account import CREDENTIALS, REGION, local_stack
from mediamill_cli.local.folder import Server
from mediamill_cli.local.project import on_this_machine
from mediamill_cli.stack import Stack

pytestmark = [pytest.mark.e2e, pytest.mark.page]

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "deploy.md").read_text()

NOT_TYPED = {
    "make invoke": "runs a function in Docker: tests/docker/test_sam_local.py does",
    "sam local invoke": "the same",
}
"""How commands of the page begin that are not typed here, and why."""

PARAMETERS = yaml_parse((ROOT / "template.yaml").read_text())["Parameters"]
ANSWERS = "\n".join(
    (
        *("mediamill", REGION, *("" for _ in PARAMETERS)),
        *("y", "y", "n", "y"),  # the page's table, in its order
        *("", ""),  # which file, and under which heading
        *("y", ""),  # the change set
    )
)
"""To the guided questions, one a line."""
EDIT = """

Settings.cache_control = property(lambda self: "edited")  # type: ignore[assignment]
"""
FOLLOWING = 20.0
"""Seconds that a command which follows the logs is let run."""


def commands() -> list[str]:
    """The indented lines of the page, without their comments."""
    indented = re.findall(r"^ {4}(\S.*)$", PAGE, re.MULTILINE)
    return [re.split(r"\s+#", line)[0].strip() for line in indented]


class Terminal:
    """A shell in the clone, with an account that is the emulator's."""

    def __init__(self, folder: Path, emulator: Server) -> None:
        self.folder = folder
        self.emulator = emulator
        self._typed: list[str] = []
        told = {
            "AWS_ENDPOINT_URL": emulator.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "SAM_CLI_POLL_DELAY": "0.3",
            **CREDENTIALS,
        }
        self._account = " ".join(f"export {name}={value};" for name, value in told.items())

    def type(self, command: str, *, answers: str = "", seconds: float | None = None) -> str:
        """Type one line, after what was exported before it; what it printed.

        One that runs until it is ended is ended after so many seconds.
        """
        lasting = " ".join(f"{line};" for line in self._typed)
        if command.startswith("export "):
            self._typed.append(command)
        shell = subprocess.Popen(
            ["sh", "-c", f"{self._account} {lasting} {command}"],
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            printed, _ = shell.communicate(answers, timeout=seconds)
        except subprocess.TimeoutExpired:
            subprocess.run(["kill", "--", f"-{shell.pid}"], check=True)
            return shell.communicate()[0]
        assert shell.returncode == 0, f"{command}\n{printed[-4000:]}"
        return printed


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    """A clone of the project as it is here, tagged as the page has it, and an empty account."""
    upstream, clone = tmp_path / "upstream", tmp_path / "clone"
    upstream.mkdir()
    copy_of_what_is_tracked(upstream)
    git(upstream, "init --quiet --initial-branch main")
    commit(upstream, "as it is")
    git(upstream, "tag v1.2.0")
    # The emulator runs functions with this Python, on this processor, whatever they are for.
    config = upstream / "samconfig.toml"
    here = " ".join(
        f"{name}={value}"
        for name, value in on_this_machine(ROOT).parameters.items()
        if name in ("Runtime", "Architecture")
    )
    assert ARCHITECTURE in here
    config.write_text(
        config.read_text().replace(
            "[default.build.parameters]\n",
            f'[default.build.parameters]\nparameter_overrides = "{here}"\n',
        )
    )
    commit(upstream, "for this machine")
    git(upstream, "tag --force v1.2.0")
    git(tmp_path, f"clone --quiet {upstream} {clone}")
    with emulator(tmp_path / "state") as running:
        yield Terminal(clone, running)
    shutil.rmtree(tmp_path, ignore_errors=True)


def git(folder: Path, command: str) -> None:
    named = "-c user.name=somebody -c user.email=somebody@example.com"
    subprocess.run(["sh", "-c", f"git {named} {command}"], cwd=folder, check=True)


def commit(folder: Path, message: str) -> None:
    git(folder, "add --all")
    git(folder, f"commit --quiet --message '{message}'")


def put(terminal: Terminal, key: str) -> str:
    """Upload a picture and wait for it; the Cache-Control of its thumbnail."""
    stack = local_stack(terminal.emulator)
    pipeline = Pipeline(stack, LocalStack(ROOT))
    pipeline.put(key, jpeg(300, 200))
    pipeline.settled(key)
    found = stack.s3.head_object(Bucket=stack.results, Key=f"thumbnail/{key}.webp")
    return found["CacheControl"]


def formats(terminal: Terminal) -> str:
    return local_stack(terminal.emulator).parameters()["Formats"]


def test_the_page_can_be_typed_from_its_first_line_to_its_last(terminal: Terminal) -> None:
    lines = [line for line in commands() if not any(line.startswith(begin) for begin in NOT_TYPED)]
    gone = lines.pop(lines.index("sam delete --stack-name mediamill"))  # its logs come after it

    def following(beginning: str) -> str:
        line = lines.pop(0)
        assert line.startswith(beginning), f"the page goes on with: {line}"
        return line

    terminal.type(following("make setup"))
    terminal.type(following("export PATH="))
    terminal.type(following("sam build && sam deploy --guided"), answers=ANSWERS)
    stack: Stack = local_stack(terminal.emulator)
    assert stack.status() == "CREATE_COMPLETE"
    assert put(terminal, "photos/cat.jpg") == "public, max-age=86400"

    settings = "layers/core/python/mediamill/settings.py"
    with (terminal.folder.parent / "upstream" / settings).open("a") as file:
        file.write(EDIT)
    commit(terminal.folder.parent / "upstream", "edited")
    terminal.type(following("git pull && make build && sam deploy"), answers="y\n")
    assert put(terminal, "photos/new.jpg") == "edited"

    terminal.type(following("sam deploy --parameter-overrides Formats="), answers="y\n")
    assert formats(terminal) == "webp,avif"
    terminal.type(following("make rollback TO=v1.2.0"), answers="y\n")
    assert put(terminal, "photos/back.jpg") == "public, max-age=86400"

    logs = terminal.type(following("sam logs --stack-name mediamill --tail"), seconds=FOLLOWING)
    assert "photos/cat.jpg" in logs
    terminal.type(following("sam logs --stack-name mediamill --name ImageFunction"))
    shown = terminal.type(following("mediamill status --stack mediamill photos/cat.jpg"))
    assert "complete" in shown
    fences = terminal.type(following("sam logs --stack-name mediamill --filter"))
    assert "holding" in fences
    terminal.type(following("sam build"))
    assert not lines, f"the page has more to type: {lines}"

    buckets = {stack.uploads, stack.results}
    terminal.type(gone, answers="y\ny\ny\n")
    kept = {bucket["Name"] for bucket in stack.s3.list_buckets()["Buckets"]}
    assert buckets <= kept
    assert stack.status() in ("", "DELETE_COMPLETE")


def test_what_is_not_typed_is_on_the_page_and_has_its_reason() -> None:
    for begin, reason in NOT_TYPED.items():
        assert [line for line in commands() if line.startswith(begin)], begin
        assert reason
