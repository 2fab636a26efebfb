"""The command line itself: usage is 2, failure is 1, and each says what to do next."""

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mediamill_cli import main
from mediamill_cli.main import app

COMMANDS = tuple(name for name in main.COMMANDS if ":app" not in main.COMMANDS[name].place)

run = CliRunner()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    result = run.invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize("command", main.COMMANDS)
def test_the_list_of_commands_says_of_each_what_it_says_itself(command: str) -> None:
    sentence = main.COMMANDS[command].sentence
    assert sentence in run.invoke(app, ["--help"], env={"COLUMNS": "240"}).output
    assert sentence in run.invoke(app, [command, "--help"], env={"COLUMNS": "240"}).output


def test_help_and_a_slip_wait_for_nothing_that_they_do_not_need() -> None:
    asked = """
import sys
from typer.testing import CliRunner
from mediamill_cli.main import app
run = CliRunner()
assert run.invoke(app, ["--help"]).exit_code == 0
assert "Did you mean 'status'" in run.invoke(app, ["stats"]).output
print(sorted({"boto3", "botocore", "PIL", "mediamill"} & set(sys.modules)))
"""
    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stderr, done.stdout) == ("", "[]\n")


@pytest.mark.parametrize("command", COMMANDS[2:])
def test_every_command_names_a_stack_in_the_same_way(command: str) -> None:
    output = run.invoke(app, [command, "--help"], env={"COLUMNS": "240"}).output
    for option in ("--stack", "--profile", "--region"):
        assert option in output


@pytest.mark.parametrize("command", ["status", "ls", "get", "upload"])
def test_every_reading_command_speaks_json(command: str) -> None:
    assert "--json" in run.invoke(app, [command, "--help"], env={"COLUMNS": "240"}).output


@pytest.mark.parametrize("arguments", [["upload"], ["status"], ["get"], ["rm"], ["nothing"]])
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    assert run.invoke(app, arguments).exit_code == 2


def test_a_missing_file_is_wrong_usage(tmp_path: Path) -> None:
    result = run.invoke(app, ["upload", str(tmp_path / "none.jpg"), "--state", str(tmp_path)])
    assert result.exit_code == 2


@pytest.mark.parametrize("arguments", [["ls"], ["status", "a"], ["get", "a"], ["rm", "a"]])
def test_without_any_stack_it_fails_with_1(arguments: list[str], tmp_path: Path) -> None:
    result = run.invoke(app, [*arguments, "--state", str(tmp_path)])
    assert result.exit_code == 1


def test_ending_what_does_not_run_is_no_failure(tmp_path: Path) -> None:
    result = run.invoke(app, ["down", "--state", str(tmp_path)])
    assert result.exit_code == 0
    assert "was not running" in result.output


def test_a_parameter_needs_a_value(tmp_path: Path) -> None:
    result = run.invoke(app, ["up", "--parameter", "LogLevel", "--state", str(tmp_path)])
    assert result.exit_code == 2
