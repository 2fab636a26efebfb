"""Webhooks on their way: to real receivers over real sockets, from a real queue, and back."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from made.flow import Flow, attempt
from made.receivers import Listening, answer, certificate, drip, listening, silent
from standardwebhooks import Webhook
from typer.testing import CliRunner, Result

from mediamill.aws.clients import client
from mediamill.aws.messages import Delivery
from mediamill.domain.webhooks.receiver import BadReceiver, Receiver
from mediamill.settings import Settings
from mediamill.webhooks import outbox, post
from mediamill.webhooks.outbox import NotTaken, Outbox
from mediamill.webhooks.post import Unreachable
from mediamill_cli.commands import webhooks
from mediamill_cli.stack import Stack

SECRETS = ["whsec_" + base64.b64encode(bytes([number]) * 32).decode() for number in range(3)]
COMPLETED = {
    "schema_version": "1.1",
    "id": "ae249784274d23be12d55fe5f39be7c7:1:complete",
    "asset_id": "ae249784274d23be12d55fe5f39be7c7",
    "key": "a.jpg",
    "status": "complete",
    "kind": "image",
    "completed_at": "2026-01-15T09:30:00.000Z",
}


@pytest.fixture
def hook() -> Iterator[Listening]:
    with listening() as made:
        yield made


def local(hook: Listening, path: str = "/hook") -> Receiver:
    return Receiver.parse(f"{hook.url}{path}", may_be_local=True)


def resolves(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[Any]:
    """Every name resolves to these addresses, which no DNS here would say. The names asked for."""
    asked: list[Any] = []
    real = socket.getaddrinfo

    def told(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        if host in addresses or host == "127.0.0.1":
            return real(host, port, *more, **named)
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", told)
    return asked


# ── One POST ─────────────────────────────────────────────────────────────────────────────────────


def test_a_post_brings_path_body_and_headers_and_the_answer_comes_back(hook: Listening) -> None:
    hook.say = lambda handler: answer(handler, 201, {"X-A": "b"}, b"thanks")
    told = post.post(local(hook, "/hook?a=%C3%A9"), b'{"a": 1}', {"webhook-id": "1"})
    assert (told.status, told.headers["x-a"], told.text, told.is_taken) == (
        201,
        "b",
        "thanks",
        True,
    )
    (heard,) = hook.heard
    assert (heard.path, heard.body) == ("/hook?a=%C3%A9", b'{"a": 1}')
    assert heard.headers["host"] == f"127.0.0.1:{hook.port}"
    assert (heard.headers["content-type"], heard.headers["webhook-id"]) == ("application/json", "1")


def test_a_redirect_is_an_answer_and_is_not_followed(hook: Listening) -> None:
    with listening() as other:
        hook.say = lambda handler: answer(handler, 307, {"Location": f"{other.url}/x"})
        told = post.post(local(hook), b"", {})
        assert (told.status, told.is_taken) == (307, False)
        assert other.connections == 0


def test_of_an_endless_answer_only_the_beginning_is_read(hook: Listening) -> None:
    sent: list[int] = []

    def say(handler: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(200_000):
            handler.wfile.write(b"x" * 1000)
            sent.append(1000)

    hook.say = say
    assert len(post.post(local(hook), b"", {}).text) <= 4096
    assert sum(sent) < 100_000_000


@pytest.mark.parametrize("say", [silent, drip])
def test_whoever_answers_slowly_or_never_is_not_waited_for(
    hook: Listening, say: Callable[[Listening], Any]
) -> None:
    hook.say = say(hook)
    started = time.monotonic()
    with pytest.raises(Unreachable, match=r"within 1 s|does not answer"):
        post.post(local(hook), b"", {}, seconds=1)
    assert time.monotonic() - started < 5


def test_nonsense_and_hanging_up_are_no_answers(hook: Listening) -> None:
    hook.say = lambda handler: (handler.wfile.write(b"SSH-2.0-OpenSSH\r\n"), None)[1]
    with pytest.raises(Unreachable):
        post.post(local(hook), b"", {})
    hook.say = lambda handler: handler.connection.close()
    with pytest.raises(Unreachable):
        post.post(local(hook), b"", {})


def test_nobody_there_is_told_in_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(Unreachable, match="ConnectionRefusedError"):
            post.post(Receiver.parse(closed, may_be_local=True), b"", {})


@pytest.mark.parametrize(
    "addresses",
    [["127.0.0.1"], ["169.254.169.254"], ["10.0.0.8"], ["93.184.216.34", "10.0.0.8"], []],
    ids=str,
)
def test_a_name_that_leads_inside_is_not_called(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str], hook: Listening
) -> None:
    resolves(monkeypatch, *addresses)
    inside = Receiver.parse(f"https://hook.example:{hook.port}/")
    with pytest.raises(BadReceiver, match="not in the open internet"):
        post.post(inside, b"", {})
    assert hook.connections == 0


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "017700000001", "localhost"])
def test_other_ways_to_write_the_loopback_lead_there_and_are_not_called(
    host: str, hook: Listening
) -> None:
    with pytest.raises((BadReceiver, Unreachable)):
        post.post(Receiver.parse(f"https://{host}:{hook.port}/"), b"", {})
    assert hook.connections == 0


def test_a_local_name_that_leads_outside_is_not_called_over_plain_http(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolves(monkeypatch, "93.184.216.34")
    with pytest.raises(BadReceiver):
        post.post(Receiver.parse("http://hook.example/", may_be_local=True), b"", {})


@pytest.fixture
def loopback_is_open(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The loopback plays the open internet, and DNS leads every name there. The names asked for."""
    monkeypatch.setattr(Receiver, "may_be_called", lambda self, address: True)
    return resolves(monkeypatch, "127.0.0.1")


def test_tls_and_host_go_by_the_name_and_the_name_is_resolved_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loopback_is_open: list[Any]
) -> None:
    server, trusting = certificate(tmp_path, "hook.example")
    monkeypatch.setattr(post, "_tls", lambda: trusting)
    with listening(server) as hook:
        told = post.post(Receiver.parse(f"https://hook.example:{hook.port}/x"), b"{}", {})
        assert told.status == 204
        (heard,) = hook.heard
        assert heard.headers["host"] == f"hook.example:{hook.port}"
        assert heard.server_name == "hook.example"
    assert loopback_is_open == ["hook.example"]  # a second answer of DNS would go unasked


def test_a_certificate_for_another_name_or_from_nobody_known_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loopback_is_open: list[Any]
) -> None:
    server, trusting = certificate(tmp_path, "other.example")
    with listening(server) as hook:
        address = Receiver.parse(f"https://hook.example:{hook.port}/")
        with pytest.raises(Unreachable, match="certificate"):
            post.post(address, b"", {})  # by the certificates of this machine
        monkeypatch.setattr(post, "_tls", lambda: trusting)
        with pytest.raises(Unreachable, match="certificate"):
            post.post(address, b"", {})
        assert hook.heard == []


# ── The outbox ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def queue(flow: Flow) -> str:
    """The URL of the webhooks' queue."""
    name = f"webhooks-{time.monotonic_ns()}"
    return str(client("sqs").create_queue(QueueName=name)["QueueUrl"])


@pytest.fixture
def secret(flow: Flow) -> str:
    """The ARN of a secret that was never changed."""
    name = f"secret-{time.monotonic_ns()}"
    return client("secretsmanager").create_secret(Name=name, SecretString=SECRETS[0])["ARN"]


def outbox_to(queue: str, secret: str, *urls: str) -> Outbox:
    return Outbox(
        Settings(
            {
                "WEBHOOK_URLS": ",".join(urls),
                "WEBHOOK_SECRET": secret,
                "OWN_QUEUE": queue,
                "LOCAL_WEBHOOKS": "true",
            }
        )
    )


def done(number: int = 1) -> Delivery:
    """A message of the completed topic."""
    return Delivery(f"m-{number}", 1, {**COMPLETED, "id": f"ae24:{number}:complete"})


def test_one_receiver_gets_each_message_signed(
    flow: Flow, queue: str, secret: str, hook: Listening, context: Any
) -> None:
    sending = outbox_to(queue, secret, f"{hook.url}/hook")
    sending.handle(done(), context)
    (heard,) = hook.heard
    assert Webhook(SECRETS[0]).verify(heard.body, dict(heard.headers))["data"]["key"] == "a.jpg"
    assert heard.headers["webhook-id"] == "ae24:1:complete"
    assert flow.messages(queue) == []


def test_several_receivers_get_a_message_of_their_own_each(
    flow: Flow, queue: str, secret: str, hook: Listening, context: Any
) -> None:
    urls = [f"{hook.url}/{number}" for number in range(12)]
    sending = outbox_to(queue, secret, *urls)
    sending.handle(done(), context)
    assert hook.heard == []
    messages = flow.messages(queue)
    assert sorted(message.body["receiver"] for message in messages) == sorted(urls)
    for message in messages:
        sending.handle(message, context)
    assert sorted(heard.path for heard in hook.heard) == sorted(f"/{n}" for n in range(12))
    assert {heard.headers["webhook-id"] for heard in hook.heard} == {"ae24:1:complete"}


def test_each_receivers_messages_are_a_group_of_their_own(
    flow: Flow, queue: str, secret: str, context: Any
) -> None:
    sending = outbox_to(queue, secret, "https://example.com/a", "https://example.com/b")
    for number in range(2):
        sending.handle(done(number), context)
    answered = client("sqs").receive_message(
        QueueUrl=queue, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    )["Messages"]
    groups = {
        (json.loads(each["Body"])["receiver"], each["Attributes"]["MessageGroupId"])
        for each in answered
    }
    assert len(answered) == 4
    assert len(groups) == len({group for _, group in groups}) == 2


def test_after_a_change_of_the_secret_both_verify_and_after_two_the_first_no_longer(
    queue: str, secret: str, hook: Listening, context: Any
) -> None:
    for new in SECRETS[1:]:
        client("secretsmanager").put_secret_value(SecretId=secret, SecretString=new)
    sending = outbox_to(queue, secret, f"{hook.url}/hook")
    sending.handle(done(), context)
    (heard,) = hook.heard
    for good in SECRETS[1:]:
        assert Webhook(good).verify(heard.body, dict(heard.headers))
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(SECRETS[0]).verify(heard.body, dict(heard.headers))


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 503])
def test_whoever_does_not_take_a_message_gets_it_again_later(
    queue: str, secret: str, hook: Listening, context: Any, status: int
) -> None:
    hook.say = lambda handler: answer(handler, status, {"Retry-After": "600"})
    sending = outbox_to(queue, secret, f"{hook.url}/hook")
    with pytest.raises(NotTaken, match=str(status)) as early:
        sending.handle(done(), context)
    assert early.value.wait(1) == 600
    hook.say = lambda handler: answer(handler, 204)
    sending.handle(attempt(done(), 2), context)
    first, second = hook.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_whoever_is_gone_for_good_says_so_and_is_not_asked_again(
    queue: str, secret: str, hook: Listening, context: Any
) -> None:
    hook.say = lambda handler: answer(handler, 410)
    outbox_to(queue, secret, f"{hook.url}/hook").handle(done(), context)
    assert len(hook.heard) == 1


def test_a_receiver_that_the_deployment_no_longer_names_is_not_called(
    queue: str, secret: str, hook: Listening, context: Any
) -> None:
    old = Delivery("m", 1, {"receiver": f"{hook.url}/old", "completed": COMPLETED})
    outbox_to(queue, secret, f"{hook.url}/new").handle(old, context)
    assert hook.connections == 0


def test_a_receiver_that_does_not_answer_is_not_waited_for_again_and_others_go_on(
    queue: str,
    secret: str,
    hook: Listening,
    context: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = post.post
    monkeypatch.setattr(outbox, "post", lambda *given: real(*given, seconds=0.5))
    with listening() as dead:
        dead.say = silent(dead)
        dead_url, live_url = f"{dead.url}/", f"{hook.url}/"
        sending = outbox_to(queue, secret, dead_url, live_url)
        started = time.monotonic()
        for number in range(20):
            completed = done(number).body
            with pytest.raises(NotTaken):
                own = {"receiver": dead_url, "completed": completed}
                sending.handle(Delivery("d", 1, own), context)
            own = {"receiver": live_url, "completed": completed}
            sending.handle(Delivery("l", 1, own), context)
        assert time.monotonic() - started < 5  # and not twenty times half a second
        assert (dead.connections, len(hook.heard)) == (1, 20)
        later = time.monotonic() + 60
        monkeypatch.setattr(time, "monotonic", lambda: later)
        monkeypatch.setattr(outbox, "post", real)
        dead.say = lambda handler: answer(handler, 204)
        own = {"receiver": dead_url, "completed": COMPLETED}
        sending.handle(Delivery("d", 2, own), context)
        assert dead.connections == 2


# ── The command ──────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def command(
    flow: Flow, secret: str, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Runs `mediamill webhooks` on a local stack that has this secret."""
    stack = Stack("mediamill", boto3.Session(region_name="us-east-1"), endpoint)
    monkeypatch.setitem(stack.__dict__, "outputs", {"WebhookSecretArn": secret})
    monkeypatch.setattr(webhooks, "find_stack", lambda *_: stack)
    return lambda *arguments: CliRunner().invoke(webhooks.app, arguments)


def test_the_command_tries_a_receiver_and_changes_the_secret(
    command: Callable[..., Result], hook: Listening
) -> None:
    before = command("secret").stdout.strip()
    made = command("rotate").stdout.strip()
    assert before == SECRETS[0]
    assert command("secret").stdout.strip() == made != before
    tried = command("test", f"{hook.url}/try")
    assert (tried.exit_code, tried.stderr) == (0, "")
    assert "took it: 204" in tried.stdout
    (heard,) = hook.heard
    for each in (before, made):
        assert Webhook(each).verify(heard.body, dict(heard.headers))


def test_the_command_says_what_is_wrong_with_a_receiver(
    command: Callable[..., Result], hook: Listening
) -> None:
    hook.say = lambda handler: answer(handler, 418, body=b"a teapot")
    refused = command("test", f"{hook.url}/try")
    assert refused.exit_code == 1
    assert "answered 418" in refused.stderr
    assert "a teapot" in refused.stderr
    for url, said in [
        ("https://127.0.0.1/", "not in the open internet"),
        ("ftp://example.com/", "does not begin with https://"),
    ]:
        wrong = command("test", url)
        assert wrong.exit_code == 2, url
        assert said in wrong.stderr
