"""Links by CloudFront, judged as CloudFront does: by the public half of their key."""

from __future__ import annotations

import base64
import time
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from made.flow import Flow
from typer.testing import CliRunner

from mediamill.api.links import CACHED_SECONDS, SECONDS, Links
from mediamill.aws.clients import client
from mediamill.domain.derivative import Derivative
from mediamill.settings import Settings
from mediamill_cli.commands import cdn
from mediamill_cli.main import app
from mediamill_cli.stack import Stack

DOMAIN, KEY_ID = "d111111abcdef8.cloudfront.net", "K2JCJMDEHXQW5F"
SHA256 = "b458295748b13ce525837cf7bd7eecdd9bfc1f17865ab8aa1b0cd9f68c02ebca"
KEYS = ["a.jpg", "ü b/+%?*&=#.jpg", "users/eve/~(1)'\".jpg"]


def row(key: str, name: str = "medium", sha256: str = SHA256) -> Derivative:
    return Derivative(
        name, f"{name}/{key}.webp", content_type="image/webp", format="webp", bytes=1, sha256=sha256
    )


def print_key(monkeypatch: pytest.MonkeyPatch, endpoint: str, **given: str) -> dict[str, str]:
    """What the command prints for a stack that was deployed with these parameters."""
    stack = Stack("mediamill", boto3.Session(region_name="us-east-1"), endpoint)
    monkeypatch.setattr(Stack, "parameters", lambda _: given)
    monkeypatch.setattr(cdn, "find_stack", lambda *_: stack)
    ran = CliRunner().invoke(app, ["cdn", "key"])
    assert ran.exit_code == 0, ran.output
    return dict(line.split("=", 1) for line in ran.stdout.splitlines())


@pytest.fixture
def printed(flow: Flow, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    return print_key(monkeypatch, endpoint)


def public_half(printed: dict[str, str]) -> RSAPublicKey:
    """Put together as the template does."""
    lines = "\n".join(printed["CdnPublicKey"].split(","))
    pem = f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n"
    key = load_pem_public_key(pem.encode())
    assert isinstance(key, RSAPublicKey)
    return key


def links(flow: Flow, **more: str) -> Links:
    return Links.of(Settings({**flow.settings.environment, "CDN_DOMAIN": DOMAIN, **more}))


@pytest.fixture
def signed(flow: Flow, printed: dict[str, str]) -> Links:
    return links(flow, CDN_KEY_ID=KEY_ID, CDN_KEY=printed["CdnKeyArn"])


def opens(url: str, public: RSAPublicKey) -> bool:
    """Whether a reader is let in, as CloudFront's guide has it for a canned policy.

    What is signed is the address without the three parameters that CloudFront takes away.
    """
    given = parse_qs(urlsplit(url).query, strict_parsing=True)
    ends, signature, key_id = (given[name][0] for name in ("Expires", "Signature", "Key-Pair-Id"))
    address = url[: url.index("Expires=") - 1]
    policy = (
        f'{{"Statement":[{{"Resource":"{address}","Condition":'
        f'{{"DateLessThan":{{"AWS:EpochTime":{ends}}}}}}}]}}'
    )
    told = base64.b64decode(signature.translate(str.maketrans("-_~", "+=/")), validate=True)
    try:
        public.verify(told, policy.encode(), PKCS1v15(), SHA1())
    except InvalidSignature:
        return False
    return key_id == KEY_ID and time.time() < int(ends)


@pytest.mark.parametrize("key", KEYS)
def test_whoever_has_the_link_is_let_in(signed: Links, printed: dict[str, str], key: str) -> None:
    url, public = signed.derivative(row(key)), public_half(printed)
    assert opens(url, public)
    parts = urlsplit(url)
    assert (parts.netloc, unquote(parts.path)) == (DOMAIN, f"/medium/{key}.webp")
    assert not set(parts.path) & set("*?&=#+ ")  # a wildcard would open others as well
    assert opens(signed.manifest(key), public)


def test_a_link_opens_nothing_else(signed: Links, printed: dict[str, str]) -> None:
    url, public = signed.derivative(row("a.jpg")), public_half(printed)
    ends = parse_qs(urlsplit(url).query)["Expires"][0]
    assert not opens(url.replace("a.jpg", "b.jpg"), public)
    assert not opens(url.replace("medium", "metadata"), public)
    assert not opens(url.replace(SHA256[:16], "0" * 16), public)
    assert not opens(url.replace(ends, str(int(ends) + 3600)), public)


def test_a_link_stays_the_same_until_its_redirects_are_old(
    signed: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = time.time() // CACHED_SECONDS * CACHED_SECONDS
    told = []
    for late in (0, CACHED_SECONDS - 1, CACHED_SECONDS):
        monkeypatch.setattr(time, "time", lambda late=late: begin + late)
        told.append(signed.derivative(row("a.jpg")))
        ends = int(parse_qs(urlsplit(told[-1]).query)["Expires"][0])
        assert SECONDS < ends - (begin + late) <= SECONDS + CACHED_SECONDS
    assert told[0] == told[1] != told[2]


def test_what_was_made_again_has_another_address(flow: Flow) -> None:
    made = links(flow)
    assert made.derivative(row("a.jpg")) != made.derivative(row("a.jpg", sha256="1" * 64))


def test_an_open_distribution_needs_no_signature_and_has_no_whole_metadata(flow: Flow) -> None:
    made = links(flow)
    assert made.derivative(row("a.jpg")) == (f"https://{DOMAIN}/medium/a.jpg.webp?v={SHA256[:16]}")
    for name in ("metadata", "medium"):
        results = flow.settings.results_bucket
        client("s3").put_object(Bucket=results, Key=f"{name}/a.jpg.webp", Body=b"")
    assert DOMAIN not in made.derivative(row("a.jpg", "metadata"))
    assert DOMAIN not in made.derivative(row("a.jpg"), is_saved=True)  # S3 alone names files


def test_a_signed_distribution_has_all_that_was_made(signed: Links) -> None:
    assert DOMAIN in signed.derivative(row("a.jpg", "metadata"))


def test_the_next_key_goes_to_the_other_slot(
    printed: dict[str, str], endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert printed["CdnKeySlot"] == "a"
    second = print_key(monkeypatch, endpoint, **printed)
    assert second["CdnKeySlot"] == "b"
    assert second["CdnPublicKey"] != printed["CdnPublicKey"]
    assert print_key(monkeypatch, endpoint, **second)["CdnKeySlot"] == "a"
