"""Every error says what went wrong, what to do next, and ends with the right exit code."""

import io

import pytest
import typer
from botocore import exceptions as botocore
from rich.console import Console

from mediamill_cli.errors import Failure, Usage, explain, explained


def client_error(code: str) -> botocore.ClientError:
    return botocore.ClientError({"Error": {"Code": code, "Message": "the words"}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "what", "do"),
    [
        (botocore.NoCredentialsError(), "no usable AWS credentials", "--profile"),
        (client_error("ExpiredToken"), "no usable AWS credentials", "aws sso login"),
        (botocore.NoRegionError(), "No AWS region", "--region"),
        (botocore.ProfileNotFound(profile="x"), "profile (x)", "list-profiles"),
        (client_error("AccessDenied"), "refuses GetObject: the words", "permission"),
        (client_error("Throttling"), "Throttling: the words", "Try again"),
        (botocore.EndpointConnectionError(endpoint_url="http://x"), "http://x", "mediamill up"),
        (botocore.ReadTimeoutError(endpoint_url="http://x"), "http://x", "mediamill up"),
        (botocore.DataNotFoundError(data_path="x"), "x", "Try again"),
    ],
)
def test_an_error_of_the_clients_is_explained(error: Exception, what: str, do: str) -> None:
    failure = explain(error)
    assert what in str(failure)
    assert do in failure.do


@pytest.mark.parametrize(
    ("error", "code"),
    [(Failure("w", do="d"), 1), (Usage("w", do="d"), 2), (botocore.NoRegionError(), 1)],
)
def test_the_exit_code_tells_usage_from_failure(error: Exception, code: int) -> None:
    with pytest.raises(typer.Exit) as exit_, explained(Console(file=io.StringIO())):
        raise error
    assert exit_.value.exit_code == code


def test_what_is_told_is_told_as_it_is() -> None:
    told = io.StringIO()
    with pytest.raises(typer.Exit), explained(Console(file=told, width=20)):
        raise Failure("[red]a/b[/] is a long key that no line may break", do="Try [this].")
    assert told.getvalue() == (
        "✗ [red]a/b[/] is a long key that no line may break\n  Try [this].\n"
    )


def test_a_mistake_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), explained(Console(file=io.StringIO())):
        raise ZeroDivisionError
