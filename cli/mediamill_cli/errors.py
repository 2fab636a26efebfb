"""Errors that a user of the command line meets; each says what to do next.

Failure                 exit 1   something is not as it should be
└── Usage               exit 2   the command was not asked correctly
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from botocore import exceptions as botocore
from rich.console import Console
from rich.text import Text

from mediamill_cli.console import as_typed


class Failure(Exception):
    """What went wrong, as one sentence, and what to do about it."""

    exit_code = 1

    def __init__(self, what: str, *, do: str) -> None:
        super().__init__(what)
        self.do = do


class Usage(Failure):
    """The command line asks for something that cannot be meant."""

    exit_code = 2


def _credentials(error: Exception) -> Failure:
    return Failure(
        f"There are no usable AWS credentials: {error}",
        do="Log in (`aws sso login`), or name a profile with --profile. "
        "For the local stack run `mediamill up` and leave --stack out.",
    )


def _region(_: Exception) -> Failure:
    return Failure(
        "No AWS region is set.",
        do="Name the stack's with --region, such as --region eu-central-1.",
    )


def _profile(error: Exception) -> Failure:
    return Failure(f"{error}.", do="See the profiles there are with `aws configure list-profiles`.")


def _unreachable(error: Exception) -> Failure:
    return Failure(
        f"The service does not answer: {error}",
        do="Look whether the local stack runs (`mediamill up` starts it), or, for AWS, whether "
        "the region's name is right and the network is there.",
    )


_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "Forbidden"}
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "RequestExpired"}


def _refused(error: Exception) -> Failure:
    assert isinstance(error, botocore.ClientError)
    detail = error.response.get("Error", {})
    code, message = detail.get("Code", "unknown"), detail.get("Message", str(error))
    if code in _EXPIRED:
        return _credentials(error)
    if code in _DENIED:
        return Failure(
            f"AWS refuses {error.operation_name}: {message}",
            do="Ask for that permission on this stack, or name another profile with --profile.",
        )
    return Failure(
        f"{error.operation_name} failed with {code}: {message}",
        do="Try again; if it stays, the stack's events in CloudFormation say more.",
    )


# The first that matches speaks, so the special come before the general.
_EXPLAINED: list[tuple[type[Exception], Callable[[Exception], Failure]]] = [
    (botocore.NoCredentialsError, _credentials),
    (botocore.PartialCredentialsError, _credentials),
    (botocore.TokenRetrievalError, _credentials),
    (botocore.SSOError, _credentials),
    (botocore.NoRegionError, _region),
    (botocore.ProfileNotFound, _profile),
    (botocore.ClientError, _refused),
    (botocore.ConnectionError, _unreachable),
    (botocore.HTTPClientError, _unreachable),
]


@contextmanager
def explained(console: Console) -> Iterator[None]:
    """Turn what goes wrong inside into a sentence, a piece of advice and an exit code."""
    try:
        yield
    except Failure as failure:
        tell(console, failure)
        raise typer.Exit(failure.exit_code) from failure
    except (botocore.BotoCoreError, botocore.ClientError) as error:
        explanation = explain(error)
        tell(console, explanation)
        raise typer.Exit(explanation.exit_code) from error


def explain(error: Exception) -> Failure:
    """The failure that stands for an error of the AWS clients."""
    for kind, to_failure in _EXPLAINED:
        if isinstance(error, kind):
            return to_failure(error)
    return Failure(f"{error}", do="Try again with the same command; nothing was half done.")


def tell(console: Console, failure: Failure) -> None:
    """Print a failure: what, then what to do."""
    console.print(Text.assemble(("✗ ", "bold red"), str(failure)), soft_wrap=True)
    console.print(Text(f"  {as_typed(failure.do)}"), soft_wrap=True)
