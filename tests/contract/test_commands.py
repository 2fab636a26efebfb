"""Every command that the pages name is one that there is, with options that it has.

Held against the tools themselves: SAM's and mediamill's own definitions, AWS's models as botocore
has them, the Makefile, and the parameters of the template.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import click
import pytest
import typer
from botocore import xform_name
from samcli.cli.main import cli as sam  # type: ignore[import-untyped]
from samcli.yamlhelper import yaml_parse  # type: ignore[import-untyped]

from mediamill_cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TOOLS = ("sam", "aws", "mediamill", "make")

TEMPLATE = yaml_parse((ROOT / "template.yaml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()

OF_AWS_ALONE = {"s3": {"ls", "cp", "rb", "sync", "mb", "rm"}, "ecr": {"get-login-password"}}
"""Commands that the AWS CLI has beside those of AWS's models."""
OF_EVERY_CALL = {"--query", "--output", "--region", "--profile", "--endpoint-url"}


def lines(page: Path) -> Iterator[str]:
    """What a page gives to type: indented lines, blocks of shell, and code within a sentence."""
    text = page.read_text()
    for block in re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        yield from block.splitlines()
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    yield from re.findall(r"^ {4}(\S.*)$", prose, re.MULTILINE)
    for code in re.findall(r"`([^`]+)`", prose):
        if " " in code:
            yield " ".join(code.split())


def commands(page: Path) -> Iterator[list[str]]:
    """The commands of those lines that call one of the tools, as words."""
    for line in lines(page):
        for command in re.split(r"&&|;|\|(?!\|)", re.sub(r"(^|\s)#.*", "", line)):
            words = words_of(command)
            while words and "=" in words[0]:
                words.pop(0)
            if words and Path(words[0]).name in TOOLS and len(words) > 1:
                yield [Path(words[0]).name, *words[1:]]


def words_of(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:  # half a quotation, in a sentence
        return []


CASES = sorted({tuple(words) for page in PAGES for words in commands(page)})


def named(tool: str) -> list[tuple[str, ...]]:
    return [words for words in CASES if words[0] == tool]


def known_to(root: Any, words: tuple[str, ...]) -> None:
    """Walk down to the command that the words name; hold its options against them."""
    command, rest = root, list(words[1:])
    while hasattr(command, "get_command") and rest and re.fullmatch("[a-z][a-z-]*", rest[0]):
        asked = click.Context(root, obj="asked")  # SAM looks at it
        _, found, _ = command.resolve_command(asked, [rest[0]])
        assert found is not None, rest[0]
        command = found
        rest.pop(0)
    options = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    for word in rest:
        if word.startswith("--"):
            assert word.partition("=")[0] in options | {"--help"}, word


def ids(words: tuple[str, ...]) -> str:
    return " ".join(words)


@pytest.mark.parametrize("words", named("sam"), ids=ids)
def test_sam_has_it(words: tuple[str, ...]) -> None:
    known_to(sam, words)


@pytest.mark.parametrize("words", named("mediamill"), ids=ids)
def test_mediamill_has_it(words: tuple[str, ...]) -> None:
    known_to(typer.main.get_command(app), words)


@pytest.mark.parametrize("words", named("make"), ids=ids)
def test_the_makefile_has_it(words: tuple[str, ...]) -> None:
    targets = {name for line in re.findall(r"^([\w -]+):", MAKEFILE, re.M) for name in line.split()}
    for word in words[1:]:
        name, given, _ = word.partition("=")
        if given:  # it is read as $(NAME), $(or $(NAME), or has a default
            assert re.search(rf"\$\({name}\)|^{name} *\?=", MAKEFILE, re.M), word
        elif re.fullmatch("[a-z0-9-]+", word):
            assert word in targets, word


@pytest.mark.parametrize("words", named("aws"), ids=ids)
def test_aws_has_it(words: tuple[str, ...]) -> None:
    service, operation, *rest = (*words[1:], "")
    if service == "configure" or operation in OF_AWS_ALONE.get(service, set()):
        return
    model = botocore.session.get_session().get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    assert operation in operations, operation
    shape = model.operation_model(operations[operation]).input_shape
    members = {f"--{xform_name(name, '-')}" for name in (shape.members if shape else {})}
    assert {word for word in rest if word.startswith("--")} <= members | OF_EVERY_CALL


def overrides() -> Iterator[tuple[str, str]]:
    for words in CASES:
        given = words[words.index("--parameter-overrides") + 1 :] if (
            "--parameter-overrides" in words
        ) else ()  # fmt: skip
        for word in given:
            if word.startswith("--"):
                break
            for each in word.split():
                if "=" in each and "…" not in each:
                    name, _, value = each.partition("=")
                    yield name, value


@pytest.mark.parametrize(("name", "value"), sorted(set(overrides())))
def test_a_parameter_that_is_set_is_one_of_the_template_s_and_takes_the_value(
    name: str, value: str
) -> None:
    parameter = TEMPLATE["Parameters"][name]
    if "AllowedValues" in parameter:
        assert value in map(str, parameter["AllowedValues"])
    assert re.search(parameter.get("AllowedPattern", ""), value)


def test_there_are_commands_of_each_tool() -> None:
    assert {words[0] for words in CASES} == set(TOOLS)
    assert len(CASES) > 40
