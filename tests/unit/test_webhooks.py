"""Webhooks without a network: who may receive, what a signature is, when to try again."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from mediamill.domain.webhooks.receiver import BadReceiver, Receiver
from mediamill.domain.webhooks.retrying import LONGEST, WAITS, wait
from mediamill.domain.webhooks.signing import BadSecret, headers, key_of, payload, told
from mediamill.settings import BadSetting, Settings

ONE = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(b"another secret, of thirty-two...").decode()
COMPLETED = {
    "schema_version": "1.1",
    "id": "ae249784274d23be12d55fe5f39be7c7:1:complete",
    "asset_id": "ae249784274d23be12d55fe5f39be7c7",
    "key": "photos/größe.jpg",
    "status": "complete",
    "kind": "image",
    "completed_at": "2026-01-15T09:30:00.000Z",
}


# ── Who receives ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("url", "authority", "target"),
    [
        ("https://example.com", "example.com", "/"),
        ("https://EXAMPLE.com:443/hook?a=1&b=2#top", "example.com", "/hook?a=1&b=2"),
        ("https://a-b.example.org:8443/%C3%A9", "a-b.example.org:8443", "/%C3%A9"),
        ("https://[2606:4700::1111]/x", "[2606:4700::1111]", "/x"),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", "/"),
    ],
)
def test_an_https_address_is_a_receiver(url: str, authority: str, target: str) -> None:
    receiver = Receiver.parse(url)
    assert (receiver.authority, receiver.target, receiver.is_tls) == (authority, target, True)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "http://127.0.0.1:9000/",
        "ftp://example.com/",
        "//example.com/",
        "https://",
        "https:///path",
        "https://user:word@example.com/",
        "https://example.com:22/",
        "https://example.com:25/",
        "https://example.com:80/",
        "https://example.com:70000/",
        "https://example.com:x/",
        "https://exam ple.com/",
        "https://example.com/a b",
        "https://example.com/\r\nX: y",
        "https://example.com/é",
        "https://exa$mple.com/",
        "https://a..b/",
        f"https://{'a' * 64}.com/",
        "https://[::1%25eth0]/",
        "https://[fe80::1/",
        "javascript:alert(1)",
        "",
    ],
)
def test_anything_else_is_none(url: str) -> None:
    with pytest.raises(BadReceiver):
        Receiver.parse(url)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.0.1",
        "169.254.169.254",  # where EC2 hands out credentials
        "169.254.170.2",  # where ECS does
        "172.16.0.1",
        "192.0.0.8",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:93.184.216.34",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",  # Teredo
        "2001:db8::1",
        "2002:7f00:1::",  # 6to4 of 127.0.0.1
        "2002:a9fe:a9fe::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",  # EC2's, by IPv6
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_no_closed_address_is_called(address: str) -> None:
    assert not Receiver.parse("https://example.com/").may_be_called(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "2a00:1450::1"])
def test_an_address_of_the_open_internet_is_called(address: str) -> None:
    assert Receiver.parse("https://example.com/").may_be_called(address)


def test_plain_http_leads_to_the_loopback_of_a_local_stack_and_nowhere_else() -> None:
    local = Receiver.parse("http://localhost:9000/hook", may_be_local=True)
    assert [local.may_be_called(each) for each in ("127.0.0.1", "::1")] == [True, True]
    closed = ("93.184.216.34", "10.0.0.1", "169.254.169.254")
    assert not any(local.may_be_called(each) for each in closed)
    https = Receiver.parse("https://example.com/", may_be_local=True)
    assert not https.may_be_called("127.0.0.1")


def test_a_deployment_names_its_receivers_and_a_wrong_one_by_the_variable() -> None:
    urls = "https://example.com/a,https://example.org:8443/b"
    receivers = Settings({"WEBHOOK_URLS": urls}).webhook_receivers
    assert [each.url for each in receivers] == urls.split(",")
    local = {"WEBHOOK_URLS": "http://127.0.0.1:9000/"}
    with pytest.raises(BadSetting, match=r"WEBHOOK_URLS=.*https://"):
        _ = Settings(local).webhook_receivers
    assert Settings({**local, "LOCAL_WEBHOOKS": "true"}).webhook_receivers


# ── Signatures ───────────────────────────────────────────────────────────────────────────────────


def now() -> int:
    return int(datetime.now(UTC).timestamp())


def test_a_receiver_verifies_a_message_by_the_libraries_of_standard_webhooks() -> None:
    body = payload(COMPLETED)
    signed = headers([ONE], COMPLETED["id"], now(), body)
    assert Webhook(ONE).verify(body, dict(signed)) == {
        "type": "asset.complete",
        "timestamp": "2026-01-15T09:30:00.000Z",
        "data": COMPLETED,
    }
    assert "." not in signed["webhook-id"]  # the specification forbids it


def test_our_signature_is_the_one_that_their_signer_makes() -> None:
    then, body = datetime(2026, 1, 15, tzinfo=UTC), b'{"a": 1}'
    theirs = Webhook(ONE).sign("msg_1", then, body.decode())
    assert headers([ONE], "msg_1", int(then.timestamp()), body)["webhook-signature"] == theirs


def test_while_secrets_change_either_one_verifies() -> None:
    body = payload(COMPLETED)
    signed = dict(headers([ONE, OTHER], "msg_1", now(), body))
    assert signed["webhook-signature"].count("v1,") == 2
    for secret in (ONE, OTHER):
        assert Webhook(secret).verify(body, signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(base64.b64encode(bytes(32)).decode()).verify(body, signed)


CHANGES: list[Callable[[dict[str, str], bytes], bytes]] = [
    lambda signed, body: body.replace(b"complete", b"rejected"),
    lambda signed, body: (signed.update({"webhook-id": "msg_2"}), body)[1],
    lambda signed, body: (
        signed.update({"webhook-timestamp": str(int(signed["webhook-timestamp"]) + 1)}),
        body,
    )[1],
]


@pytest.mark.parametrize("change", CHANGES, ids=["body", "id", "time"])
def test_whoever_changes_a_message_is_found_out(
    change: Callable[[dict[str, str], bytes], bytes],
) -> None:
    body = payload(COMPLETED)
    signed = dict(headers([ONE], "msg_1", now(), body))
    changed = change(signed, body)
    with pytest.raises(WebhookVerificationError):
        Webhook(ONE).verify(changed, signed)


def test_a_message_that_is_sent_again_much_later_is_refused() -> None:
    body = payload(COMPLETED)
    old = dict(headers([ONE], "msg_1", now() - 3600, body))
    with pytest.raises(WebhookVerificationError):
        Webhook(ONE).verify(body, old)


@pytest.mark.parametrize(
    "secret", ["", "short", "whsec_", "whsec_AAAA", "whsec_no base64!", "A" * 400]
)
def test_what_is_no_secret_is_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(BadSecret) as refused:
        key_of(secret)
    assert not secret or secret not in str(refused.value)


def test_a_text_without_the_prefix_is_its_own_key_and_told_in_the_form_of_receivers() -> None:
    made = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0dF3hJ6kL9nP2rS"
    body = payload(COMPLETED)
    assert key_of(made) == made.encode()
    assert Webhook(told(made)).verify(body, dict(headers([made], "msg_1", now(), body)))
    assert (told(ONE), told(told(made))) == (ONE, told(made))


def test_a_body_is_ascii_whatever_the_keys_are() -> None:
    body = payload(COMPLETED)
    assert body.isascii()
    assert json.loads(body)["data"]["key"] == "photos/größe.jpg"


# ── Again ────────────────────────────────────────────────────────────────────────────────────────


def test_each_wait_is_longer_than_the_one_before_and_fits_into_sqs() -> None:
    shortest = [wait(attempt, 0.0) for attempt in range(1, len(WAITS) + 1)]
    longest = [wait(attempt, 1.0) for attempt in range(1, len(WAITS) + 1)]
    assert all(a < b for a, b in zip(longest, shortest[1:], strict=False))
    assert (round(shortest[0]), round(longest[0])) == (4, 6)
    assert max(longest) <= LONGEST < 12 * 3600
    assert 14 * 3600 < sum(shortest) < sum(WAITS) < 18 * 3600


def test_a_receiver_that_says_when_is_not_called_earlier_nor_never_again() -> None:
    assert wait(1, 0.5, {"retry-after": "120"}) == 120
    assert wait(4, 0.5, {"retry-after": "1"}) == 1800
    assert wait(1, 0.5, {"retry-after": "99999999"}) == LONGEST
    for nonsense in ("-1", "soon", "1e9", "Wed, 21 Oct 2026 07:28:00 GMT"):
        assert wait(1, 0.5, {"retry-after": nonsense}) == 5
