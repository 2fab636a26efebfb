"""`mediamill webhooks`: try a receiver, show the secret it verifies with, change that."""

from __future__ import annotations

import secrets
import string
import time
from typing import Annotated

import typer
from rich.text import Text

from mediamill.domain.webhooks import signing
from mediamill.domain.webhooks.receiver import BadReceiver, Receiver
from mediamill.webhooks.post import Unreachable, post
from mediamill.webhooks.secrets import standing
from mediamill_cli.choice import find_stack
from mediamill_cli.console import err, out
from mediamill_cli.errors import Failure, Usage, explained
from mediamill_cli.options import Profile, Region, StackName, State
from mediamill_cli.render import printable
from mediamill_cli.stack import Stack

_OUTPUT = "WebhookSecretArn"
_LETTERS = string.ascii_letters + string.digits
_LENGTH = 44  # as the template has them made

app = typer.Typer(
    help="Signed POSTs about finished assets: try a receiver, show or change the secret.",
    no_args_is_help=True,
    add_completion=False,
)


@app.command("test")
def try_out(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the message goes.")],
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Send a signed message about an asset that there is not, and show what comes back."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        try:
            receiver = Receiver.parse(url, may_be_local=chosen.is_local)
        except BadReceiver as error:
            raise Usage(str(error), do="Give an address like https://example.com/hook.") from error
        body = signing.payload(_sample())
        signed = signing.headers(
            standing(chosen.secrets, _arn(chosen)), f"test-{secrets.token_hex(8)}", _now(), body
        )
        try:
            with err.status(f"Waiting for {receiver.host}"):
                answer = post(receiver, body, signed)
        except BadReceiver as error:
            raise Usage(str(error), do="Webhooks go to public addresses alone.") from error
        except Unreachable as error:
            raise Failure(
                f"{receiver.host} did not take it: {error}",
                do="Look whether the address is right, and whether it can be reached from here.",
            ) from error
        if not answer.is_taken:
            said = printable(answer.text)[:200]
            raise Failure(
                f"{receiver.host} answered {answer.status} after {answer.seconds:.1f} s"
                + (f": {said}" if said else "."),
                do="Messages are taken with any status of 200 to 299; all others come again.",
            )
        out.print(
            Text(f"{receiver.host} took it: {answer.status} after {answer.seconds:.1f} s"),
            soft_wrap=True,
        )


@app.command("secret")
def show(
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Print the secret that receivers verify signatures with."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        print(signing.told(standing(chosen.secrets, _arn(chosen))[0]))


@app.command("rotate")
def rotate(
    stack: StackName = None,
    profile: Profile = None,
    region: Region = None,
    state: State = None,
) -> None:
    """Make a new secret and print it; messages are signed with the old one too, until the next."""
    with explained(err):
        chosen = find_stack(stack, profile, region, state)
        made = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
        chosen.secrets.put_secret_value(SecretId=_arn(chosen), SecretString=made)
        print(signing.told(made))


def _arn(stack: Stack) -> str:
    if _OUTPUT not in stack.outputs:
        raise Failure(
            f"The stack {stack.name} sends no webhooks.",
            do="Deploy it with the parameter WebhookUrls.",
        )
    return stack.output(_OUTPUT)


def _sample() -> dict[str, str]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    return {
        "schema_version": "1.1",
        "id": "00000000000000000000000000000000:1:complete",
        "asset_id": "00000000000000000000000000000000",
        "key": "mediamill webhooks test.jpg",
        "status": "complete",
        "kind": "image",
        "completed_at": moment,
    }


def _now() -> int:
    return int(time.time())
